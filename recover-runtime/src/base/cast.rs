//! wasm-bindgen's private cast between Rust and JavaScript values, under one name.

use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};

/// Converts a value to JavaScript and back to another type.
pub(crate) fn cast<A: IntoWasmAbi, B: FromWasmAbi>(value: A) -> B {
    wasm_bindgen::__rt::wbg_cast(value)
}
