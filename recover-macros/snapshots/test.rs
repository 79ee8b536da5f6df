#[cfg(test)]
#[cfg_attr(not(target_family = "wasm"), ::core::prelude::v1::test)]
#[cfg_attr(not(target_family = "wasm"), should_panic(expected = "a\tb"))]
fn fills() {
    panic!()
}
#[cfg(all(test, target_family = "wasm"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    #[cfg(all(test, target_family = "wasm"))]
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "__recover_test_0",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    #[inline(always)]
    pub fn __recover_fills() -> __recover::Outcome<()> {
        __recover::export!("fills", (), | __args | ::core::result::Result::Ok(fills()))
    }
};
#[cfg(all(test, target_family = "wasm"))]
const _: () = {
    const LINE: &'static str = ::core::concat!(
        "__recover_test_0\t", ::core::module_path!(), "::fills\t", ::core::file!(), "\t",
        ::core::line!(), "\t+a\\tb\t-\n"
    );
    #[unsafe(link_section = "recover_tests")]
    static RECORD: [u8; LINE.len()] = ::recover_runtime::__private::errors::bytes(LINE);
};
