/// Holds pages.
pub struct Document {
    pages: Vec<Page>,
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    __recover::receiver!(__RecoverReceiver, Document);
    use __recover::wasm_bindgen;
    /// Holds pages.
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "Document",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    pub struct __RecoverHandleOfDocument(__recover::ObjectCell<Document>);
    __recover::handle!(__RecoverHandleOfDocument, Document);
    __recover::conversions!(Document, __RecoverHandleOfDocument, fallible);
    impl __recover::Class for Document {
        const NAME: &'static ::core::primitive::str = "Document";
    }
    impl __recover::Recoverable for Document {
        type Handle = __RecoverHandleOfDocument;
        const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Keep;
        const SHARED: __recover::OnPanic = __recover::OnPanic::Keep;
        const INTERIOR: ::core::primitive::bool = ::core::matches!(
            { use __recover::MayTear as _; __recover::UnwindSafety:: < Document >
            ::SHARED }, __recover::OnPanic::Poison
        );
        type Persistence = __recover::Transient;
        type Above = __recover::Root;
        const BORROWED_BY_WASM_BINDGEN: () = __recover::refused!("Document");
        __recover::adopted!();
    }
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_class = "Document",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    impl __RecoverReceiver {
        #[wasm_bindgen(skip_typescript, js_name = "__recover")]
        pub fn __recover(
            &self,
            operation: ::core::primitive::u32,
            argument: ::core::primitive::u32,
        ) -> __recover::Outcome<::core::primitive::u32> {
            __recover::object::inspect(self.0.object(), operation, argument)
        }
    }
};
