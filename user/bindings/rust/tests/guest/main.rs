// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Tests that need the module; they make files in the current directory, and count live
//! transfers of the whole network namespace: `cargo test -- --ignored --test-threads=1`.
mod asynchronous;
mod blocking;

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const BIG: usize = 24 << 20;

/// Bytes in which no two parts are equal.
fn content(len: usize) -> Vec<u8> {
    let mut word = 0x9E37_79B9_7F4A_7C15_u64;
    let mut content = vec![0; len];
    for chunk in content.chunks_mut(8) {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
    }
    content
}

/// A file with that content, which has no name any more.
fn file(content: &[u8]) -> File {
    let name = format!("content-{}", std::process::id());
    let mut file = File::options().create_new(true).read(true).write(true).open(&name).unwrap();
    std::fs::remove_file(name).unwrap();
    file.write_all(content).unwrap();
    // Times of a file are those of the clock's last tick: no later write, no CHANGED.
    std::thread::sleep(Duration::from_millis(20));
    file
}

/// The ends of a connection: one that sends, one that reads.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, far)
}

/// Reads to the end in a thread of its own.
fn read_all(mut far: TcpStream) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut got = Vec::new();
        far.read_to_end(&mut got).unwrap();
        got
    })
}

fn counter(name: &str) -> u64 {
    let stats = std::fs::read_to_string("/proc/zcopy/stats").unwrap();
    let line = stats.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap().trim().parse().unwrap()
}

/// Waits until no transfer is live.
fn at_rest() -> bool {
    let start = Instant::now();
    while counter("transfers_active") > 0 {
        if start.elapsed() > Duration::from_secs(20) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}
