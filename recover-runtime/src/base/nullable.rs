//! What stands for a trait of `Nullable<T>` where wasm-bindgen has no such type.
//! Nothing else that differs lives here.
//!
//! An implementation stands in two blocks, one in the other: the outer one imports this
//! stand-in, the inner one all that wasm-bindgen has. A name of the inner block comes first:
//! where wasm-bindgen has the trait, that one is implemented. Where it has none, the stand-in
//! is, which nobody calls.

// With a newer wasm-bindgen nothing of it is used.
#![allow(dead_code)]

use wasm_bindgen::convert::IntoWasmAbi;

/// In place of the trait of that name.
pub(crate) trait NullableIntoWasmAbi: IntoWasmAbi {
    /// JavaScript's `null`.
    fn null() -> Self::Abi;
}
