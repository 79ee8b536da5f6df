pub struct Size {
    /// In pixels.
    pub width: u32,
    pub name: String,
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use ::core::{convert::Into as _, iter::{IntoIterator as _, Iterator as _}};
    use __recover::wasm_bindgen;
    __recover::receiver!(__RecoverReceiver, Size);
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_name = "Size",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    pub struct __RecoverSize(__recover::ObjectCell<Size>);
    __recover::handle!(__RecoverSize, Size);
    __recover::conversions!(Size, __RecoverSize);
    impl __recover::Recoverable for Size {
        type Handle = __RecoverSize;
        const CLASS: &'static ::core::primitive::str = "Size";
        const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Poison;
        const SHARED: __recover::OnPanic = {
            use __recover::MayTear as _;
            __recover::UnwindSafety::<Size>::SHARED
        };
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
        ) -> __recover::Outcome<::core::primitive::u32> {
            __recover::object::inspect(self.0.object(), operation)
        }
        /// In pixels.
        #[wasm_bindgen(getter = "width")]
        pub fn __recover_get_width(&self) -> __recover::Outcome<u32> {
            let this = __recover::SharedReceiver::enter(
                self.0.object(),
                <Size as __recover::Recoverable>::SHARED,
            );
            __recover::call(
                ::core::concat!(::core::module_path!(), "::", "Size::width"),
                (this, ()),
                |__args| ::core::result::Result::Ok(
                    __recover::object::copied(&__args.0.get()?.width),
                ),
            )
        }
        #[wasm_bindgen(setter = "width")]
        pub fn __recover_set_width(
            &self,
            value: __recover::Owned<u32>,
        ) -> __recover::Outcome<()> {
            let this = __recover::ExclusiveReceiver::enter(
                self.0.object(),
                <Size as __recover::Recoverable>::EXCLUSIVE,
            );
            __recover::call(
                ::core::concat!(::core::module_path!(), "::", "Size::width"),
                (this, (value, ())),
                |__args| {
                    let this = __args.0.get()?;
                    this.width = __args.1.0.take()?;
                    ::core::result::Result::Ok(())
                },
            )
        }
        #[wasm_bindgen(getter = "name")]
        pub fn __recover_get_name(&self) -> __recover::Outcome<String> {
            let this = __recover::SharedReceiver::enter(
                self.0.object(),
                <Size as __recover::Recoverable>::SHARED,
            );
            __recover::call(
                ::core::concat!(::core::module_path!(), "::", "Size::name"),
                (this, ()),
                |__args| ::core::result::Result::Ok(
                    __recover::object::cloned(&__args.0.get()?.name),
                ),
            )
        }
    }
};
