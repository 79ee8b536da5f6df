/// Says it twice.
pub fn twice<T: Copy>(value: T) -> Vec<T> {
    vec![value; 2]
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    type __RecoverReturned_twice_u32 = __recover::returned!(Returned, Vec < u32 >, wide);
    /// Says it twice.
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "twice_u32",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    #[inline(always)]
    pub fn __recover_twice_u32(
        value: __recover::Owned<u32>,
    ) -> __RecoverReturned_twice_u32 {
        __recover::export!(
            "twice_u32", (value, ()), | __args | __recover::ended!(twice:: < u32 >
            (__args.0.take() ?), at_once)
        )
    }
};
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    type __RecoverReturned_twice_Number = __recover::returned!(
        Returned, Vec < f64 >, wide
    );
    /// Says it twice.
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "twice_Number",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    #[inline(always)]
    pub fn __recover_twice_Number(
        value: __recover::Owned<f64>,
    ) -> __RecoverReturned_twice_Number {
        __recover::export!(
            "twice_Number", (value, ()), | __args | __recover::ended!(twice:: < f64 >
            (__args.0.take() ?), at_once)
        )
    }
};
