#[cfg(test)]
#[cfg_attr(not(target_family = "wasm"), allow(dead_code))]
#[cfg(feature = "net")]
async fn loads() -> Result<(), Error> {
    Ok(())
}
#[cfg(feature = "net")]
#[cfg(all(test, target_family = "wasm"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    type __RecoverReturned_loads = __recover::returned!(promise Result < (), Error >);
    #[cfg(feature = "net")]
    #[cfg(all(test, target_family = "wasm"))]
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "__recover_test_1",
        wasm_bindgen = __recover::wasm_bindgen,
        wasm_bindgen_futures = __recover::futures,
        js_sys = __recover::js
    )]
    pub async fn __recover_loads() -> __recover::Settled<__RecoverReturned_loads> {
        __recover::export_async!(
            "loads", ::core::option::Option::None, (), | __args | async move {
            __recover::ended!(loads(). await, promise __RecoverReturned_loads) }
        )
    }
};
#[cfg(all(test, target_family = "wasm"))]
const _: () = {
    const LINE: &'static str = ::core::concat!(
        "__recover_test_1\t", ::core::module_path!(), "::loads\t", ::core::file!(), "\t",
        ::core::line!(), "\t-\t+slow\n"
    );
    #[unsafe(link_section = "recover_tests")]
    static RECORD: [u8; LINE.len()] = ::recover_runtime::__private::errors::bytes(LINE);
};
