pub struct Dog {
    parent: ::recover_runtime::Parent<
        <Dog as ::recover_runtime::__private::Extends>::Parent,
    >,
}
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    impl __recover::Extends for Dog {
        type Parent = __recover::checked!(Recoverable, Animal);
    }
    type __RecoverParent = <Dog as __recover::Extends>::Parent;
    __recover::receiver!(__RecoverReceiver, Dog);
    use __recover::levels as wasm_bindgen;
    #[derive(__recover::wasm_bindgen::__rt::BindgenedStruct)]
    #[wasm_bindgen(
        js_name = "Dog",
        extends = Animal,
        extends_js_class = "Creature",
        wasm_bindgen = __recover::wasm_bindgen
    )]
    pub struct __RecoverHandleOfDog {
        parent: wasm_bindgen::Parent<
            <__RecoverParent as __recover::Recoverable>::Handle,
        >,
        cell: __recover::ObjectCell<Dog>,
    }
    __recover::handle!(__RecoverHandleOfDog, Dog, __RecoverParent);
    __recover::conversions!(Dog, __RecoverHandleOfDog, fallible);
    impl __recover::Class for Dog {
        const NAME: &'static ::core::primitive::str = "Dog";
    }
    impl __recover::Recoverable for Dog {
        type Handle = __RecoverHandleOfDog;
        const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Poison;
        const SHARED: __recover::OnPanic = {
            use __recover::MayTear as _;
            __recover::UnwindSafety::<Dog>::SHARED
        };
        const INTERIOR: ::core::primitive::bool = ::core::matches!(
            { use __recover::MayTear as _; __recover::UnwindSafety:: < Dog > ::SHARED },
            __recover::OnPanic::Poison
        );
        type Persistence = __recover::persisted!(true, 0, 0);
        type Above = __recover::Base<__RecoverParent>;
        const BORROWED_BY_WASM_BINDGEN: () = __recover::refused!("Dog");
        __recover::adopted!();
    }
    #[__recover::wasm_bindgen::prelude::wasm_bindgen(
        js_class = "Dog",
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
        /// An object from the bytes of `recovery.export()`. The bytes may come from an
        /// untrusted source: if they are not a state of this class, it throws an
        /// `ImportError`. If they nest deeper than the stack, the call fails, and the
        /// instance may end.
        #[wasm_bindgen(js_name = "import")]
        pub fn __recover_import(
            #[wasm_bindgen(unchecked_param_type = "Uint8Array")]
            bytes: __recover::Owned<__recover::JsValue>,
        ) -> __recover::Outcome<Dog> {
            __recover::import_object!("Dog::import", Dog, bytes)
        }
        #[wasm_bindgen(skip_typescript, js_name = "__recover_export")]
        pub fn __recover_export(
            &self,
        ) -> __recover::Outcome<__recover::Vec<::core::primitive::u8>> {
            __recover::object::exported(self.0.object())
        }
    }
    __recover::persists!(Dog, __RecoverParent);
};
