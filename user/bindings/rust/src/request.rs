// SPDX-License-Identifier: GPL-2.0 OR MIT
//! What to send, and how.
use std::io;
use std::ops::{Bound, RangeBounds};
use std::os::fd::AsFd;
use std::time::Duration;

use crate::sys::{Elem, LEN_EOF, Send, Sink};

/// When a transfer counts as complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Until {
    /// The socket has taken all bytes.
    #[default]
    Queued = 0,
    /// The peer's TCP has acknowledged all bytes.
    Acked = 1,
    /// The network stack holds no page of the files any more: they may be changed.
    Released = 2,
}

/// What is done to the socket after the last byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum End {
    /// Nothing.
    #[default]
    Keep = 0,
    /// Holds back a partial segment for what the program sends next.
    Cork = 1,
    /// Shuts down the sending side.
    Shutdown = 2,
}

/// A flag of a request (`ZCOPY_F_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[non_exhaustive]
pub enum Flag {
    /// Copies what is read, so that later changes of a file are not sent.
    Stable = 1 << 0,
    /// Drops from the page cache what this transfer brought in.
    DropBehind = 1 << 1,
    /// Ends with [`Status::Again`](crate::Status::Again) at a byte that is not cached.
    CachedOnly = 1 << 2,
    /// Does not wait for the socket; only for [`Device::send`](crate::Device::send).
    DontWait = 1 << 5,
    /// More bytes follow soon, as MSG_MORE of send(2).
    More = 1 << 6,
    /// Does not look whether a file changes meanwhile.
    AsRead = 1 << 8,
    /// Sends files of FUSE, or guarded by fanotify, which may be told another process.
    AnyPid = 1 << 9,
}

/// A list of file ranges and pieces of memory for one connected TCP socket.
///
/// It borrows them until it is submitted, and can be submitted again.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until a device sends it"]
pub struct Request<'a> {
    sink: Sink<'a>,
    elems: Vec<Elem<'a>>,
    terms: Send,
    saw_bad_range: bool,
}

impl<'a> Request<'a> {
    /// An empty list for `socket`.
    pub fn to(socket: &'a impl AsFd) -> Self {
        Self {
            sink: Sink { fd: socket.as_fd(), flags: 0, rate: 0, reserved: [0; 2] },
            elems: Vec::new(),
            terms: Send::default(),
            saw_bad_range: false,
        }
    }

    /// Appends a range of `file`, which must be open for reading; without an end, up to
    /// where the file ends at submission.
    ///
    /// A range that ends before it begins, or beyond 2<sup>63</sup>-1, makes the submission
    /// fail with [`io::ErrorKind::InvalidInput`].
    pub fn file(mut self, file: &'a impl AsFd, range: impl RangeBounds<u64>) -> Self {
        match span(&range) {
            Some((off, len)) => self.elems.push(Elem::file(file.as_fd(), off, len)),
            None => self.saw_bad_range = true,
        }
        self
    }

    /// Appends bytes, of which a list can have 64 KiB. Submission copies them.
    pub fn memory(mut self, bytes: &'a [u8]) -> Self {
        if !bytes.is_empty() {
            self.elems.push(Elem::memory(bytes));
        }
        self
    }

    /// Sets when the transfer counts as complete.
    pub fn until(mut self, until: Until) -> Self {
        self.terms.until = until as u32;
        self
    }

    /// Sets what is done to the socket after the last byte, if all were sent.
    pub fn end(mut self, end: End) -> Self {
        self.terms.end = end as u32;
        self
    }

    /// Sets a flag.
    pub fn flag(mut self, flag: Flag) -> Self {
        self.terms.flags |= flag as u32;
        self
    }

    /// Sets a rate in bytes per second; 0 is no limit.
    pub fn rate(mut self, rate: u64) -> Self {
        self.terms.rate = rate;
        self
    }

    /// Gives the transfer up so long after its submission.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.terms.deadline_ns = nanos(after);
        self
    }

    /// Gives the transfer up after so long without progress.
    pub fn idle(mut self, limit: Duration) -> Self {
        self.terms.idle_ns = nanos(limit);
        self
    }

    pub(crate) fn parts(&self) -> io::Result<(&Send, &[Elem<'a>], Sink<'a>)> {
        if self.saw_bad_range {
            let why = "a range of a file ends before it begins, or beyond 2^63-1";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Ok((&self.terms, &self.elems, self.sink))
    }
}

/// Offset and length of a range that the kernel can take.
fn span(range: &impl RangeBounds<u64>) -> Option<(u64, u64)> {
    const MOST: u64 = i64::MAX as u64;
    let start = match range.start_bound() {
        Bound::Included(&n) => n,
        Bound::Excluded(&n) => n.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&n) => n.checked_add(1)?,
        Bound::Excluded(&n) => n,
        Bound::Unbounded => return (start <= MOST).then_some((start, LEN_EOF)),
    };
    (end <= MOST).then_some((start, end.checked_sub(start)?))
}

/// Nanoseconds for the kernel, to which 0 would be no limit at all.
pub(crate) fn nanos(time: Duration) -> u64 {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1);
    nanos.clamp(1, u64::MAX - 1)
}

#[cfg(test)]
#[path = "tests/request.rs"]
mod tests;
