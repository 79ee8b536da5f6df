//! What an export returns, and the only place that gives JavaScript its error.
//!
//! Through the gate of `cargo recover` an export returns a value and nothing else, as wasm-bindgen's
//! do: the gate keeps the error, and throws it when the call has left (docs/adr/0019).
//!
//! In a package of wasm-bindgen's own command the error is thrown here. Nothing is left to clean up
//! then: [`ReturnWasmAbi::return_abi`] runs after the receiver and the arguments are dropped. Where a
//! throw can't unwind (`panic = "abort"`), wasm-bindgen does not restore the shadow stack after one,
//! so there a `Result` is returned, of which the engine makes a list.

use crate::base::flags;
use crate::call::returned::Never;
#[cfg(not(any(panic = "unwind", recover_gate)))]
use crate::call::returned::{ReturnType, Returns};
use wasm_bindgen::__rt::Start;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{IntoWasmAbi, ReturnWasmAbi};
use wasm_bindgen::describe::WasmDescribe;

macro_rules! value {
    ($(#[$doc:meta])* $name:ident $($rest:tt)*) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` can't be returned to JavaScript",
            label = "no conversion to JavaScript",
            note = "return a type that wasm-bindgen converts, or put `#[recoverable]` on the struct or enum"
        )]
        pub trait $name $($rest)*

        #[diagnostic::do_not_recommend]
        impl<T: IntoWasmAbi> $name for T {}
    };
}

value! {
    /// The type of an export's value.
    PlainReturn: IntoWasmAbi {}
}

value! {
    /// Asks whether a type is a `PlainReturn`. It has no supertrait, which rustc would report as
    /// well.
    IsReturned {
        /// It is.
        const IS: bool = true;
    }
}

/// A value of the user's as the value of an export, which has `Returned`'s type. The compiler removes it. It is no
/// method: of a type that is an error those would all apply, and rustc would say so at each export.
pub trait Fits<Returned> {
    /// The value of the export.
    fn fitted(self) -> Returned;
}

impl<T> Fits<T> for T {
    #[inline(always)]
    fn fitted(self) -> T {
        self
    }
}

#[cfg(not(any(panic = "unwind", recover_gate)))]
mod wide {
    use super::{Fits, ReturnType, Returns};
    use wasm_bindgen::JsValue;
    use wasm_bindgen::convert::IntoWasmAbi;
    use wasm_bindgen::describe::{NAMED_EXTERNREF, WasmDescribe, inform};

    /// A `u128` or an `i128`, if there is one, as the value that it is in JavaScript. Where an error is
    /// returned as a value, both don't fit.
    pub struct BigInt(JsValue);

    impl WasmDescribe for BigInt {
        fn describe() {
            // wasm-bindgen reads calls, no loops: a length, and the letters of the type's name.
            macro_rules! type_name {
                ($length:literal: $($letter:literal)*) => {
                    inform(NAMED_EXTERNREF);
                    inform($length);
                    $(inform($letter as u32);)*
                };
            }
            type_name!(18: 'b' 'i' 'g' 'i' 'n' 't' ' ' '|' ' ' 'u' 'n' 'd' 'e' 'f' 'i' 'n' 'e' 'd');
        }
    }

    impl IntoWasmAbi for BigInt {
        type Abi = <JsValue as IntoWasmAbi>::Abi;

        fn into_abi(self) -> Self::Abi {
            self.0.into_abi()
        }
    }

    macro_rules! wide {
        ($($wide:ty)*) => { $(
            impl ReturnType<Option<$wide>> {
                /// It crosses as a [`BigInt`].
                pub const WIDE: bool = true;
            }

            impl<E> ReturnType<Result<Option<$wide>, E>> {
                /// It crosses as a [`BigInt`].
                pub const WIDE: bool = true;
            }

            impl Returns<false, true> for Option<$wide> {
                type Value = BigInt;
            }

            impl<E> Returns<true, true> for Result<Option<$wide>, E> {
                type Value = BigInt;
            }

            impl Fits<BigInt> for Option<$wide> {
                fn fitted(self) -> BigInt {
                    BigInt(self.map_or(JsValue::UNDEFINED, JsValue::from))
                }
            }
        )* };
    }

    wide!(u128 i128);
}

#[cfg(not(any(panic = "unwind", recover_gate)))]
pub use wide::BigInt;

impl From<Never> for JsValue {
    fn from(never: Never) -> Self {
        match never {}
    }
}

#[cfg(recover_gate)]
mod value {
    use super::*;
    use crate::host::instance;
    use wasm_bindgen::convert::WasmAbi;

    /// A value for JavaScript, already in its ABI form. Nobody looks at that of a call that failed.
    #[must_use]
    pub struct Outcome<T: PlainReturn>(T::Abi);

    impl<T: PlainReturn> Outcome<T> {
        #[inline]
        pub(crate) fn ok(value: T::Abi) -> Self {
            Outcome(value)
        }

        /// Has the gate throw the error when the call has left, which is the next thing to happen.
        #[inline]
        pub(crate) fn err(error: JsValue) -> Self {
            instance::fail(error);
            Outcome(T::Abi::join(
                Default::default(),
                Default::default(),
                Default::default(),
                Default::default(),
            ))
        }

        /// The gate looks after what it calls to start an instance, too.
        pub(crate) fn throw_error(self) {}

        #[inline]
        pub(crate) fn value_or_throw(self) -> ReturnedValue<T> {
            self
        }
    }

    impl<T: PlainReturn> WasmDescribe for Outcome<T> {
        fn describe() {
            T::describe();
        }
    }

    #[diagnostic::do_not_recommend]
    impl<T: PlainReturn> ReturnWasmAbi for Outcome<T> {
        type Abi = T::Abi;

        #[inline]
        fn return_abi(self) -> T::Abi {
            self.0
        }
    }

    /// What a closure returns.
    pub(crate) type ReturnedValue<T> = Outcome<T>;
}

#[cfg(not(recover_gate))]
mod result {
    use super::*;

    /// A value for JavaScript, already in its ABI form, or the error to throw.
    #[must_use]
    pub struct Outcome<T: PlainReturn>(pub(super) Result<T::Abi, JsValue>);

    impl<T: PlainReturn> Outcome<T> {
        #[inline]
        pub(crate) fn ok(value: T::Abi) -> Self {
            Outcome(Ok(value))
        }

        #[inline]
        pub(crate) fn err(error: JsValue) -> Self {
            Outcome(Err(error))
        }

        /// Throws the error, if there is one, of a call that returns no value.
        pub(crate) fn throw_error(self) {
            if let Err(error) = self.0 {
                throw(error)
            }
        }
    }
}

#[cfg(all(panic = "unwind", not(recover_gate)))]
mod thrown {
    use super::*;

    impl<T: PlainReturn> WasmDescribe for Outcome<T> {
        fn describe() {
            T::describe();
        }
    }

    #[diagnostic::do_not_recommend]
    impl<T: PlainReturn> ReturnWasmAbi for Outcome<T> {
        type Abi = T::Abi;

        #[inline]
        fn return_abi(self) -> T::Abi {
            self.0.unwrap_or_else(|error| throw(error))
        }
    }

    /// The value of an [`Outcome`] that is not an error. wasm-bindgen calls closures through a
    /// pointer, and would return a `Result` through memory.
    pub struct ReturnedValue<T: PlainReturn>(T::Abi);

    impl<T: PlainReturn> Outcome<T> {
        /// Returns the value, or throws the error. The caller has nothing left to drop, as before
        /// `return_abi`, which wasm-bindgen calls next.
        #[inline]
        pub(crate) fn value_or_throw(self) -> ReturnedValue<T> {
            ReturnedValue(self.0.unwrap_or_else(|error| throw(error)))
        }
    }

    impl<T: PlainReturn> WasmDescribe for ReturnedValue<T> {
        fn describe() {
            T::describe();
        }
    }

    #[diagnostic::do_not_recommend]
    impl<T: PlainReturn> ReturnWasmAbi for ReturnedValue<T> {
        type Abi = T::Abi;

        #[inline]
        fn return_abi(self) -> T::Abi {
            self.0
        }
    }
}

#[cfg(not(any(panic = "unwind", recover_gate)))]
mod returned {
    use super::*;
    use wasm_bindgen::convert::WasmAbi;

    impl<T: PlainReturn> WasmDescribe for Outcome<T> {
        fn describe() {
            <Result<T, JsValue> as WasmDescribe>::describe();
        }
    }

    #[diagnostic::do_not_recommend]
    impl<T: PlainReturn> ReturnWasmAbi for Outcome<T>
    where
        T::Abi: WasmAbi<Prim3 = (), Prim4 = ()>,
    {
        type Abi = Result<T::Abi, u32>;

        #[inline]
        fn return_abi(self) -> Self::Abi {
            self.0.map_err(IntoWasmAbi::into_abi)
        }
    }

    /// What a closure returns.
    pub(crate) type ReturnedValue<T> = Outcome<T>;

    impl<T: PlainReturn> Outcome<T> {
        #[inline]
        pub(crate) fn value_or_throw(self) -> ReturnedValue<T> {
            self
        }
    }
}

#[cfg(not(recover_gate))]
pub use result::Outcome;
#[cfg(not(any(panic = "unwind", recover_gate)))]
pub(crate) use returned::ReturnedValue;
#[cfg(all(panic = "unwind", not(recover_gate)))]
pub(crate) use thrown::ReturnedValue;
#[cfg(recover_gate)]
pub use value::Outcome;
#[cfg(recover_gate)]
pub(crate) use value::ReturnedValue;

// With the gate, what unwinds throws nothing.
#[cfg(not(all(panic = "unwind", recover_gate)))]
#[cold]
#[inline(never)]
pub(crate) fn throw(error: JsValue) -> ! {
    wasm_bindgen::throw_val(error)
}

/// What a `start` function returns, itself or in a `Result`.
#[diagnostic::on_unimplemented(
    message = "a `start` function can't return `{Self}`: the loader, which calls it, ignores the value",
    note = "return nothing or `Result<(), _>`"
)]
pub trait StartValue: PlainReturn {}

impl StartValue for () {}

/// The outcome of a `start` function, whose error is thrown.
impl<T: StartValue> Start for Outcome<T> {
    fn start(self) {
        // It is where users set hooks; one that it took and kept is missed by the first call.
        flags::set_no_hook();
        self.throw_error();
    }
}
