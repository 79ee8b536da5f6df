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
    type __RecoverReturned_new = __recover::returned!(Returned, Document, wide);
    type __RecoverReturned_add = __recover::returned!(Returned, u32, wide);
    type __RecoverBorrowed1_add = __recover::borrowed!(Page);
    type __RecoverReturned_length = __recover::returned!(
        Returned, Result < u32, JsValue >, wide
    );
    type __RecoverReturned_into_pages = __recover::returned!(
        Returned, Vec < Page >, wide
    );
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_class = "Doc",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    impl __RecoverReceiver {
        #[wasm_bindgen(constructor)]
        #[inline(always)]
        pub fn __recover_new() -> __RecoverReturned_new {
            __recover::export!(
                "Doc::new", (), | __args | __recover::ended!(< Document > ::new(),
                at_once)
            )
        }
        /// Adds a page.
        #[wasm_bindgen(js_name = "add")]
        #[inline(always)]
        pub fn __recover_add(
            &self,
            page: __recover::Owned<Page>,
            after: __RecoverBorrowed1_add,
        ) -> __RecoverReturned_add {
            __recover::export!(
                "Doc::add", (__recover::ExclusiveReceiver::enter(self.0.object(),
                __recover::OnPanic::Keep), (page, (after, ()))), | __args | {
                __recover::journals!(Document, own Page, "page", "Doc::add");
                __recover::journals!(Document, lent Page, "after", "Doc::add");
                __recover::journal!(Document, __args, < Document > ::add, [own arg0 :
                Page] [lent arg1 : Page]); __recover::ended!(< Document > ::add(__args.0
                .get() ?, __args.1.0.take() ?, __args.1.1.0.get() ?), at_once) }
            )
        }
        #[wasm_bindgen(getter = "length")]
        #[inline(always)]
        pub fn __recover_length(&self) -> __RecoverReturned_length {
            __recover::export!(
                "Doc::length", (__recover::SharedReceiver::enter(self.0.object(), <
                Document as __recover::Recoverable > ::SHARED), ()), | __args |
                __recover::ended!(< Document > ::length(__args.0.get() ?), at_once)
            )
        }
        #[wasm_bindgen(js_name = "into_pages")]
        #[inline(always)]
        pub fn __recover_into_pages(self) -> __RecoverReturned_into_pages {
            __recover::export!(
                "Doc::into_pages", (__recover::Owned::of(self.0), ()), | __args |
                __recover::ended!(< Document > ::into_pages(__args.0.take() ?), at_once)
            )
        }
    }
};
