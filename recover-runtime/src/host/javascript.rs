//! What the layers above ask of what is around the module, where that is JavaScript: the imports of the other files, by
//! the names that `component/` has, too. Logic does not live here.

#[cfg(feature = "persist")]
pub(crate) mod records;

use crate::base::cell::Refusal;
use wasm_bindgen::{JsError, JsValue};

pub(crate) use crate::host::attach::memory as begin;
#[cfg(feature = "persist")]
pub(crate) use crate::host::errors::report;
pub(crate) use crate::host::errors::{drop_stack, foreign_unwind, panicked};
pub(crate) use crate::host::instance::fatal;
pub(crate) use crate::host::objects::{drop_failed, invalid};

/// The error for an entry that a cell refused.
#[inline(always)]
pub(crate) fn refused(
    refusal: Refusal,
    class: &str,
    export: &str,
    cause: Option<JsValue>,
) -> JsValue {
    let cause = cause.unwrap_or(JsValue::UNDEFINED);
    crate::host::errors::refused(refusal, class, export, &cause)
}

/// An error that says this, of no class.
#[inline(always)]
pub(crate) fn plain(message: &str) -> JsValue {
    JsError::new(message).into()
}

/// What stands for an error where nobody asks.
#[inline(always)]
pub(crate) fn nothing() -> JsValue {
    JsValue::UNDEFINED
}
