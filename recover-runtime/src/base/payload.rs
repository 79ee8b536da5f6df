//! What Rust unwinds with, beside a message: the payloads that have a class of their own.
//!
//! Each is raised where its failure is found. The error for it is made in `call/settle.rs`.

use crate::base::shared::exhaustion::{MEMORY, STACK};
use std::any::Any;
use wasm_bindgen::JsValue;

/// A JavaScript exception that unwinds through Rust. It is not a panic: the hook does not
/// see it, and the caller gets the value itself.
pub(crate) struct JsThrow(pub(crate) JsValue);

/// An allocation failed.
pub(crate) struct OutOfMemory {
    /// Bytes that were asked for.
    pub(crate) requested: usize,
    /// Bytes that there may be: the soft limit that was reached, or zero for the memory's.
    pub(crate) limit: usize,
}

/// A guarded function found too little stack left.
pub(crate) struct StackOverflow {
    /// Bytes left of the shadow stack.
    pub(crate) remaining: usize,
    /// Guarded calls under way.
    pub(crate) depth: u32,
}

/// Which class of error a payload becomes, with its two figures. `None` is a panic like any other.
pub(crate) fn exhausted(payload: &(dyn Any + Send)) -> Option<(u32, f64, f64)> {
    if let Some(failed) = payload.downcast_ref::<OutOfMemory>() {
        Some((MEMORY, failed.requested as f64, failed.limit as f64))
    } else {
        let full = payload.downcast_ref::<StackOverflow>()?;
        Some((STACK, full.remaining as f64, full.depth.into()))
    }
}
