/// Parses.
#[must_use]
pub fn parse(input: &str, max_size: u32, into: &mut Document) -> Option<Document> {
    None
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    type __RecoverReturned_parse = __recover::returned!(
        Returned, Option < Document >, wide
    );
    /// Parses.
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "parseText",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    #[inline(always)]
    pub fn __recover_parse(
        input: __recover::LongRef<str>,
        #[wasm_bindgen(js_name = "maxSize")]
        max_size: __recover::Owned<u32>,
        into: __recover::MutRef<Document>,
    ) -> __RecoverReturned_parse {
        __recover::export!(
            "parse", (input, (max_size, (into, ()))), | __args |
            __recover::ended!(parse(__args.0.get() ?, __args.1.0.take() ?, __args.1.1.0
            .get() ?), at_once)
        )
    }
};
