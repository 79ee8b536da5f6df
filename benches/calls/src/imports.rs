//! Imports: ours against `#[wasm_bindgen(catch)]`. An export makes a hundred calls of one,
//! so that its own cost is nothing.

pub(crate) mod ours {
    use recover_runtime::{JsValue, recoverable};

    #[recoverable(
        inline_js = "const o = {}; const e = new Error('no'); export const same = (n) => n; export const object = () => o; export function fails() { throw e; }"
    )]
    extern "C" {
        fn same(n: u32) -> u32;
        fn object(n: u32) -> JsValue;
        fn fails(n: u32) -> u32;
    }

    #[recoverable]
    pub fn ours_import(n: u32) -> u32 {
        (0..100).fold(n, |sum, n| sum ^ same(n))
    }
    #[recoverable]
    pub fn ours_import_value(n: u32) -> u32 {
        (0..100).fold(n, |sum, n| sum ^ u32::from(object(n).is_undefined()))
    }
    #[recoverable]
    pub fn ours_import_throws(n: u32) -> u32 {
        fails(n)
    }
}

pub(crate) mod peer {
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen(
        inline_js = "const o = {}; const e = new Error('no'); export const same = (n) => n; export const object = () => o; export function fails() { throw e; }"
    )]
    extern "C" {
        #[wasm_bindgen(catch)]
        fn same(n: u32) -> Result<u32, JsValue>;
        #[wasm_bindgen(catch)]
        fn object(n: u32) -> Result<JsValue, JsValue>;
        #[wasm_bindgen(catch)]
        fn fails(n: u32) -> Result<u32, JsValue>;
    }

    #[wasm_bindgen]
    pub fn peer_import(n: u32) -> Result<u32, JsValue> {
        (0..100).try_fold(n, |sum, n| Ok(sum ^ same(n)?))
    }
    #[wasm_bindgen]
    pub fn peer_import_value(n: u32) -> Result<u32, JsValue> {
        (0..100).try_fold(n, |sum, n| Ok(sum ^ u32::from(object(n)?.is_undefined())))
    }
    #[wasm_bindgen]
    pub fn peer_import_throws(n: u32) -> Result<u32, JsValue> {
        fails(n)
    }
}
