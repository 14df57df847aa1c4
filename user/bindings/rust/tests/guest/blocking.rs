// SPDX-License-Identifier: GPL-2.0 OR MIT
use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::time::Duration;

use zcopy::{Device, End, Flag, Outcome, Request, Status, Until};

use crate::{BIG, at_rest, content, counter, file, pair, read_all};

#[test]
#[ignore = "needs the module"]
fn lists_arrive_byte_for_byte() {
    let all = content(300_000);
    let (page, device) = (file(&all), Device::open().unwrap());
    let (near, far) = pair();
    let reader = read_all(far);
    let before = counter("bytes_by_ref");
    let request = Request::to(&near).memory(b"head ").file(&page, ..).memory(b" middle ");
    let request = request.file(&page, 4097..=200_000).file(&page, 299_999..).memory(b" tail");
    let outcome = device.send(&request.end(End::Shutdown)).unwrap();
    let mut want = b"head ".to_vec();
    for part in [&all, &b" middle "[..], &all[4097..=200_000], &all[299_999..], b" tail"] {
        want.extend_from_slice(part);
    }
    assert_eq!(outcome.status(), Status::Done);
    assert_eq!(outcome.complete().unwrap(), want.len() as u64);
    assert!(outcome.bytes_by_ref >= 490_000, "{outcome:?}");
    assert_eq!(outcome.bytes_by_ref + outcome.bytes_copied, outcome.bytes);
    assert!(counter("bytes_by_ref") >= before + 490_000);
    assert!(reader.join().unwrap() == want);
}

#[test]
#[ignore = "needs the module"]
fn submitted_transfers_need_nothing_of_the_program() {
    let all = content(BIG);
    let device = Device::open().unwrap();
    let (near, far) = pair();
    let page = file(&all);
    let id = {
        let head = b"head".to_vec();
        let request = Request::to(&near).memory(&head).file(&page, ..).until(Until::Acked);
        device.submit(&request).unwrap()
    };
    drop((near, page));
    let moment = Some(Duration::from_millis(100));
    assert!(device.wait(id, moment).unwrap().is_none(), "nobody reads");
    let reader = read_all(far);
    let outcome = device.wait(id, None).unwrap().unwrap();
    assert_eq!((outcome.id(), outcome.complete().unwrap()), (id, BIG as u64 + 4));
    assert_eq!(device.wait(id, None).unwrap_err().kind(), ErrorKind::NotFound);
    let got = reader.join().unwrap();
    assert!(&got[..4] == b"head" && got[4..] == all);
}

#[test]
#[ignore = "needs the module"]
fn any_outcome_can_be_waited_for() {
    let (page, device) = (file(b"page"), Device::open().unwrap());
    let pairs: Vec<_> = (0..5).map(|_| pair()).collect();
    let submit = |near| device.submit(&Request::to(near).file(&page, ..)).unwrap();
    let mut want: Vec<_> = pairs.iter().map(|(near, _)| submit(near)).collect();
    let mut outcomes = [Outcome::default(); 2];
    while !want.is_empty() {
        let got = device.wait_any(&mut outcomes, None).unwrap();
        assert!(got > 0);
        for outcome in &outcomes[..got] {
            assert_eq!(outcome.complete().unwrap(), 4);
            want.retain(|&id| id != outcome.id());
        }
    }
    assert_eq!(device.wait_any(&mut outcomes, None).unwrap(), 0, "none is live");
}

#[test]
#[ignore = "needs the module"]
fn cancelled_transfers_say_how_far_they_came() {
    let (page, device) = (file(&content(BIG)), Device::open().unwrap());
    let (near, mut far) = pair();
    let request = Request::to(&near).file(&page, ..);
    let (first, second) = (device.submit(&request).unwrap(), device.submit(&request).unwrap());
    assert!(device.cancel(first).unwrap());
    let outcome = device.wait(first, None).unwrap().unwrap();
    assert_eq!(outcome.status(), Status::Cancelled);
    assert!(outcome.bytes < outcome.bytes_asked);
    assert!(!device.cancel(first).unwrap(), "it has ended");
    assert_eq!(device.cancel_all().unwrap(), 1);
    let rest = device.wait(second, None).unwrap().unwrap();
    assert_eq!(rest.status(), Status::Cancelled);
    drop(near);
    let mut got = Vec::new();
    far.read_to_end(&mut got).unwrap();
    assert_eq!(got.len() as u64, outcome.bytes + rest.bytes);
}

#[test]
#[ignore = "needs the module"]
fn dropped_devices_cancel_their_transfers() {
    let (page, device) = (file(&content(BIG)), Device::open().unwrap());
    let (near, _far) = pair();
    device.submit(&Request::to(&near).file(&page, ..)).unwrap();
    assert_eq!(counter("transfers_active"), 1);
    drop(device);
    assert!(at_rest());
}

#[test]
#[ignore = "needs the module"]
fn limits_and_lost_peers_have_a_status() {
    let (page, device) = (file(&content(BIG)), Device::open().unwrap());
    let (near, far) = pair();
    let moment = Duration::from_millis(50);
    let request = Request::to(&near).file(&page, ..);
    let ended = |request: Request<'_>| device.send(&request).unwrap().status();
    assert_eq!(ended(request.clone().idle(moment)), Status::Idle);
    assert_eq!(ended(request.clone().deadline(moment)), Status::Deadline);
    assert_eq!(ended(request.clone().flag(Flag::DontWait)), Status::Again);
    let id = device.submit(&request).unwrap();
    drop(far); // with bytes unread, which is a reset
    let outcome = device.wait(id, None).unwrap().unwrap();
    assert_eq!(outcome.status(), Status::SocketError);
    let error = outcome.complete().unwrap_err().kind();
    assert!(matches!(error, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}

#[test]
#[ignore = "needs the module"]
fn short_files_are_told() {
    let (page, device) = (file(b"page"), Device::open().unwrap());
    let (near, _far) = pair();
    let outcome = device.send(&Request::to(&near).file(&page, 2..9)).unwrap();
    assert_eq!((outcome.status(), outcome.bytes), (Status::Truncated, 2));
}

#[test]
#[ignore = "needs the module"]
fn refusals_are_errors_and_send_nothing() {
    let (page, device) = (file(b"page"), Device::open().unwrap());
    let (near, far) = pair();
    let os_error = |request: &Request<'_>| device.submit(request).unwrap_err().raw_os_error();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let written = std::fs::File::create("written").unwrap();
    let much = [0; 65537];
    const ENOTSOCK: i32 = 88;
    assert_eq!(os_error(&Request::to(&page).file(&page, ..)), Some(ENOTSOCK));
    assert!(os_error(&Request::to(&listener).file(&page, ..)).is_some());
    const EBADF: i32 = 9;
    assert_eq!(os_error(&Request::to(&near).file(&written, ..)), Some(EBADF));
    const E2BIG: i32 = 7;
    assert_eq!(os_error(&Request::to(&near).memory(&much)), Some(E2BIG));
    const EOPNOTSUPP: i32 = 95;
    assert_eq!(os_error(&Request::to(&near).flag(Flag::DontWait)), Some(EOPNOTSUPP));
    drop(near);
    assert!(read_all(far).join().unwrap().is_empty());
}
