// SPDX-License-Identifier: GPL-2.0 OR MIT
//! The device, for threads that may wait.
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use crate::sys::{self, ID_ANY, Outcome, WAIT_FOREVER};
use crate::{Request, request};

/// The number of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub(crate) u64);

/// An open `/dev/zcopy`. Dropping it cancels its transfers.
///
/// The descriptor is readable, as for poll(2), while an outcome can be collected.
#[derive(Debug)]
pub struct Device(OwnedFd);

impl Device {
    /// Opens the device. Fails if the module is not loaded, or without the right to do so.
    pub fn open() -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/zcopy")?;
        Ok(Self(file.into()))
    }

    /// Sends and waits for the end, as a blocking sendfile(2) does.
    ///
    /// On a non-blocking socket the outcome is [`Status::Again`](crate::Status::Again) once
    /// the socket is full. An error says that nothing was sent;
    /// [`io::ErrorKind::Interrupted`]: because a signal came first.
    pub fn send(&self, request: &Request<'_>) -> io::Result<Outcome> {
        let (terms, elems, sink) = request.parts()?;
        let mut outcome = [Outcome::default()];
        sys::start(self.as_fd(), terms, elems, sink, Some(&mut outcome))?;
        Ok(outcome[0])
    }

    /// Starts a transfer and returns at once; [`wait`](Self::wait) has its outcome.
    ///
    /// Transfers to one socket are sent in the order of submission. The kernel holds what it
    /// needs of the request. [`io::ErrorKind::WouldBlock`]: too many live transfers, try
    /// again later.
    pub fn submit(&self, request: &Request<'_>) -> io::Result<Id> {
        self.submit_as(request, 0)
    }

    pub(crate) fn submit_as(&self, request: &Request<'_>, cookie: u64) -> io::Result<Id> {
        let (terms, elems, sink) = request.parts()?;
        let mut terms = *terms;
        terms.cookie = cookie;
        sys::start(self.as_fd(), &terms, elems, sink, None).map(Id)
    }

    /// Waits for the end of one transfer; `None` if it has not ended by the time limit.
    ///
    /// Each outcome is told once: after that the error is [`io::ErrorKind::NotFound`].
    pub fn wait(&self, id: Id, limit: Option<Duration>) -> io::Result<Option<Outcome>> {
        let mut outcome = [Outcome::default()];
        let got = self.collect(id.0, &mut outcome, limit)?;
        Ok((got > 0).then_some(outcome[0]))
    }

    /// Waits for the end of any transfer, and fills `outcomes` with those that have ended.
    ///
    /// Returns their number: 0 if none has ended by the time limit, or none is live.
    pub fn wait_any(&self, outcomes: &mut [Outcome], limit: Option<Duration>) -> io::Result<usize> {
        self.collect(ID_ANY, outcomes, limit)
    }

    /// Tells a transfer to stop; `false` if it has ended before.
    ///
    /// What the socket has taken is still sent, and the outcome still comes.
    pub fn cancel(&self, id: Id) -> io::Result<bool> {
        match sys::cancel(self.as_fd(), id.0) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tells all transfers of this device to stop, and returns how many were told.
    pub fn cancel_all(&self) -> io::Result<u32> {
        sys::cancel(self.as_fd(), ID_ANY)
    }

    /// Waits again after a signal, for the rest of the time.
    fn collect(
        &self,
        id: u64,
        outcomes: &mut [Outcome],
        limit: Option<Duration>,
    ) -> io::Result<usize> {
        let start = Instant::now();
        loop {
            let left = limit.map(|limit| limit.saturating_sub(start.elapsed()));
            let (min, ns) = match left {
                Some(Duration::ZERO) => (0, 0),
                Some(left) => (1, request::nanos(left)),
                None => (1, WAIT_FOREVER),
            };
            match sys::wait(self.as_fd(), id, outcomes, min, ns) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Device {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
