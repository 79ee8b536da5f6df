//! A thrown JavaScript value as a Rust error, so that it can be the source of
//! others. Its message comes from the host; no conversion of Rust errors is here.

use std::error::Error;
use std::fmt;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/errors.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = textOf)]
    fn text_of(value: &JsValue) -> Result<String, JsValue>;
}

/// A value that JavaScript threw, as a Rust error.
///
/// In a chain of sources, JavaScript gets the very same value
/// back (`===`): as the `cause` of the error above it, or thrown if it is
/// itself what an export returns.
///
/// ```
/// use recover_runtime::{JsCause, JsValue};
///
/// #[derive(Debug)]
/// struct FetchFailed(JsCause);
///
/// impl std::fmt::Display for FetchFailed {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("fetch failed")
///     }
/// }
/// impl std::error::Error for FetchFailed {
///     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
///         Some(&self.0)
///     }
/// }
///
/// let failed = FetchFailed(JsCause::from(JsValue::UNDEFINED));
/// assert_eq!(failed.to_string(), "fetch failed");
/// ```
#[derive(Clone)]
pub struct JsCause(JsValue);

impl JsCause {
    /// The value itself.
    pub fn as_js(&self) -> &JsValue {
        &self.0
    }
}

impl From<JsValue> for JsCause {
    fn from(value: JsValue) -> Self {
        JsCause(value)
    }
}

impl From<JsCause> for JsValue {
    fn from(cause: JsCause) -> Self {
        cause.0
    }
}

impl fmt::Display for JsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Natively there is no JavaScript to ask; in JavaScript `toString` may throw.
        let text = if cfg!(target_family = "wasm") {
            text_of(&self.0).ok()
        } else {
            None
        };
        f.write_str(text.as_deref().unwrap_or("a JavaScript value"))
    }
}

impl fmt::Debug for JsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsCause({self})")
    }
}

impl Error for JsCause {}
