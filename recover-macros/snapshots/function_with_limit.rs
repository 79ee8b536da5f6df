pub fn measure(text: String) -> u32 {
    0
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    type __RecoverReturned_measure = __recover::returned!(Returned, u32, wide);
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "measure",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    #[inline(always)]
    pub fn __recover_measure(
        text: __recover::Owned<String>,
    ) -> __RecoverReturned_measure {
        __recover::export!(
            "measure", (text, ()), | __args | __recover::limited(8388608, ||
            __recover::ended!(measure(__args.0.take() ?), at_once))
        )
    }
};
