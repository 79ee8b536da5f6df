pub fn load(name: String) -> Result<Document, LoadError> {
    Err(LoadError)
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    type __RecoverReturned_load = __recover::returned!(
        Returned, Result < Document, LoadError >, wide
    );
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "load",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    #[inline(always)]
    pub fn __recover_load(name: __recover::Owned<String>) -> __RecoverReturned_load {
        __recover::export!(
            "load", (name, ()), | __args | __recover::ended!(load(__args.0.take() ?),
            at_once)
        )
    }
};
