#[cfg(test)]
#[cfg_attr(not(target_family = "wasm"), ::core::prelude::v1::test)]
#[cfg_attr(not(target_family = "wasm"), ignore = "slow")]
fn merges() {
    assert!(merged())
}
#[cfg(all(test, target_family = "wasm"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    #[cfg(all(test, target_family = "wasm"))]
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "__recover_torture_2",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    #[inline(always)]
    pub fn __recover_merges() -> __recover::Outcome<()> {
        __recover::export!("merges", (), | __args | ::core::result::Result::Ok(merges()))
    }
};
#[cfg(all(test, target_family = "wasm"))]
const _: () = {
    const LINE: &'static str = ::core::concat!(
        "__recover_torture_2\t", ::core::module_path!(), "::merges\t", ::core::file!(),
        "\t", ::core::line!(), "\t-\t+slow\n"
    );
    #[unsafe(link_section = "recover_torture")]
    static RECORD: [u8; LINE.len()] = ::recover_runtime::__private::errors::bytes(LINE);
};
