impl Document {
    pub fn new() -> Self {
        Document { pages: Vec::new() }
    }
    /// Adds a page.
    pub fn add(&mut self, page: Page, after: &Page) -> u32 {
        0
    }
    pub fn length(&self) -> Result<u32, JsValue> {
        Ok(0)
    }
    pub fn into_pages(self) -> Vec<Page> {
        self.pages
    }
    fn not_exported(&self) {}
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    __recover::receiver!(
        __RecoverReceiver, << Document as __recover::Recoverable > ::Handle as
        __recover::Handle > ::User
    );
    const _: () = __recover::check_class::<
        <<Document as __recover::Recoverable>::Handle as __recover::Handle>::User,
    >("Doc");
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_class = "Doc",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    impl __RecoverReceiver {
        #[wasm_bindgen(constructor)]
        pub fn __recover_new() -> __recover::Plain<Document> {
            __recover::export!(
                "Doc::new", (), | __args | ::core::result::Result::Ok(< Document >
                ::new())
            )
        }
        /// Adds a page.
        #[wasm_bindgen(js_name = "add")]
        pub fn __recover_add(
            &self,
            page: __recover::Owned<Page>,
            after: __recover::LongRef<Page>,
        ) -> __recover::Plain<u32> {
            __recover::export!(
                "Doc::add", (__recover::ExclusiveReceiver::enter(self.0.object(),
                __recover::OnPanic::Keep), (page, (after, ()))), | __args | {
                __recover::journals!(Document, own Page, "page", "Doc::add");
                __recover::journals!(Document, lent Page, "after", "Doc::add");
                __recover::journal!(Document, __args, < Document > ::add, plain[own arg0
                : Page] [lent arg1 : Page]); ::core::result::Result::Ok(< Document >
                ::add(__args.0.get() ?, __args.1.0.take() ?, __args.1.1.0.get() ?)) }
            )
        }
        #[wasm_bindgen(getter = "length")]
        pub fn __recover_length(&self) -> __recover::Fallible<Result<u32, JsValue>> {
            __recover::export!(
                "Doc::length", (__recover::SharedReceiver::enter(self.0.object(), <
                Document as __recover::Recoverable > ::SHARED), ()), | __args | match <
                Document > ::length(__args.0.get() ?) { ::core::result::Result::Ok(value)
                => ::core::result::Result::Ok(value), ::core::result::Result::Err(error)
                => ::core::result::Result::Err(__recover::thrown!(error)), }
            )
        }
        #[wasm_bindgen(js_name = "into_pages")]
        pub fn __recover_into_pages(self) -> __recover::Plain<Vec<Page>> {
            __recover::export!(
                "Doc::into_pages", (__recover::Owned::of(self.0), ()), | __args |
                ::core::result::Result::Ok(< Document > ::into_pages(__args.0.take() ?))
            )
        }
    }
};
