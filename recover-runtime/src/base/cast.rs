//! Any value as JavaScript has it, and back: wasm-bindgen's private cast, under one name.

use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};

/// Any value as JavaScript has it, and back.
pub(crate) fn cast<A: IntoWasmAbi, B: FromWasmAbi>(value: A) -> B {
    wasm_bindgen::__rt::wbg_cast(value)
}
