//! Why a body did not return a value, and the error class that tells the caller.
//!
//! Panics are not failures: they arrive at the catch. The errors of a user's own
//! types are made in `errors`.

use crate::cell::Refusal;
use crate::{host, object};
use wasm_bindgen::JsValue;

/// A call that ends without a value and without a panic.
pub enum Failure {
    /// A guarded cell did not let the call in.
    Refused {
        /// Why.
        refusal: Refusal,
        /// JavaScript name of the object's class.
        class: &'static str,
        /// What poisoned the object.
        cause: Option<JsValue>,
    },
    /// wasm-bindgen could not convert an argument, and says why.
    Invalid(&'static str),
    /// The user's `Err`, as it is to be thrown.
    Thrown(JsValue),
}

impl Failure {
    #[cold]
    #[inline(never)]
    pub(crate) fn into_error(self, export: &str) -> JsValue {
        match self {
            Failure::Refused {
                refusal,
                class,
                cause,
            } => host::refused(refusal, class, export, &cause.unwrap_or(JsValue::UNDEFINED)),
            Failure::Invalid(message) => host::invalid(message),
            Failure::Thrown(error) => error,
        }
    }
}

/// A failure that is known when an argument is converted and told when it is used.
/// Boxed, so that what carries it stays small where nothing is refused.
pub(crate) struct Refused(Box<Failure>);

impl Refused {
    #[cold]
    pub(crate) fn new(message: &'static str) -> Self {
        Refused(Box::new(object::failure(message)))
    }

    /// The conversion failed with an error of its own.
    #[cold]
    pub(crate) fn thrown(error: JsValue) -> Self {
        Refused(Box::new(Failure::Thrown(error)))
    }

    /// The failure, once; an argument that is used again has no value either way.
    #[cold]
    pub(crate) fn take(&mut self) -> Failure {
        std::mem::replace(
            &mut *self.0,
            Failure::Invalid("the argument was used twice"),
        )
    }
}
