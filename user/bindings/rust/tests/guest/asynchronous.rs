// SPDX-License-Identifier: GPL-2.0 OR MIT
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use tokio::time::timeout;
use zcopy::tokio::Device;
use zcopy::{End, Request, Status};

use crate::{BIG, at_rest, content, counter, file, pair, read_all};

fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(test)
}

fn nonblocking(socket: TcpStream) -> tokio::net::TcpStream {
    socket.set_nonblocking(true).unwrap();
    tokio::net::TcpStream::from_std(socket).unwrap()
}

#[test]
#[ignore = "needs the module"]
fn many_transfers_share_a_device() {
    let all = content(3 << 20);
    let page = file(&all);
    run(async {
        let device = Device::open().unwrap();
        let (nears, fars): (Vec<_>, Vec<_>) = (0..20).map(|_| pair()).unzip();
        let nears: Vec<_> = nears.into_iter().map(nonblocking).collect();
        let start = |(n, near)| {
            let request = Request::to(near).memory(b"head").file(&page, n as u64..);
            device.submit(&request.end(End::Shutdown)).unwrap()
        };
        let transfers: Vec<_> = nears.iter().enumerate().map(start).collect();
        drop(device); // transfers hold it
        let readers: Vec<_> = fars.into_iter().map(read_all).collect();
        for (n, transfer) in transfers.into_iter().enumerate() {
            let outcome = transfer.await.unwrap();
            assert_eq!(outcome.complete().unwrap() as usize, all.len() - n + 4);
        }
        for (n, reader) in readers.into_iter().enumerate() {
            let got = reader.join().unwrap();
            assert!(&got[..4] == b"head" && got[4..] == all[n..], "transfer {n}");
        }
    });
}

#[test]
#[ignore = "needs the module"]
fn dropped_futures_cancel_their_transfers() {
    let page = file(&content(BIG));
    run(async {
        let device = Device::open().unwrap();
        let (near, far) = pair();
        let near = nonblocking(near);
        let before = counter("transfers_cancelled");
        let request = Request::to(&near).file(&page, ..);
        let moment = Duration::from_millis(200);
        assert!(timeout(moment, device.send(&request)).await.is_err(), "nobody reads");
        assert!(at_rest());
        assert_eq!(counter("transfers_cancelled"), before + 1);
        drop(near);
        assert!(read_all(far).join().unwrap().len() < BIG);

        // The device serves on.
        let (near, far) = pair();
        let near = nonblocking(near);
        let reader = read_all(far);
        let request = Request::to(&near).file(&page, ..1000).end(End::Shutdown);
        assert_eq!(device.send(&request).await.unwrap().complete().unwrap(), 1000);
        assert_eq!(reader.join().unwrap().len(), 1000);
    });
}

#[test]
#[ignore = "needs the module"]
fn cancelled_transfers_still_have_an_outcome() {
    let page = file(&content(BIG));
    run(async {
        let device = Device::open().unwrap();
        let (near, _far) = pair();
        let near = nonblocking(near);
        let transfer = device.submit(&Request::to(&near).file(&page, ..)).unwrap();
        assert!(transfer.cancel().unwrap());
        let outcome = transfer.await.unwrap();
        assert_eq!(outcome.status(), Status::Cancelled);
        assert!(outcome.bytes < outcome.bytes_asked);
    });
}

#[test]
#[ignore = "needs the module"]
fn closed_peers_end_a_transfer() {
    let page = file(&content(BIG));
    run(async {
        let device = Device::open().unwrap();
        let (near, far) = pair();
        let near = nonblocking(near);
        let transfer = device.submit(&Request::to(&near).file(&page, ..)).unwrap();
        drop(far);
        let outcome = timeout(Duration::from_secs(20), transfer).await.unwrap().unwrap();
        assert_eq!(outcome.status(), Status::SocketError);
    });
}

#[test]
#[ignore = "needs the module"]
fn transfers_that_outlive_their_runtime_fail() {
    let page = file(&content(BIG));
    let (near, _far) = pair();
    let transfer = run(async {
        let device = Device::open().unwrap();
        Some(device.submit(&Request::to(&near).file(&page, ..)).unwrap())
    });
    let error = run(transfer.unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    assert!(at_rest());
}

#[test]
#[ignore = "needs the module"]
fn refused_submissions_leave_no_waiter() {
    run(async {
        let device = Device::open().unwrap();
        let page = file(b"page");
        assert!(device.submit(&Request::to(&page).file(&page, ..)).is_err());
        let (near, far) = pair();
        let near = nonblocking(near);
        let request = Request::to(&near).file(&page, ..).end(End::Shutdown);
        assert_eq!(device.send(&request).await.unwrap().complete().unwrap(), 4);
        assert_eq!(read_all(far).join().unwrap(), b"page");
    });
}
