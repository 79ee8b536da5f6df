impl Document {
    #[inline(never)]
    pub fn depth(&self) -> u32 {
        let slot = ::recover_runtime::__private::StackSlot::new();
        let _guard = slot.enter(30);
        { self.inner() }
    }
    #[inline(never)]
    fn inner(&self) -> u32 {
        let slot = ::recover_runtime::__private::StackSlot::new();
        let _guard = slot.enter(::recover_runtime::__private::MAX_DEPTH);
        { 0 }
    }
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
    >("Document");
    type __RecoverReturned_depth = __recover::returned!(Returned, u32, wide);
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_class = "Document",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    impl __RecoverReceiver {
        #[wasm_bindgen(js_name = "depth")]
        #[inline(always)]
        pub fn __recover_depth(&self) -> __RecoverReturned_depth {
            __recover::export!(
                "Document::depth", (__recover::SharedReceiver::enter(self.0.object(), <
                Document as __recover::Recoverable > ::SHARED), ()), | __args |
                __recover::ended!(< Document > ::depth(__args.0.get() ?), at_once)
            )
        }
    }
};
