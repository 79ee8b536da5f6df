//! What an export returns, and the only place that throws into JavaScript.
//!
//! Nothing is left to clean up here: [`ReturnWasmAbi::return_abi`] throws after the receiver and
//! the arguments are dropped, so that an export has no cleanup for a throw of its own.
//!
//! Where a throw can't unwind (`panic = "abort"`), wasm-bindgen does not restore
//! the shadow stack after one, so there the error is returned as a value.

use crate::base::flags;
use wasm_bindgen::__rt::Start;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{IntoWasmAbi, ReturnWasmAbi};
use wasm_bindgen::describe::WasmDescribe;

/// A value for JavaScript, already in its ABI form, or the error to throw.
#[must_use]
pub struct Outcome<T: PlainReturn>(Result<T::Abi, JsValue>);

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

/// The type of an export's value where the export returns no `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be returned to JavaScript",
    label = "no conversion to JavaScript",
    note = "if it is an alias of `Result`, it must be named `Result`, since a macro sees names only",
    note = "otherwise return a type that wasm-bindgen converts, or put `#[recoverable]` on the struct"
)]
pub trait PlainReturn: IntoWasmAbi {}

#[diagnostic::do_not_recommend]
impl<T: IntoWasmAbi> PlainReturn for T {}

/// The type of an export's value where the export returns a `Result`, under
/// whichever path or alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is named `Result` but is another type",
    note = "rename the type, or return std's `Result`"
)]
pub trait ResultType {
    /// The type of the `Ok` value.
    type Ok;
}

impl<T, E> ResultType for Result<T, E> {
    type Ok = T;
}

/// The outcome of an export that returns `T`.
pub type Plain<T> = Outcome<T>;

/// The outcome of an export that returns the `Result` `T`.
pub type Fallible<T> = Outcome<<T as ResultType>::Ok>;

#[cfg(panic = "unwind")]
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
            match self.0 {
                Ok(abi) => abi,
                Err(error) => throw(error),
            }
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
            match self.0 {
                Ok(abi) => ReturnedValue(abi),
                Err(error) => throw(error),
            }
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

#[cfg(not(panic = "unwind"))]
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

#[cfg(not(panic = "unwind"))]
pub(crate) use returned::ReturnedValue;
#[cfg(panic = "unwind")]
pub(crate) use thrown::ReturnedValue;

#[cold]
#[inline(never)]
pub(crate) fn throw(error: JsValue) -> ! {
    wasm_bindgen::throw_val(error)
}

/// The outcome of a `start` function, whose error is thrown.
impl Start for Outcome<()> {
    fn start(self) {
        // It is where users set hooks; one that it took and kept is missed by the first call.
        flags::set_no_hook();
        self.throw_error();
    }
}
