#[::recover_runtime::__private::wasm_bindgen::prelude::wasm_bindgen(
    module = "./store.js",
    wasm_bindgen = ::recover_runtime::__private::wasm_bindgen
)]
unsafe extern "C" {
    /// A store.
    #[wasm_bindgen(js_name = "Store")]
    pub type JsStore;
    #[doc(hidden)]
    #[allow(warnings, clippy::all, clippy::pedantic)]
    #[wasm_bindgen(constructor, js_class = "Store", catch)]
    fn __recover_new(
        size: u32,
    ) -> ::core::result::Result<
        __RecoverJsStore_new,
        ::recover_runtime::__private::JsValue,
    >;
    #[doc(hidden)]
    #[allow(warnings, clippy::all, clippy::pedantic)]
    #[wasm_bindgen(method, js_name = "read", catch)]
    fn __recover_read(
        this: &JsStore,
        name: &str,
    ) -> ::core::result::Result<
        ::recover_runtime::__private::Caught<
            Page,
            { ::recover_runtime::__private::slot!(Page) },
        >,
        ::recover_runtime::__private::JsValue,
    >;
    #[doc(hidden)]
    #[allow(warnings, clippy::all, clippy::pedantic)]
    #[wasm_bindgen(method, js_name = "flush", catch)]
    fn __recover_flush(
        this: &JsStore,
    ) -> ::core::result::Result<
        ::recover_runtime::__private::Caught<
            ::recover_runtime::__private::JsValue,
            true,
        >,
        ::recover_runtime::__private::JsValue,
    >;
    #[doc(hidden)]
    #[allow(warnings, clippy::all, clippy::pedantic)]
    #[wasm_bindgen(js_name = "open", catch)]
    fn __recover_open(
        name: &str,
    ) -> ::core::result::Result<
        ::recover_runtime::__private::Caught<
            JsStore,
            { ::recover_runtime::__private::slot!(JsStore) },
        >,
        ::recover_runtime::__private::JsValue,
    >;
}
::recover_runtime::__private::constructed!(__RecoverJsStore_new, JsStore);
impl JsStore {
    #[allow(nonstandard_style, unused_variables, clippy::all, clippy::pedantic)]
    #[inline]
    pub fn new(size: u32) -> JsStore {
        ::recover_runtime::__private::persist::outside();
        ::recover_runtime::__private::imported(
            __RecoverJsStore_new::__recover_new(size)
                .map(::recover_runtime::__private::Caught::<JsStore, true>::from),
        )
    }
}
impl JsStore {
    /// Reads a page.
    #[allow(nonstandard_style, unused_variables, clippy::all, clippy::pedantic)]
    #[inline]
    pub fn read(&self, name: &str) -> Page {
        ::recover_runtime::__private::persist::outside();
        ::recover_runtime::__private::imported(self.__recover_read(name))
    }
}
impl JsStore {
    #[allow(nonstandard_style, unused_variables, clippy::all, clippy::pedantic)]
    #[inline]
    pub async fn flush(&self) -> u32 {
        ::recover_runtime::__private::persist::outside();
        ::recover_runtime::__private::awaited(
                self.__recover_flush(),
                ::recover_runtime::__private::settled!(u32),
            )
            .await
    }
}
#[allow(nonstandard_style, unused_variables, clippy::all, clippy::pedantic)]
#[inline]
fn open(name: &str) -> Result<JsStore, JsValue> {
    ::recover_runtime::__private::persist::outside();
    ::recover_runtime::__private::caught(__recover_open(name))
}
