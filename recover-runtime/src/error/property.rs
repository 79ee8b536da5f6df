//! How a field becomes a property of an error, by the same specialisation as
//! in `probe`: what wasm-bindgen converts, then the standard library's types
//! that it doesn't.

use crate::error::probe::Probe;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::JsValue;

/// A field type that wasm-bindgen doesn't convert and recover does.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` can't become a property of a JavaScript error",
    label = "no conversion to a JavaScript value",
    note = "leave the field out with `#[js_error(skip)]`, or hold what converts: a number, a bool, a string, an `Option` or a `Vec` of them, any `Into<JsValue>`"
)]
pub trait JsField {
    /// The property.
    fn into_property(self) -> JsValue;
}

impl JsField for char {
    fn into_property(self) -> JsValue {
        JsValue::from_str(self.encode_utf8(&mut [0; 4]))
    }
}

macro_rules! text {
    ($($text:ty),*) => {$(
        impl JsField for $text {
            fn into_property(self) -> JsValue {
                JsValue::from_str(&self)
            }
        }
    )*};
}

text!(Cow<'static, str>, Box<str>, Rc<str>, Arc<str>);

impl JsField for Vec<bool> {
    fn into_property(self) -> JsValue {
        self.into_iter()
            .map(JsValue::from_bool)
            .collect::<Vec<_>>()
            .into()
    }
}

impl<T: JsField> JsField for Option<T> {
    fn into_property(self) -> JsValue {
        self.map_or(JsValue::UNDEFINED, JsField::into_property)
    }
}

/// Level 1: What wasm-bindgen converts.
pub trait PropertyByInto {
    /// The property.
    fn property(&self) -> JsValue;
}

impl<T: Into<JsValue>> PropertyByInto for &Probe<T> {
    fn property(&self) -> JsValue {
        self.take().into()
    }
}

/// Level 2: What recover adds; the bound is on the method, for its message.
pub trait PropertyByField {
    /// The field's type.
    type Field;

    /// The property.
    fn property(&self) -> JsValue
    where
        Self::Field: JsField;
}

impl<T> PropertyByField for Probe<T> {
    type Field = T;

    fn property(&self) -> JsValue
    where
        T: JsField,
    {
        self.take().into_property()
    }
}
