//! What the expansion of the derive, and of exports that return `Result`, call.
//! For generated code only.

use crate::error::opaque;

pub use crate::error::class::JsErrorClass;
pub use crate::error::probe::{Probe, SourceByInto, SourceByNothing};
pub use crate::error::property::{JsField, PropertyByField, PropertyByInto};
use std::error::Error;
use std::fmt::Display;
use wasm_bindgen::JsValue;

/// Everything that `(&&&&&&&Probe::new(error)).thrown()` needs in scope.
pub mod levels {
    pub use crate::error::probe::{
        ViaErrorRef, ViaErrorRefSend, ViaErrorRefSendSync, ViaInto, ViaIntoBox, ViaNothing,
        ViaStdError,
    };
}

/// The import that makes an error: index of the class in its snippet's table,
/// message, values of the fields and of the cause if there is one.
pub type Make = fn(u32, &str, Vec<JsValue>) -> Result<JsValue, JsValue>;

/// What is taken of an error before it is taken apart.
#[derive(Default)]
pub struct Rendered {
    message: String,
    cause: Option<JsValue>,
}

impl Rendered {
    /// The message, and the cause that `source` gave.
    pub fn new(message: String, cause: Option<JsValue>) -> Self {
        Rendered { message, cause }
    }

    /// With the field marked `cause`; `undefined` (a `None`) is no cause.
    pub fn because(self, cause: JsValue) -> Self {
        Rendered {
            cause: Some(cause).filter(|cause| !cause.is_undefined()),
            ..self
        }
    }

    /// With the source's own conversion, where it has one, for a plain `Error`.
    pub fn sourced(self, source: Option<JsValue>) -> Self {
        Rendered {
            cause: source.or(self.cause),
            ..self
        }
    }

    /// The error; if JavaScript throws instead, that is the error.
    pub fn build(self, make: Make, class: u32, mut values: Vec<JsValue>) -> JsValue {
        values.extend(self.cause);
        make(class, &self.message, values).unwrap_or_else(|thrown| thrown)
    }
}

/// `(&&Message(&error)).text()`: `Display`, or the error that says it's missing.
pub struct Message<'a, E>(pub &'a E);

/// The type has `Display`.
pub trait ByDisplay {
    /// The message.
    fn text(&self) -> String;
}

impl<E: Display> ByDisplay for &Message<'_, E> {
    fn text(&self) -> String {
        opaque::text(self.0)
    }
}

/// The bound that fails, with its message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives `JsErrorClass` and has no message for JavaScript",
    label = "`Display` is missing, which `message` is made of",
    note = "derive `thiserror::Error`, or implement `std::fmt::Display` for `{Self}`"
)]
pub trait Describe {}

/// The type has no `Display`.
pub trait ByDescribe {
    /// The type.
    type Error;

    /// Never compiles.
    fn text(&self) -> String
    where
        Self::Error: Describe;
}

impl<E> ByDescribe for Message<'_, E> {
    type Error = E;

    fn text(&self) -> String
    where
        E: Describe,
    {
        String::new()
    }
}

/// `(&&Source(&error)).cause()`: the chain of sources, where the type is an
/// `Error`.
pub struct Source<'a, E>(pub &'a E);

/// The type is an `Error`.
pub trait BySource {
    /// The cause.
    fn cause(&self) -> Option<JsValue>;
}

impl<E: Error> BySource for &Source<'_, E> {
    fn cause(&self) -> Option<JsValue> {
        self.0.source().map(opaque::from_chain)
    }
}

/// The type is not an `Error`.
pub trait BySourceless {
    /// None.
    fn cause(&self) -> Option<JsValue>;
}

impl<E> BySourceless for Source<'_, E> {
    fn cause(&self) -> Option<JsValue> {
        None
    }
}

/// The bytes of the record that names a type's classes.
pub const fn bytes<const N: usize>(lines: &str) -> [u8; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < N {
        out[at] = lines.as_bytes()[at];
        at += 1;
    }
    out
}
