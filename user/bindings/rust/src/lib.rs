// SPDX-License-Identifier: GPL-2.0 OR MIT
#![doc = include_str!("../README.md")]

mod device;
mod outcome;
mod request;
mod sys;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use device::{Device, Id};
pub use outcome::Status;
pub use request::{End, Flag, Request, Until};
pub use sys::Outcome;
