//! How a concrete error is converted, chosen by autoref specialisation: the
//! method with the most references before `Probe` wins where its bound holds.
//!
//! Each level is a trait with one method `thrown`; the levels stand in order.
//! This works only where the type is concrete, as it is in an expansion.

use crate::error::class::JsErrorClass;
use crate::error::opaque;
use std::cell::Cell;
use std::error::Error;
use wasm_bindgen::JsValue;

/// Holds a value until one level takes it:
/// `(&&&&&&&Probe::new(error)).thrown()`.
pub struct Probe<E>(Cell<Option<E>>);

impl<E> Probe<E> {
    /// A probe that holds `value`.
    pub fn new(value: E) -> Self {
        Probe(Cell::new(Some(value)))
    }

    /// The value; a level takes it once.
    pub(crate) fn take(&self) -> E {
        self.0.take().expect("a probe is asked once")
    }
}

/// Level 1: Classes of the derive, and what wasm-bindgen itself converts.
pub trait ViaInto {
    /// The value to throw.
    fn thrown(&self) -> JsValue;
}

impl<E: Into<JsValue>> ViaInto for &&&&&&Probe<E> {
    fn thrown(&self) -> JsValue {
        self.take().into()
    }
}

/// Level 2: Any other error.
pub trait ViaStdError {
    /// The value to throw.
    fn thrown(&self) -> JsValue;
}

impl<E: Error + 'static> ViaStdError for &&&&&Probe<E> {
    fn thrown(&self) -> JsValue {
        opaque::from_chain(&self.take())
    }
}

/// Level 3: What wraps an error without being one: `Box<dyn Error>`, anyhow, eyre.
/// By reference, so that the error inside keeps its type.
pub trait ViaErrorRef {
    /// The value to throw.
    fn thrown(&self) -> JsValue;
}

impl<E: AsRef<dyn Error>> ViaErrorRef for &&&&Probe<E> {
    fn thrown(&self) -> JsValue {
        opaque::from_chain(self.take().as_ref())
    }
}

/// Level 4: `Box<dyn Error + Send + Sync>`.
pub trait ViaErrorRefSendSync {
    /// The value to throw.
    fn thrown(&self) -> JsValue;
}

impl<E: AsRef<dyn Error + Send + Sync>> ViaErrorRefSendSync for &&&Probe<E> {
    fn thrown(&self) -> JsValue {
        opaque::from_chain(self.take().as_ref())
    }
}

/// Level 5: `Box<dyn Error + Send>`.
pub trait ViaErrorRefSend {
    /// The value to throw.
    fn thrown(&self) -> JsValue;
}

impl<E: AsRef<dyn Error + Send>> ViaErrorRefSend for &&Probe<E> {
    fn thrown(&self) -> JsValue {
        opaque::from_chain(self.take().as_ref())
    }
}

/// Level 6: What `?` turns into a `Box<dyn Error>`.
pub trait ViaIntoBox {
    /// The value to throw.
    fn thrown(&self) -> JsValue;
}

impl<E: Into<Box<dyn Error>>> ViaIntoBox for &Probe<E> {
    fn thrown(&self) -> JsValue {
        opaque::from_chain(&*self.take().into())
    }
}

/// Level 7: Nothing applies. The bound is on the method, so that the compiler
/// finds the method and reports the bound, with its message.
pub trait ViaNothing {
    /// What can't be converted.
    type Thrown;

    /// Never compiles.
    fn thrown(&self) -> JsValue
    where
        Self::Thrown: JsErrorClass;
}

impl<E> ViaNothing for Probe<E> {
    type Thrown = E;

    fn thrown(&self) -> JsValue
    where
        E: JsErrorClass,
    {
        self.take().into()
    }
}

/// `(&&Probe::new(source)).source()`, level 1: a source with a class of its
/// own, or that JavaScript threw.
pub trait SourceByInto {
    /// Its error.
    fn source(&self) -> Option<JsValue>;
}

impl<E: Into<JsValue>> SourceByInto for &Probe<E> {
    fn source(&self) -> Option<JsValue> {
        Some(self.take().into()).filter(|value| !value.is_undefined())
    }
}

/// Level 2: any other source; `Error::source` has it.
pub trait SourceByNothing {
    /// Nothing.
    fn source(&self) -> Option<JsValue>;
}

impl<E> SourceByNothing for Probe<E> {
    fn source(&self) -> Option<JsValue> {
        None
    }
}
