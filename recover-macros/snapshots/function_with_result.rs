pub fn load(name: String) -> Result<Document, LoadError> {
    Err(LoadError)
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "load",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    pub fn __recover_load(
        name: __recover::Owned<String>,
    ) -> __recover::Fallible<Result<Document, LoadError>> {
        __recover::export!(
            "load", (name, ()), | __args | match load(__args.0.take() ?) {
            ::core::result::Result::Ok(value) => ::core::result::Result::Ok(value),
            ::core::result::Result::Err(error) =>
            ::core::result::Result::Err(__recover::thrown!(error)), }
        )
    }
};
