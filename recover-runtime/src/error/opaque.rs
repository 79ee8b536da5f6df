//! Rust errors without a class of their own: plain JavaScript `Error`s, nested
//! by `cause`. Which error comes here is decided in `probe` and `private`.

use crate::error::cause::JsCause;
use crate::host::caught::{HostValue, value_or_thrown};
use std::error::Error;
use std::fmt::{Display, Write};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/errors.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = plainError)]
    fn plain_error(message: &str, cause: &JsValue, has_cause: bool) -> Result<HostValue, JsValue>;
}

/// Longer chains are cut, because a `source` may return itself.
const MAX_CHAIN: usize = 64;

/// `error` and its sources. From the first [`JsCause`] on, the value in it.
pub(crate) fn from_chain(error: &(dyn Error + 'static)) -> JsValue {
    let mut messages = Vec::new();
    let mut cause = None;
    for error in std::iter::successors(Some(error), |&error| error.source()).take(MAX_CHAIN) {
        if let Some(thrown) = error.downcast_ref::<JsCause>() {
            cause = Some(thrown.as_js().clone());
            break;
        }
        messages.push(text(error));
    }
    messages
        .iter()
        .rev()
        .fold(cause, |cause, message| Some(plain(message, cause)))
        .unwrap_or(JsValue::UNDEFINED)
}

fn plain(message: &str, cause: Option<JsValue>) -> JsValue {
    let has_cause = cause.is_some();
    value_or_thrown(plain_error(
        message,
        &cause.unwrap_or(JsValue::UNDEFINED),
        has_cause,
    ))
}

/// Unlike `to_string`, a `Display` that fails loses the rest of the message and makes no
/// panic.
pub(crate) fn text(error: &(impl Display + ?Sized)) -> String {
    let mut text = String::new();
    let _ = write!(text, "{error}");
    text
}
