//! The lowest layer: pure Rust that calls no JavaScript, so that it runs natively and under
//! Miri. Nothing here may use a layer above.

pub(crate) mod cast;
pub(crate) mod cell;
pub(crate) mod fallible;
pub(crate) mod flags;
pub(crate) mod lent;
pub mod memory;
pub(crate) mod nullable;
pub(crate) mod origin;
pub(crate) mod payload;
pub(crate) mod shared;
pub mod stack;
#[cfg(feature = "torture")]
pub(crate) mod torture;
pub(crate) mod unwind;
