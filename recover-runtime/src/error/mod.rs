//! Errors that the user's Rust returns, as JavaScript errors: classes made by
//! `#[derive(JsErrorClass)]`, and plain `Error`s for all others.
//!
//! The errors of the machinery itself (panics, busy and stale handles) don't
//! live here; nothing here throws, it only makes the value to be thrown.

mod cause;
mod class;
mod opaque;
pub mod private;
mod probe;
mod property;

pub use cause::JsCause;
pub use class::JsErrorClass;
