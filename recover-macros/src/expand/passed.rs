//! An item that wasm-bindgen expands. Nothing of it is guarded.

use crate::ir::{Passed, PassedKind};
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(passed: &Passed) -> TokenStream {
    let Passed {
        options,
        item,
        kind,
        paths,
    } = passed;
    let root = paths.private();
    match kind {
        // Its code says `wasm_bindgen`, whatever the options say, which may be no dependency of the user's. A glob can
        // stand there twice, and whatever else has that name comes first.
        PassedKind::Enum => quote! {
            #[allow(unused_imports)]
            use #root::named::*;
            #[#root::wasm_bindgen::prelude::wasm_bindgen(#options)]
            #item
        },
        PassedKind::Section => quote! {
            const _: () = {
                use #root::wasm_bindgen;
                #[wasm_bindgen::prelude::wasm_bindgen(#options)]
                #item
            };
        },
        PassedKind::Main => quote! {
            #[#root::wasm_bindgen::prelude::wasm_bindgen(
                #options
                wasm_bindgen = #root::wasm_bindgen,
                wasm_bindgen_futures = #root::futures,
                js_sys = #root::js
            )]
            #item
        },
    }
}
