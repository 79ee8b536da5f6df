//! Calls components in wasmtime, so that a panic, a trap or a limit is a typed error and the next call works.
#![doc = include_str!("../README.md")]

mod blocking;
mod build_id;
mod catalog;
mod clock;
mod entry;
mod error;
mod handle;
mod limits;
mod object;
mod record;
mod restart;
mod shape;
mod supervisor;
mod trap;
pub mod types;
mod value;
#[cfg(feature = "wasi")]
mod wasi;

pub use blocking::BlockingSupervisor;
pub use build_id::build_id;
pub use error::{CauseError, DomainError, Error, Misuse, RecoverError};
pub use handle::Handle;
pub use limits::{Guard, Guarded, Limits};
pub use record::Journal;
pub use restart::RestartLimit;
pub use supervisor::{
    AbortReport, Builder, Entering, Health, LostReport, Overlap, Supervisor, Typed,
};
pub use types::Kind;
pub use value::Value;
#[cfg(feature = "wasi")]
pub use wasi::Wasi;
