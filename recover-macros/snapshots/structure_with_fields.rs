pub struct Size {
    /// In pixels.
    pub width: u32,
    pub name: String,
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    __recover::receiver!(__RecoverReceiver, Size);
    use __recover::wasm_bindgen;
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "Size",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    pub struct __RecoverHandleOfSize(__recover::ObjectCell<Size>);
    __recover::handle!(__RecoverHandleOfSize, Size);
    __recover::conversions!(Size, __RecoverHandleOfSize, fallible);
    impl __recover::Class for Size {
        const NAME: &'static ::core::primitive::str = "Size";
    }
    impl __recover::Recoverable for Size {
        type Handle = __RecoverHandleOfSize;
        const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Poison;
        const SHARED: __recover::OnPanic = {
            use __recover::MayTear as _;
            __recover::UnwindSafety::<Size>::SHARED
        };
        const INTERIOR: ::core::primitive::bool = ::core::matches!(
            { use __recover::MayTear as _; __recover::UnwindSafety:: < Size > ::SHARED },
            __recover::OnPanic::Poison
        );
        type Persistence = __recover::Transient;
        type Above = __recover::Root;
        const BORROWED_BY_WASM_BINDGEN: () = __recover::refused!("Size");
        __recover::adopted!();
    }
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_class = "Size",
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
        /// In pixels.
        #[wasm_bindgen(getter = "width")]
        pub fn __recover_get_width(&self) -> __recover::Outcome<u32> {
            __recover::get!("Size::width", self, Size, copied:: < u32 >, width)
        }
        #[wasm_bindgen(setter = "width")]
        pub fn __recover_set_width(
            &self,
            value: __recover::Owned<u32>,
        ) -> __recover::Outcome<()> {
            __recover::set!("Size::width", self, Size, width, value)
        }
        #[wasm_bindgen(getter = "name")]
        pub fn __recover_get_name(&self) -> __recover::Outcome<String> {
            __recover::get!("Size::name", self, Size, cloned:: < String >, name)
        }
    }
};
