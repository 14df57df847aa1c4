// SPDX-License-Identifier: GPL-2.0 OR MIT
//! The device, for tasks of tokio.
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::tokio::io::Interest;
use ::tokio::io::unix::AsyncFd;
use ::tokio::sync::oneshot;
use ::tokio::task::AbortHandle;

use crate::{Id, Outcome, Request, sys};

/// The tasks that wait for outcomes, by cookie; none any more once the collector is gone.
type Waiting = Option<HashMap<u64, oneshot::Sender<Outcome>>>;

#[derive(Debug)]
struct Shared {
    device: AsyncFd<crate::Device>,
    waiting: Mutex<Waiting>,
    next_cookie: AtomicU64,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open `/dev/zcopy` whose transfers are futures.
///
/// Clones share it. A task of the runtime collects the outcomes, so that each wakes only
/// the task that waits for it.
#[derive(Clone, Debug)]
pub struct Device(Arc<Owner>);

/// What devices and transfers share. The last of them ends the collector, which closes
/// the device.
#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
    collector: AbortHandle,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.collector.abort();
    }
}

impl Device {
    /// Opens the device, as [`crate::Device::open`].
    ///
    /// # Panics
    /// Outside of a runtime, or if its I/O is not enabled.
    pub fn open() -> io::Result<Self> {
        let device = sys::watch(crate::Device::open()?)?;
        let shared = Arc::new(Shared {
            device,
            waiting: Mutex::new(Some(HashMap::new())),
            next_cookie: AtomicU64::new(0),
        });
        let collector = Collector(Arc::clone(&shared));
        let collector = ::tokio::spawn(collector.run()).abort_handle();
        Ok(Self(Arc::new(Owner { shared, collector })))
    }

    /// Starts a transfer, whose future has the outcome.
    ///
    /// The transfer has begun when this returns: what the request refers to may be dropped,
    /// even the socket. Errors are those of [`crate::Device::submit`].
    pub fn submit(&self, request: &Request<'_>) -> io::Result<Transfer> {
        let shared = &self.0.shared;
        let cookie = shared.next_cookie.fetch_add(1, Ordering::Relaxed);
        let (sender, outcome) = oneshot::channel();
        // Before the submission: the outcome may be there before the submission returns.
        match shared.waiting().as_mut() {
            Some(waiting) => waiting.insert(cookie, sender),
            None => return Err(collector_is_gone()),
        };
        match shared.device.get_ref().submit_as(request, cookie) {
            Ok(id) => Ok(Transfer { owner: Arc::clone(&self.0), id, outcome, ended: false }),
            Err(error) => {
                shared.waiting().as_mut().map(|w| w.remove(&cookie));
                Err(error)
            }
        }
    }

    /// Starts a transfer and waits for its end; dropping the future cancels it.
    pub async fn send(&self, request: &Request<'_>) -> io::Result<Outcome> {
        self.submit(request)?.await
    }
}

/// A live transfer, and the future of its outcome.
///
/// Dropping it cancels the transfer: the peer gets what the socket had taken.
#[derive(Debug)]
#[must_use = "dropping a transfer cancels it"]
pub struct Transfer {
    owner: Arc<Owner>,
    id: Id,
    outcome: oneshot::Receiver<Outcome>,
    ended: bool,
}

impl Transfer {
    /// The number of the transfer, as listings show it.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Tells the transfer to stop; the outcome says how far it came. `false` if it has
    /// ended before.
    pub fn cancel(&self) -> io::Result<bool> {
        self.owner.shared.device.get_ref().cancel(self.id)
    }
}

impl Future for Transfer {
    type Output = io::Result<Outcome>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.outcome).poll(cx));
        self.ended = outcome.is_ok();
        Poll::Ready(outcome.map_err(|_| collector_is_gone()))
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if !self.ended {
            // A transfer that has ended in the meantime needs no cancelling.
            let _ = self.cancel();
        }
    }
}

/// Gives each outcome to the transfer that waits for it.
struct Collector(Arc<Shared>);

impl Collector {
    async fn run(self) -> io::Result<()> {
        let mut outcomes = [Outcome::default(); 64];
        loop {
            let device = &self.0.device;
            let got = device
                .async_io(Interest::READABLE, |device| {
                    match device.wait_any(&mut outcomes, Some(Duration::ZERO))? {
                        0 => Err(io::ErrorKind::WouldBlock.into()),
                        got => Ok(got),
                    }
                })
                .await?;
            let mut waiting = self.0.waiting();
            for outcome in &outcomes[..got] {
                if let Some(sender) = waiting.as_mut().and_then(|w| w.remove(&outcome.cookie)) {
                    // A transfer that was dropped does not listen.
                    let _ = sender.send(*outcome);
                }
            }
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // The transfers that still wait see their senders go.
        self.0.waiting().take();
    }
}

fn collector_is_gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the runtime of the device ended")
}
