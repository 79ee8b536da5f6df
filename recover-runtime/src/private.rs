//! For generated code only: no stability is promised for anything here.

pub use crate::abi::{
    ErasableGeneric, ErasableGenericBorrow, ErasableGenericBorrowMut, ErasableGenericOwn, Given,
    Handle, MaybeUnwindSafe, Object, ObjectAbi, ObjectCell, SupportsConstructor,
    SupportsInstanceProperty, SupportsStaticProperty,
};
pub use crate::anchor::{
    ExclusiveAnchor, ExclusiveLongReceiver, ExclusiveReceiver, Held, SharedAnchor,
    SharedLongReceiver, SharedReceiver,
};
pub use crate::carrier::{LongRef, MutRef, Owned};
pub use crate::errors::private as errors;
pub use crate::failure::Failure;
pub use crate::guard::{call, may_unwind};
pub use crate::import::{
    ByValue, Caught, Converts, Crosses, awaited, awaited_or, called, caught, imported, no_value,
};
pub use crate::memory::{limited, limited_future};
pub use crate::object::{self, OnPanic, Recoverable};
pub use crate::outcome::{Fallible, Outcome, Plain};
pub use crate::persist::{self, Cloned, Persistence, Transient};
pub use crate::stack::{MAX_DEPTH, Slot as StackSlot};
pub use crate::task::{Settled, SettledResult, Value};
pub use crate::{
    __recover_adopted as adopted, __recover_body as body, __recover_constructed as constructed,
    __recover_conversions as conversions, __recover_export as export,
    __recover_export_async as export_async, __recover_get as get, __recover_handle as handle,
    __recover_receiver as receiver, __recover_set as set, __recover_settled as settled,
    __recover_slot as slot, __recover_thrown as thrown,
};
pub use crate::{
    __recover_clones as clones, __recover_codec as codec,
    __recover_imported_object as import_object, __recover_journal as journal,
    __recover_journals as journals, __recover_passed as passed, __recover_persisted as persisted,
    __recover_persists as persists, __recover_rolls_back as rolls_back,
    __recover_unwinds as unwinds,
};
pub use std::boxed::Box;
pub use std::vec::Vec;
pub use wasm_bindgen::convert::{
    FromWasmAbi, IntoWasmAbi, LongRefFromWasmAbi, NullableFromWasmAbi, NullableIntoWasmAbi,
    OptionFromWasmAbi, OptionIntoWasmAbi, RefFromWasmAbi, RefMutFromWasmAbi, TryFromJsValue,
    VectorFromWasmAbi, VectorIntoWasmAbi, js_value_vector_into_abi,
};
pub use wasm_bindgen::describe::{WasmDescribe, WasmDescribeVector};
pub use wasm_bindgen::{self, JsValue};

/// What wasm-bindgen's conversions give: a value, or the text to throw.
pub type Converted<T> = Result<T, &'static str>;

/// The flag of a class that the host has patched.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_adopted {
    () => {
        fn adopted() -> &'static ::std::thread::LocalKey<::core::cell::Cell<bool>> {
            ::std::thread_local! {
                static ADOPTED: ::core::cell::Cell<bool> = const { ::core::cell::Cell::new(false) };
            }
            &ADOPTED
        }
    };
}

/// The body of an export. A macro, because wasm-bindgen parses the function that it
/// stands in, and does not parse what is in a macro call.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_export {
    ($path:literal, $args:expr, $body:expr) => {
        $crate::__private::call(
            ::core::concat!(::core::module_path!(), "::", $path),
            $args,
            $body,
        )
    };
}

/// The future of an asynchronous export.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_export_async {
    ($path:literal, $signal:expr, $args:expr, $body:expr) => {
        $crate::__private::futures::run(
            ::core::concat!(::core::module_path!(), "::", $path),
            $signal,
            $args,
            $body,
        )
        .await
    };
}

/// What wasm-bindgen's code for asynchronous exports calls, in place of its own.
pub mod futures {
    pub use crate::task::{apart, future_to_promise, run, spawn as spawn_local};
}

/// The same, where wasm-bindgen is told to find it in js-sys.
pub mod js {
    pub use super::futures;
}

/// The function between the body of an export that borrows objects and the user's; why
/// it is not inlined stands in `crossing`.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_body {
    ($target:expr, ($($name:ident: $ty:ty),*) -> $returns:ty) => {
        #[inline(never)]
        fn __body($($name: $ty),*) -> $returns {
            $crate::__private::may_unwind();
            $target($($name),*)
        }
    };
}

/// The getter of a public field.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_get {
    ($path:literal, $this:expr, $user:ty, $read:ident, $member:tt) => {
        $crate::__private::export!(
            $path,
            (
                $crate::__private::SharedReceiver::enter(
                    $this.0.object(),
                    <$user as $crate::__private::Recoverable>::SHARED,
                ),
                ()
            ),
            |args| ::core::result::Result::Ok($crate::__private::object::$read(
                &args.0.get()?.$member
            ))
        )
    };
}

/// The setter of a public field.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_set {
    ($path:literal, $this:expr, $user:ty, $member:tt, $value:expr) => {
        $crate::__private::export!(
            $path,
            (
                $crate::__private::ExclusiveReceiver::enter(
                    $this.0.object(),
                    <$user as $crate::__private::Recoverable>::EXCLUSIVE,
                ),
                ($value, ())
            ),
            |args| {
                let this = args.0.get()?;
                $crate::__private::object::assign(&mut this.$member, args.1.0.take()?);
                ::core::result::Result::Ok(())
            }
        )
    };
}

/// What wasm-bindgen's output expects of a prelude, where the user has none; never
/// a name of the user's.
pub mod traits {
    pub use crate::task::Promised as _;
    pub use std::convert::Into as _;
    pub use std::iter::{IntoIterator as _, Iterator as _};
}

/// The failure for a user's `Err`, whichever way its type becomes a JavaScript value.
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_thrown {
    ($error:expr) => {{
        use $crate::__private::errors::levels::*;
        $crate::__private::Failure::Thrown(
            (&&&&&&&$crate::__private::errors::Probe::new($error)).thrown(),
        )
    }};
}

/// `SHARED` says what a panic under `&T` does, asked of a concrete type.
pub struct UnwindSafety<T>(std::marker::PhantomData<T>);

impl<T: std::panic::RefUnwindSafe> UnwindSafety<T> {
    /// A panic under `&T` tears nothing that safe code can see.
    pub const SHARED: OnPanic = OnPanic::Keep;
}

/// Found only where the inherent constant does not apply.
pub trait MayTear {
    /// A panic under `&T` may leave interior state torn.
    const SHARED: OnPanic = OnPanic::Poison;
}

impl<T> MayTear for UnwindSafety<T> {}

/// Fails the build where an impl block and its struct disagree on the class.
pub const fn check_class<T: Recoverable>(class: &str) {
    let (ours, theirs) = (T::CLASS.as_bytes(), class.as_bytes());
    let mut same = ours.len() == theirs.len();
    let mut index = 0;
    while same && index < ours.len() {
        same = ours[index] == theirs[index];
        index += 1;
    }
    assert!(
        same,
        "the struct has another `js_name`; write the same name as `js_class` on the impl block"
    );
}
