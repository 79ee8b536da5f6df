//! What generated code says of classes: conversions, handles, receivers.

/// The conversion traits of a user's type, each delegating to the handle, so
/// that it can be passed wherever wasm-bindgen takes an exported struct. `$version` says
/// whether wasm-bindgen has conversions that can refuse.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_conversions {
    ($user:ty, $handle:ty, $version:ident) => {
        impl $crate::__private::WasmDescribe for $user {
            fn describe() {
                <$handle as $crate::__private::WasmDescribe>::describe();
            }
        }
        impl $crate::__private::WasmDescribeVector for $user {
            fn describe_vector() {
                <$handle as $crate::__private::WasmDescribeVector>::describe_vector();
            }
        }
        impl $crate::__private::IntoWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            fn into_abi(self) -> Self::Abi {
                $crate::__private::IntoWasmAbi::into_abi($crate::__private::object::export(self))
            }
        }
        impl $crate::__private::OptionIntoWasmAbi for $user {
            #[inline]
            fn none() -> Self::Abi {
                $crate::__private::ObjectAbi::<$user>::null()
            }
        }
        $crate::__recover_fallible! { $version {
            impl $crate::__private::wasm_bindgen::convert::NullableIntoWasmAbi for $user {
                #[inline]
                fn null() -> Self::MaybeAbi {
                    $crate::__private::ObjectAbi::<$user>::js_null()
                }
            }
            impl $crate::__private::wasm_bindgen::convert::NullableFromWasmAbi for $user {
                #[inline]
                fn is_null(abi: &Self::MaybeAbi) -> bool {
                    abi.is_js_null()
                }
            }
        } }
        impl $crate::__private::FromWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            unsafe fn from_abi(abi: Self::Abi) -> Self {
                // SAFETY: the glue read the pointer from a handle (1); this ends with the call.
                let given = unsafe { $crate::__private::Object::offered(abi) };
                $crate::__private::object::take_or_panic(given)
            }
            $crate::__recover_fallible! { $version {
                #[inline]
                unsafe fn try_from_abi(abi: Self::Abi) -> $crate::__private::Converted<Self> {
                    // SAFETY: the glue read the pointer from a handle (1); this ends with the call.
                    $crate::__private::object::look_or_take(unsafe {
                        $crate::__private::Object::offered(abi)
                    })
                }
            } }
        }
        impl $crate::__private::OptionFromWasmAbi for $user {
            #[inline]
            fn is_none(abi: &Self::Abi) -> bool {
                abi.is_null()
            }
        }
        impl $crate::__private::Lent for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::SharedAnchor<$user>;
            #[inline]
            unsafe fn lend(abi: Self::Abi) -> $crate::__private::Converted<Self::Anchor> {
                // SAFETY: the glue read the pointer from a handle (1).
                $crate::__private::SharedAnchor::enter(unsafe {
                    $crate::__private::Object::retain(abi)
                })
            }
        }
        impl $crate::__private::LentMut for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::ExclusiveAnchor<$user>;
            #[inline]
            unsafe fn lend_mut(abi: Self::Abi) -> $crate::__private::Converted<Self::Anchor> {
                // SAFETY: the glue read the pointer from a handle (1).
                $crate::__private::ExclusiveAnchor::enter(unsafe {
                    $crate::__private::Object::retain(abi)
                })
            }
        }
        // It is no `Lent` of wasm-bindgen's, whose types cross the same by both.
        impl $crate::__private::RefFromWasmAbi for $user {
            type Abi = ::core::primitive::u32;
            type Anchor = $crate::__private::BorrowedByWasmBindgen<$user>;
            unsafe fn ref_from_abi(_: Self::Abi) -> Self::Anchor {
                ::core::unreachable!()
            }
        }
        impl $crate::__private::LongRefFromWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::BorrowedByWasmBindgen<$user>;
            unsafe fn long_ref_from_abi(_: Self::Abi) -> Self::Anchor {
                ::core::unreachable!()
            }
        }
        impl $crate::__private::RefMutFromWasmAbi for $user {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::BorrowedByWasmBindgen<$user>;
            unsafe fn ref_mut_from_abi(_: Self::Abi) -> Self::Anchor {
                ::core::unreachable!()
            }
        }
        // Behind a bound that no class meets: the error stands at the constructor, also where nothing is built.
        // The lifetime has rustc prove the bound where it is used.
        impl<'a> $crate::__private::SupportsConstructor for $user
        where
            $user: $crate::__private::CalledByWasmBindgen<'a>
        {}
        impl $crate::__private::SupportsInstanceProperty for $user {}
        impl $crate::__private::SupportsStaticProperty for $user {}
        impl ::core::convert::From<$user> for $crate::__private::JsValue {
            fn from(value: $user) -> Self {
                ::core::convert::Into::into($crate::__private::object::export(value))
            }
        }
        impl $crate::__private::TryFromJsValue for $user {
            fn try_from_js_value_ref(
                value: &$crate::__private::JsValue,
            ) -> ::core::option::Option<Self> {
                $crate::__private::object::unwrap(
                    <$handle as $crate::__private::TryFromJsValue>::try_from_js_value_ref(value)?,
                )
            }
        }
        impl $crate::__private::VectorIntoWasmAbi for $user {
            type Abi = <$handle as $crate::__private::VectorIntoWasmAbi>::Abi;
            fn vector_into_abi(vector: $crate::__private::Box<[$user]>) -> Self::Abi {
                $crate::__private::js_value_vector_into_abi(vector)
            }
        }
        impl $crate::__private::VectorFromWasmAbi for $user {
            type Abi = <$handle as $crate::__private::VectorFromWasmAbi>::Abi;
            unsafe fn vector_from_abi(abi: Self::Abi) -> $crate::__private::Box<[$user]> {
                // SAFETY: the caller's contract is the one asked for.
                let values = unsafe {
                    <$crate::__private::Vec<$crate::__private::JsValue> as $crate::__private::FromWasmAbi>::from_abi(abi)
                };
                $crate::__private::object::take_all_or_panic::<$user>(values)
            }
            $crate::__recover_fallible! { $version {
                unsafe fn try_vector_from_abi(
                    abi: Self::Abi,
                ) -> $crate::__private::Converted<$crate::__private::Box<[$user]>> {
                    // SAFETY: the caller's contract is the one asked for.
                    let values = unsafe {
                        <$crate::__private::Vec<$crate::__private::JsValue> as $crate::__private::FromWasmAbi>::from_abi(abi)
                    };
                    $crate::__private::object::look_or_take_all::<$user>(values)
                }
            } }
        }
    };
}

/// Fails the build in which plain wasm-bindgen borrows an object of a class.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_refused {
    ($class:literal) => {
        ::core::panic!(::core::concat!(
            "`", $class, "` is `#[recoverable]`, and a call by `#[wasm_bindgen]` that borrows it would not see it \
             torn by a panic; write `#[recoverable]` in place of `#[wasm_bindgen]` on its impl block, or on the \
             function that takes it"
        ))
    };
}

/// What newer versions of wasm-bindgen have: `recover-macros` knows the version.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_fallible {
    (fallible { $($items:tt)* }) => { $($items)* };
    (infallible { $($items:tt)* }) => {};
}

/// What a generated handle is to the runtime.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_handle {
    ($handle:ident, $user:ty) => {
        impl $crate::__private::Handle for $handle {
            type User = $user;
            fn new(cell: $crate::__private::ObjectCell<$user>) -> Self {
                $handle(cell)
            }
            #[inline]
            fn cell(&self) -> &$crate::__private::ObjectCell<$user> {
                &self.0
            }
        }
        impl ::core::ops::Drop for $handle {
            fn drop(&mut self) {
                $crate::__private::object::release(&self.0)
            }
        }
    };
    // Of a class that extends another one. Its fields have names, as wasm-bindgen asks.
    ($handle:ident, $user:ty, $parent:ty) => {
        impl $crate::__private::Handle for $handle {
            type User = $user;
            fn new(cell: $crate::__private::ObjectCell<$user>) -> Self {
                $handle {
                    parent: $crate::__private::parent_of(&cell),
                    cell,
                }
            }
            #[inline]
            fn cell(&self) -> &$crate::__private::ObjectCell<$user> {
                &self.cell
            }
        }
        impl ::core::ops::Drop for $handle {
            fn drop(&mut self) {
                $crate::__private::object::release(&self.cell)
            }
        }
        impl $crate::__private::Derived for $user {
            type Parent = $parent;
            fn parent(&self) -> &$crate::Parent<$parent> {
                &self.parent
            }
            fn parent_mut(&mut self) -> &mut $crate::Parent<$parent> {
                &mut self.parent
            }
        }
        const _: () = $crate::__private::check_parent::<$user>();
    };
}

/// The receiver of the exports of one impl block: wasm-bindgen needs a local type
/// with inherent methods, and converts it before any of our code runs, so it
/// takes every pointer as it comes and lets the receiver carriers refuse it. It is private: the
/// user's type may be.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_receiver {
    ($receiver:ident, $user:ty) => {
        struct $receiver($crate::__private::Given<$user>);
        impl ::core::panic::UnwindSafe for $receiver {}
        impl ::core::panic::RefUnwindSafe for $receiver {}
        impl $crate::__private::SupportsConstructor for $receiver {}
        impl $crate::__private::SupportsInstanceProperty for $receiver {}
        impl $crate::__private::SupportsStaticProperty for $receiver {}
        impl $crate::__private::WasmDescribe for $receiver {
            fn describe() {
                <$user as $crate::__private::WasmDescribe>::describe();
            }
        }
        impl $crate::__private::FromWasmAbi for $receiver {
            type Abi = $crate::__private::ObjectAbi<$user>;
            #[inline]
            unsafe fn from_abi(abi: Self::Abi) -> Self {
                // SAFETY: the glue read the pointer from a handle (1); the receiver ends with the call.
                $receiver(unsafe { $crate::__private::Object::offered(abi) })
            }
        }
        impl $crate::__private::RefFromWasmAbi for $receiver {
            type Abi = $crate::__private::ObjectAbi<$user>;
            // What is lent is not dropped, which the compiler would else ask of it, by its address.
            type Anchor = ::core::mem::ManuallyDrop<$receiver>;
            #[inline]
            unsafe fn ref_from_abi(abi: Self::Abi) -> Self::Anchor {
                // SAFETY: the glue read the pointer from a handle (1); the anchor ends with the call.
                ::core::mem::ManuallyDrop::new($receiver(unsafe {
                    $crate::__private::Object::lend(abi)
                }))
            }
        }
        impl $crate::__private::LongRefFromWasmAbi for $receiver {
            type Abi = $crate::__private::ObjectAbi<$user>;
            type Anchor = $crate::__private::Passthrough<$receiver>;
            #[inline]
            unsafe fn long_ref_from_abi(abi: Self::Abi) -> Self::Anchor {
                // SAFETY: the glue read the pointer from a handle (1).
                let object = unsafe { $crate::__private::Object::retain(abi) };
                $crate::__private::Passthrough($receiver($crate::__private::Given::Kept(object)))
            }
        }
    };
}
