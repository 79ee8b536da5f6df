//! What generated code says of marked imports.

/// Whether the type of a value is one of JavaScript's; see [`Crosses`].
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_slot {
    ($ty:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::ByValue as _;
        $crate::__private::Crosses::<$ty>::SLOT
    }};
}

/// How what a promise settled with becomes a value; see [`Crosses`].
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_settled {
    ($ty:ty) => {{
        #[allow(unused_imports)]
        use $crate::__private::Converts as _;
        $crate::__private::Crosses::<$ty>::settled
    }};
}

/// What a generated constructor returns: wasm-bindgen puts the import into an impl block
/// of this type, so it is the user's crate's own.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_constructed {
    ($name:ident, $class:ty) => {
        #[doc(hidden)]
        struct $name($crate::__private::Caught<$class, true>);
        impl $crate::__private::WasmDescribe for $name {
            fn describe() {
                <$class as $crate::__private::WasmDescribe>::describe();
            }
        }
        impl $crate::__private::FromWasmAbi for $name {
            type Abi =
                <$crate::__private::Caught<$class, true> as $crate::__private::FromWasmAbi>::Abi;
            #[inline]
            unsafe fn from_abi(abi: Self::Abi) -> Self {
                // SAFETY: the caller's contract is the one asked for.
                $name(unsafe { $crate::__private::FromWasmAbi::from_abi(abi) })
            }
        }
        impl ::core::convert::From<$name> for $crate::__private::Caught<$class, true> {
            #[inline]
            fn from(made: $name) -> Self {
                made.0
            }
        }
    };
}
