// SPDX-License-Identifier: GPL-2.0 OR MIT
use super::*;

#[test]
fn ranges_become_offset_and_length() {
    assert_eq!(span(&(..)), Some((0, LEN_EOF)));
    assert_eq!(span(&(5..)), Some((5, LEN_EOF)));
    assert_eq!(span(&(5..9)), Some((5, 4)));
    assert_eq!(span(&(5..=9)), Some((5, 5)));
    assert_eq!(span(&(5..5)), Some((5, 0)));
    assert_eq!(span(&(..i64::MAX as u64)), Some((0, i64::MAX as u64)));
    assert_eq!(span(&(Bound::Excluded(5), Bound::Unbounded)), Some((6, LEN_EOF)));
}

#[test]
fn bad_ranges_are_refused_before_the_device() {
    #[allow(clippy::reversed_empty_ranges)]
    let bad = 9..5;
    assert_eq!(span(&bad), None);
    // As a length, this would mean "up to the end".
    assert_eq!(span(&(0..u64::MAX)), None);
    assert_eq!(span(&(0..=u64::MAX)), None);
    assert_eq!(span(&(1 << 63..)), None);
    assert_eq!(span(&(..1 << 63)), None);
    let null = std::fs::File::open("/dev/null").unwrap();
    let request = Request::to(&null).file(&null, bad).file(&null, ..);
    let error = request.parts().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn no_time_is_a_limit_and_much_time_is_no_overflow() {
    assert_eq!(nanos(Duration::ZERO), 1);
    assert_eq!(nanos(Duration::from_millis(2)), 2_000_000);
    assert_eq!(nanos(Duration::MAX), u64::MAX - 1);
}

#[test]
fn empty_memory_is_no_element() {
    let null = std::fs::File::open("/dev/null").unwrap();
    let request = Request::to(&null).memory(b"").memory(b"x");
    assert_eq!(request.parts().unwrap().1.len(), 1);
}
