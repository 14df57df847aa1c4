// SPDX-License-Identifier: GPL-2.0 OR MIT
//! The structs and verbs of `<linux/zcopy.h>`.
//!
//! The only unsafe code of the crate: its safe functions take borrowed descriptors and
//! slices, and the kernel uses the addresses of these only during the call.
#![allow(unsafe_code)]

use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::ioctl::{Opcode, Updater, ioctl, opcode};
#[cfg(feature = "tokio")]
use tokio::io::{Interest, unix::AsyncFd};

const SEND: Opcode = opcode::none(0xBB, 1);
const SUBMIT: Opcode = opcode::none(0xBB, 2);
const WAIT: Opcode = opcode::none(0xBB, 3);
const CANCEL: Opcode = opcode::none(0xBB, 4);
const ELEM_FILE: u32 = 1;
const ELEM_MEMORY: u32 = 2;
const CANCEL_ALL: u32 = 1;
pub(crate) const LEN_EOF: u64 = u64::MAX;
pub(crate) const ID_ANY: u64 = 0;
pub(crate) const WAIT_FOREVER: u64 = u64::MAX;

/// `struct zcopy_elem`, which cannot outlive what it refers to.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Elem<'a> {
    kind: u32,
    fd: i32,
    off: u64,
    len: u64,
    flags: u32,
    record: u32,
    borrows: PhantomData<&'a [u8]>,
}

impl<'a> Elem<'a> {
    pub(crate) fn file(file: BorrowedFd<'a>, off: u64, len: u64) -> Self {
        Self { kind: ELEM_FILE, fd: file.as_raw_fd(), off, len, ..Self::default() }
    }

    pub(crate) fn memory(bytes: &'a [u8]) -> Self {
        let (off, len) = (address(bytes), bytes.len() as u64);
        Self { kind: ELEM_MEMORY, off, len, ..Self::default() }
    }
}

/// `struct zcopy_sink`, which cannot outlive its socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sink<'a> {
    pub(crate) fd: BorrowedFd<'a>,
    pub(crate) flags: u32,
    pub(crate) rate: u64,
    pub(crate) reserved: [u64; 2],
}

/// `struct zcopy_send`. Only this module sets its addresses and lengths.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Send {
    size: u32,
    pub(crate) flags: u32,
    elems: u64,
    nr_elems: u32,
    elem_size: u32,
    sinks: u64,
    nr_sinks: u32,
    sink_size: u32,
    pub(crate) cookie: u64,
    pub(crate) until: u32,
    pub(crate) end: u32,
    pub(crate) rate: u64,
    pub(crate) deadline_ns: u64,
    pub(crate) idle_ns: u64,
    readahead: u64,
    results: u64,
    result_size: u32,
    reserved0: u32,
    id: u64,
    reserved: [u64; 4],
}

/// How a transfer ended (`struct zcopy_result`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Outcome {
    size: u32,
    sink: u32,
    pub(crate) id: u64,
    pub(crate) cookie: u64,
    pub(crate) status: u32,
    pub(crate) error: u32,
    /// The bytes that were asked for; a file ends where it ended at submission.
    pub bytes_asked: u64,
    /// The bytes that the socket has taken.
    pub bytes: u64,
    /// Those of `bytes` that went by reference to the page cache.
    pub bytes_by_ref: u64,
    /// Those of `bytes` that were copied.
    pub bytes_copied: u64,
    copied: [u64; 8],
    /// The bytes that were in the page cache before.
    pub cache_hit_bytes: u64,
    /// The bytes that the transfer brought into the page cache.
    pub cache_miss_bytes: u64,
    socket_waits: u32,
    disk_waits: u32,
    retrans: u32,
    reserved0: u32,
    queued_ns: u64,
    first_byte_ns: u64,
    last_byte_ns: u64,
    /// The nanoseconds from submission to completion.
    pub duration_ns: u64,
    copied_small: u64,
    copied_policy: u64,
}

#[repr(C)]
#[derive(Default)]
struct Wait {
    size: u32,
    flags: u32,
    id: u64,
    results: u64,
    nr_results: u32,
    result_size: u32,
    min: u32,
    got: u32,
    timeout_ns: u64,
    reserved: [u64; 2],
}

#[repr(C)]
#[derive(Default)]
struct Cancel {
    size: u32,
    flags: u32,
    id: u64,
    count: u32,
    reserved0: u32,
    reserved: [u64; 2],
}

fn address<T>(slice: &[T]) -> u64 {
    slice.as_ptr().expose_provenance() as u64
}

fn address_mut<T>(slice: &mut [T]) -> u64 {
    slice.as_mut_ptr().expose_provenance() as u64
}

fn count<T>(slice: &[T]) -> u32 {
    u32::try_from(slice.len()).unwrap_or(u32::MAX)
}

const fn size<T>() -> u32 {
    size_of::<T>() as u32
}

/// # Safety
/// `arg` must be the struct of `VERB`, and its addresses and lengths those of memory that
/// the kernel may access as the verb does.
unsafe fn call<const VERB: Opcode, T>(device: BorrowedFd<'_>, arg: &mut T) -> io::Result<()> {
    // SAFETY: the caller's promise. All verbs are _IO() and update the struct.
    Ok(unsafe { ioctl(device, Updater::<VERB, T>::new(arg)) }?)
}

/// ZCOPY_IOC_SEND to one socket or, without room for an outcome, ZCOPY_IOC_SUBMIT. Returns
/// the number of the transfer.
pub(crate) fn start(
    device: BorrowedFd<'_>,
    terms: &Send,
    elems: &[Elem<'_>],
    sink: Sink<'_>,
    outcome: Option<&mut [Outcome; 1]>,
) -> io::Result<u64> {
    let sinks = [sink];
    let mut send = Send {
        size: size::<Send>(),
        elems: address(elems),
        nr_elems: count(elems),
        elem_size: size::<Elem>(),
        sinks: address(&sinks),
        nr_sinks: count(&sinks),
        sink_size: size::<Sink>(),
        ..*terms
    };
    // Elements and sink borrow what they refer to. When the call returns, the kernel has
    // copied the memory, holds files and socket, and has written the outcome.
    if let Some(outcome) = outcome {
        (send.results, send.result_size) = (address_mut(outcome), size::<Outcome>());
        // SAFETY: see above; there is one outcome for one socket.
        unsafe { call::<SEND, _>(device, &mut send) }?;
    } else {
        // SAFETY: see above.
        unsafe { call::<SUBMIT, _>(device, &mut send) }?;
    }
    Ok(send.id)
}

/// ZCOPY_IOC_WAIT; returns the number of outcomes.
pub(crate) fn wait(
    device: BorrowedFd<'_>,
    id: u64,
    outcomes: &mut [Outcome],
    min: u32,
    timeout_ns: u64,
) -> io::Result<usize> {
    let (nr_results, results) = (count(outcomes), address_mut(outcomes));
    let (size, result_size) = (size::<Wait>(), size::<Outcome>());
    let mut wait =
        Wait { size, id, results, nr_results, result_size, min, timeout_ns, ..Wait::default() };
    // SAFETY: `outcomes` is borrowed during the call, and may have any content.
    unsafe { call::<WAIT, _>(device, &mut wait) }?;
    Ok(wait.got as usize)
}

/// ZCOPY_IOC_CANCEL of one transfer or, with [`ID_ANY`], of all; returns how many.
pub(crate) fn cancel(device: BorrowedFd<'_>, id: u64) -> io::Result<u32> {
    let flags = if id == ID_ANY { CANCEL_ALL } else { 0 };
    let mut cancel = Cancel { size: size::<Cancel>(), flags, id, ..Cancel::default() };
    // SAFETY: the struct has no addresses.
    unsafe { call::<CANCEL, _>(device, &mut cancel) }?;
    Ok(cancel.count)
}

/// Has tokio watch the device, whose descriptor becomes readable with each outcome.
#[cfg(feature = "tokio")]
pub(crate) fn watch(device: crate::Device) -> io::Result<AsyncFd<crate::Device>> {
    // SAFETY: a device has the same open descriptor until it is dropped.
    Ok(unsafe { AsyncFd::register_with_interest(device, Interest::READABLE) }?)
}

#[cfg(test)]
#[path = "tests/layout.rs"]
mod layout;
