// SPDX-License-Identifier: GPL-2.0 OR MIT
use super::*;

#[test]
fn all_bytes_or_an_error_that_says_how_many() {
    let mut outcome = Outcome::default();
    (outcome.bytes, outcome.bytes_asked) = (5, 9);
    assert_eq!(outcome.complete().unwrap(), 5);
    outcome.status = 1;
    assert_eq!(outcome.complete().unwrap(), 5);
    (outcome.status, outcome.error) = (5, 32);
    assert_eq!(outcome.status(), Status::SocketError);
    let error = outcome.complete().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    assert!(error.to_string().starts_with("SocketError after 5 of 9 bytes: "));
}

#[test]
fn statuses_of_newer_modules_are_no_success() {
    let mut outcome = Outcome::default();
    outcome.status = 77;
    assert_eq!(outcome.status(), Status::Unknown(77));
    assert!(outcome.complete().is_err());
}
