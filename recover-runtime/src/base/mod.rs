//! The lowest layer: pure Rust that calls no JavaScript, so that it runs natively and under
//! Miri. Nothing here may use a layer above.

#[cfg(not(target_os = "wasi"))]
pub(crate) mod cast;
pub(crate) mod cell;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod fallible;
pub(crate) mod flags;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod lent;
pub mod memory;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod nullable;
pub(crate) mod origin;
pub(crate) mod payload;
pub(crate) mod shared;
pub mod stack;
pub(crate) mod thrown;
#[cfg(feature = "torture")]
pub(crate) mod torture;
#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub mod types;
pub(crate) mod unwind;
