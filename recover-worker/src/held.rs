//! What a Durable Object has of its host, `State` and `Env`, as part of a state that is written down:
//! JavaScript keeps the value, the bytes have its number. The attribute puts
//! `#[serde(with = "recover_worker::held")]` on fields of these types.

use crate::host;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;
use worker::durable::State;
use worker::worker_sys::DurableObjectState;

/// A value that JavaScript keeps.
pub trait Held: Sized {
    /// The value.
    fn value(&self) -> &JsValue;
    /// The value again.
    fn again(value: JsValue) -> Self;
}

impl Held for State {
    fn value(&self) -> &JsValue {
        self.as_raw().as_ref()
    }

    fn again(value: JsValue) -> Self {
        State::from(value.unchecked_into::<DurableObjectState>())
    }
}

impl Held for Env {
    fn value(&self) -> &JsValue {
        self.as_ref()
    }

    fn again(value: JsValue) -> Self {
        value.unchecked_into()
    }
}

/// Writes the number of the value.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<T: Held, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    host::hold(value.value()).serialize(serializer)
}

/// Reads the number, and gets the value.
///
/// # Errors
/// Those of the deserializer, and a number that is of no value: of another process, say.
pub fn deserialize<'de, T: Held, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let value = host::held(u32::deserialize(deserializer)?);
    match value.is_undefined() {
        true => Err(serde::de::Error::custom(
            "the host has no such value any more",
        )),
        false => Ok(T::again(value)),
    }
}
