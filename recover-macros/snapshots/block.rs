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
    type __RecoverUser = __recover::checked!(Recoverable, Document);
    __recover::receiver!(__RecoverReceiver, __RecoverUser);
    const _: () = __recover::check_class::<__RecoverUser>("Doc");
    type __RecoverArgument0_add = __recover::checked!(IsPassed, Page);
    type __RecoverArgument1_add = __recover::borrowed!(Page);
    type __RecoverReturned_length = __recover::returned!(
        at_once Result < u32, JsValue >
    );
    type __RecoverReturned_into_pages = __recover::returned!(at_once Vec < Page >);
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_class = "Doc",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    impl __RecoverReceiver {
        #[wasm_bindgen(constructor)]
        #[inline(always)]
        pub fn __recover_new() -> __recover::Outcome<__RecoverUser> {
            __recover::export!(
                "Doc::new", (), | __args | __recover::ended!(< Document > ::new(),
                at_once __RecoverUser)
            )
        }
        /// Adds a page.
        #[wasm_bindgen(js_name = "add")]
        #[inline(always)]
        pub fn __recover_add(
            &self,
            page: __recover::Owned<__RecoverArgument0_add>,
            after: __RecoverArgument1_add,
        ) -> __recover::Outcome<u32> {
            __recover::export!(
                "Doc::add", (__recover::ExclusiveReceiver:: < __RecoverUser >
                ::enter(self.0.object(), __recover::OnPanic::Keep), (page, (after, ()))),
                | __args | { __recover::journals!(__RecoverUser, own Page, "page",
                "Doc::add"); __recover::journals!(__RecoverUser, lent Page, "after",
                "Doc::add"); __recover::journal!(__RecoverUser, __args, < Document >
                ::add, "Doc::add", [own arg0 : Page] [lent arg1 : Page]);
                __recover::ended!(< Document > ::add(__args.0.get() ?, __args.1.0.take()
                ?, __args.1.1.0.get() ?), at_once u32) }
            )
        }
        #[wasm_bindgen(getter = "length")]
        #[inline(always)]
        pub fn __recover_length(&self) -> __recover::Outcome<__RecoverReturned_length> {
            __recover::export!(
                "Doc::length", (__recover::SharedReceiver:: < __RecoverUser >
                ::enter(self.0.object(), < __RecoverUser as __recover::Recoverable >
                ::SHARED), ()), | __args | __recover::ended!(< Document > ::length(__args
                .0.get() ?), at_once __RecoverReturned_length)
            )
        }
        #[wasm_bindgen(js_name = "into_pages")]
        #[inline(always)]
        pub fn __recover_into_pages(
            self,
        ) -> __recover::Outcome<__RecoverReturned_into_pages> {
            __recover::export!(
                "Doc::into_pages", (__recover::Owned::of(self.0), ()), | __args |
                __recover::ended!(< Document > ::into_pages(__args.0.take() ?), at_once
                __RecoverReturned_into_pages)
            )
        }
    }
};
