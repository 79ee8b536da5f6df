//! Why a body did not return a value, and the error class that tells the caller.
//!
//! Panics are not failures: the catch sees them. `error/` makes the errors of the user's own
//! types. A refusal is data. Some conversions of wasm-bindgen can fail only with a string: there
//! a string stands for the refusal until the carrier asks.

use crate::base::cell::Refusal;
use crate::base::thrown::Thrown;
#[cfg(not(target_os = "wasi"))]
use crate::base::thrown::of_js;
use crate::host::around;
use std::cell::Cell;
#[cfg(not(target_os = "wasi"))]
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
        cause: Option<Thrown>,
    },
    /// wasm-bindgen could not convert an argument, and says why.
    Invalid(&'static str),
    /// The user's `Err`, as it is to be thrown.
    Thrown(Thrown),
}

impl Failure {
    /// The failure that JavaScript is to throw.
    #[cfg(not(target_os = "wasi"))]
    #[inline(always)]
    pub fn thrown(error: JsValue) -> Self {
        Failure::Thrown(of_js(error))
    }

    /// Where a body uses what was refused, which the check before it does not allow.
    pub(crate) const UNCHECKED: Failure = Failure::Invalid("the argument was used twice");

    #[cold]
    #[inline(never)]
    pub(crate) fn into_error(self, export: &'static str) -> Thrown {
        match self {
            Failure::Refused {
                refusal,
                class,
                cause,
            } => around::refused(refusal, class, export, cause),
            Failure::Invalid(message) => around::invalid(message),
            Failure::Thrown(error) => error,
        }
    }
}

/// A failure that is found when an argument is converted, and reported when it is used. It is
/// boxed, so that carriers stay small.
pub(crate) struct Refused(Box<Failure>);

impl Refused {
    #[cold]
    pub(crate) fn new(failure: Failure) -> Self {
        Refused(Box::new(failure))
    }

    /// The conversion failed with an error of its own.
    #[cfg(not(target_os = "wasi"))]
    #[cold]
    pub(crate) fn thrown(error: JsValue) -> Self {
        Refused::new(Failure::thrown(error))
    }

    /// The refusal behind the string that a conversion of wasm-bindgen's failed with.
    #[cold]
    pub(crate) fn from_string(string: &'static str) -> Self {
        let refusal = match string {
            STALE => Refusal::Stale,
            BUSY => Refusal::Busy,
            POISONED => Refusal::Poisoned,
            _ => return Refused::new(Failure::Invalid(string)),
        };
        REFUSED.take().unwrap_or_else(|| {
            Refused::new(Failure::Refused {
                refusal,
                class: "object",
                cause: None,
            })
        })
    }

    /// The string that stands for it where a conversion of wasm-bindgen's can return no more.
    #[cold]
    pub(crate) fn into_string(self) -> &'static str {
        let text = match *self.0 {
            Failure::Refused { refusal, .. } => match refusal {
                Refusal::Stale => STALE,
                Refusal::Busy => BUSY,
                Refusal::Poisoned => POISONED,
            },
            Failure::Invalid(text) => text,
            Failure::Thrown(_) => "the argument could not be converted",
        };
        REFUSED.set(Some(self));
        text
    }

    /// Takes the failure, once. If the argument is used again, the failure says so.
    #[cold]
    pub(crate) fn take(&mut self) -> Failure {
        std::mem::replace(&mut *self.0, Failure::UNCHECKED)
    }
}

const STALE: &str = "the object was freed or consumed; create a new one";
const BUSY: &str = "the object is busy with another call; call again when that one has ended";
const POISONED: &str = "the object was left half changed by a panic; free it, or accept its state with recovery.clearPoison()";

thread_local! {
    /// The refusal that one of the strings above stands for.
    static REFUSED: Cell<Option<Refused>> = const { Cell::new(None) };
}
