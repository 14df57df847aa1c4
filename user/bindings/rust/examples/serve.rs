// SPDX-License-Identifier: GPL-2.0 OR MIT
//! A file server with ranges and keep-alive in one thread: `serve PORT DIRECTORY`.
//!
//! A slow peer holds a future and no thread; one without progress for a minute is given up.
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use zcopy::{Flag, Request, tokio::Device};

/// The value of a field in the head of a request.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut found = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim())
}

/// The first of the ranges `bytes=A-B`, `bytes=A-` and `bytes=-N`.
fn range(asked: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = asked.strip_prefix("bytes=")?.split(',').next()?.split_once('-')?;
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) => first..size,
        (Err(_), last) => size.saturating_sub(last.ok()?)..size,
    };
    (!range.is_empty()).then_some(range)
}

/// Opens a file below `root`, if the path leads nowhere else.
fn open(root: &Path, path: &str) -> Option<(File, u64)> {
    let path = Path::new(path.trim_start_matches('/'));
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let file = File::open(root.join(path)).ok()?;
    let meta = file.metadata().ok().filter(|meta| meta.is_file())?;
    Some((file, meta.len()))
}

/// Answers one request: header and range are one transfer.
async fn answer(device: &Device, socket: &TcpStream, root: &Path, head: &str) -> io::Result<()> {
    let mut words = head.split(' ');
    let found = match (words.next(), words.next()) {
        (Some("GET"), Some(path)) => open(root, path),
        _ => None,
    };
    let request = Request::to(socket).flag(Flag::AsRead).idle(Duration::from_secs(60));
    let Some((file, size)) = found else {
        let none = request.memory(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        return device.send(&none).await?.complete().map(drop);
    };
    let (status, part) = match field(head, "Range") {
        None => ("200 OK\r\n".to_owned(), 0..size),
        Some(asked) => match range(asked, size) {
            Some(r) => {
                let of = format!("Content-Range: bytes {}-{}/{size}", r.start, r.end - 1);
                (format!("206 Partial Content\r\n{of}\r\n"), r)
            }
            None => (format!("416 No Such Range\r\nContent-Range: bytes */{size}\r\n"), 0..0),
        },
    };
    let length = part.end - part.start;
    let reply = format!("HTTP/1.1 {status}Content-Length: {length}\r\n\r\n");
    let request = request.memory(reply.as_bytes()).file(&file, part);
    device.send(&request).await?.complete().map(drop)
}

async fn serve(device: Device, mut socket: TcpStream, root: Arc<Path>) -> io::Result<()> {
    let mut asked = Vec::new();
    while asked.len() < 16384 && socket.read_buf(&mut asked).await? > 0 {
        while let Some(end) = asked.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let rest = asked.split_off(end + 4);
            answer(&device, &socket, &root, &String::from_utf8_lossy(&asked)).await?;
            asked = rest;
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let usage = || io::Error::other("usage: serve PORT DIRECTORY");
    let mut words = std::env::args().skip(1);
    let port: u16 = words.next().and_then(|port| port.parse().ok()).ok_or_else(usage)?;
    let root: Arc<Path> = Path::new(&words.next().ok_or_else(usage)?).into();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let device = Device::open()?;
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        loop {
            let (socket, _) = listener.accept().await?;
            tokio::spawn(serve(device.clone(), socket, Arc::clone(&root)));
        }
    })
}
