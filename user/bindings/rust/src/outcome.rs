// SPDX-License-Identifier: GPL-2.0 OR MIT
//! How a transfer ended.
use std::io;

use crate::Id;
use crate::sys::Outcome;

/// How a transfer ended, in a word (`enum zcopy_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// All bytes that were asked for.
    Done,
    /// All bytes, but a file was changed meanwhile, or nothing can tell that it was not.
    Changed,
    /// A file ended before its range did.
    Truncated,
    /// Stopped by the program, or by a signal.
    Cancelled,
    /// The request was not to wait for the socket or for the cache.
    Again,
    /// The connection failed.
    SocketError,
    /// Reading the file failed.
    FileError,
    /// Memory ran out.
    NoMemory,
    /// The deadline passed.
    Deadline,
    /// No progress for the idle time.
    Idle,
    /// A status that this crate does not know.
    Unknown(u32),
}

impl From<u32> for Status {
    fn from(status: u32) -> Self {
        match status {
            0 => Self::Done,
            1 => Self::Changed,
            2 => Self::Truncated,
            3 => Self::Cancelled,
            4 => Self::Again,
            5 => Self::SocketError,
            6 => Self::FileError,
            7 => Self::NoMemory,
            8 => Self::Deadline,
            9 => Self::Idle,
            other => Self::Unknown(other),
        }
    }
}

impl Outcome {
    /// The number of the transfer.
    pub fn id(&self) -> Id {
        Id(self.id)
    }

    /// How the transfer ended.
    pub fn status(&self) -> Status {
        self.status.into()
    }

    /// The error behind the status, if there is one.
    pub fn error(&self) -> Option<io::Error> {
        let errno = i32::try_from(self.error).ok().filter(|&errno| errno != 0)?;
        Some(io::Error::from_raw_os_error(errno))
    }

    /// The number of bytes if all were sent (`Done` or `Changed`), else an error.
    pub fn complete(&self) -> io::Result<u64> {
        let (status, sent, asked) = (self.status(), self.bytes, self.bytes_asked);
        if matches!(status, Status::Done | Status::Changed) {
            return Ok(sent);
        }
        let error = self.error().unwrap_or(io::ErrorKind::Other.into());
        let message = format!("{status:?} after {sent} of {asked} bytes: {error}");
        Err(io::Error::new(error.kind(), message))
    }
}

#[cfg(test)]
#[path = "tests/outcome.rs"]
mod tests;
