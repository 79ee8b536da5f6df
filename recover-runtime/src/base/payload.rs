//! The panic payloads that have an error class of their own.
//!
//! Each is raised where its failure is found. `call/settle.rs` makes the error for it.

use crate::base::shared::exhaustion::{MEMORY, STACK};
use crate::base::thrown::Thrown;
#[cfg(not(target_os = "wasi"))]
use crate::base::thrown::of_js;
use std::any::Any;
#[cfg(not(target_os = "wasi"))]
use wasm_bindgen::JsValue;

/// A JavaScript exception that unwinds through Rust. It is not a panic: the hook does not
/// see it, and the caller gets the value itself.
#[cfg(not(target_os = "wasi"))]
pub(crate) struct JsThrow(pub(crate) JsValue);

/// The error that unwinds in a payload, if one does; else the payload.
#[cfg(not(target_os = "wasi"))]
#[inline(always)]
pub(crate) fn thrown(payload: Box<dyn Any + Send>) -> Result<Thrown, Box<dyn Any + Send>> {
    payload.downcast::<JsThrow>().map(|thrown| of_js(thrown.0))
}

/// The same in a component, where only panics unwind.
#[cfg(target_os = "wasi")]
pub(crate) fn thrown(payload: Box<dyn Any + Send>) -> Result<Thrown, Box<dyn Any + Send>> {
    Err(payload)
}

/// An allocation failed.
pub(crate) struct OutOfMemory {
    /// Bytes that were requested.
    pub(crate) requested: usize,
    /// The soft limit that was reached, in bytes; zero if the memory itself had no room.
    pub(crate) limit: usize,
    /// The number of the stack that asked for them.
    pub(crate) stack: u32,
}

/// A guarded function found too little stack left.
pub(crate) struct StackOverflow {
    /// Bytes left of the shadow stack.
    pub(crate) remaining: usize,
    /// Guarded calls under way.
    pub(crate) depth: u32,
}

/// The error class of a payload, with its two figures; `None` for an ordinary panic.
pub(crate) fn exhausted(payload: &(dyn Any + Send)) -> Option<(u32, f64, f64)> {
    if let Some(failed) = payload.downcast_ref::<OutOfMemory>() {
        Some((MEMORY, failed.requested as f64, failed.limit as f64))
    } else {
        let full = payload.downcast_ref::<StackOverflow>()?;
        Some((STACK, full.remaining as f64, full.depth.into()))
    }
}

/// Whether a payload is one of these: its destructor does not panic.
pub(crate) fn is_ours(payload: &(dyn Any + Send)) -> bool {
    #[cfg(not(target_os = "wasi"))]
    let is_thrown = payload.is::<JsThrow>();
    #[cfg(target_os = "wasi")]
    let is_thrown = false;
    exhausted(payload).is_some() || is_thrown
}

/// Those of [`exhausted`] for the host: negative where nothing ran out.
pub(crate) fn figures(exhausted: Option<(u32, f64, f64)>) -> (i32, f64, f64) {
    exhausted.map_or((-1, 0., 0.), |(kind, first, second)| {
        (kind as i32, first, second)
    })
}
