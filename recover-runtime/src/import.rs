//! Marked imports: a JavaScript exception becomes an unwind, and [`catch_js`] stops it.
//!
//! The generated import has `catch` and returns [`Caught`]; the generated wrapper hands
//! that to a function of this module, by which nothing but the value is left. Imports that
//! are not marked are `crossing`'s. One of the files with `unsafe`.
//!
//! wasm-bindgen's `catch` forgets one slot of its table for each exception: the shim of an
//! import that returns a JavaScript value stores the null that comes back, and then
//! returns the error first. [`Slot`] is that shim's return value, and frees what nobody took.
//!
//! # Invariants
//! 1. [`Caught<T, _>`] is transparent, and [`Guarded`] crosses as `T::Abi` does: [`Slot`] is
//!    a transparent wrapper of the first primitive, the others are its own.
//! 2. A [`Slot`] with `SLOT` that is dropped was not converted, and `T` is a `JsCast`, whose
//!    ABI is the index of a slot that the shim has filled; so the slot is this value's alone.

use crate::abi::ErasableGeneric;
use crate::host;
#[cfg(panic = "unwind")]
use crate::payload::JsThrow;
use crate::task::JsFuture;
use std::any::Any;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use wasm_bindgen::convert::{FromWasmAbi, TryFromJsValue, WasmAbi, WasmPrimitive};
use wasm_bindgen::describe::WasmDescribe;
use wasm_bindgen::{JsCast, JsValue};

/// What an import gives, of an import that can throw; `SLOT` as [`Crosses`] has it.
#[repr(transparent)]
pub struct Caught<T, const SLOT: bool>(T);

/// The ABI of [`Caught`].
pub struct Guarded<A, const SLOT: bool>(A);

/// The first primitive of an ABI.
#[derive(Default)]
#[repr(transparent)]
pub struct Slot<P: 'static, const SLOT: bool>(P);

impl<P: 'static, const SLOT: bool> Drop for Slot<P, SLOT> {
    #[inline]
    fn drop(&mut self) {
        if SLOT && let Some(index) = (&self.0 as &dyn Any).downcast_ref::<u32>() {
            // SAFETY: by (2) the slot is ours to free; a default's index 0 is none, which
            // dropping a `JsValue` leaves alone.
            drop(unsafe { JsValue::from_abi(*index) });
        }
    }
}

// SAFETY: a transparent wrapper of a primitive (1).
unsafe impl<P: WasmPrimitive + 'static, const SLOT: bool> WasmPrimitive for Slot<P, SLOT> {}

impl<A: WasmAbi, const SLOT: bool> WasmAbi for Guarded<A, SLOT>
where
    A::Prim1: 'static,
{
    type Prim1 = Slot<A::Prim1, SLOT>;
    type Prim2 = A::Prim2;
    type Prim3 = A::Prim3;
    type Prim4 = A::Prim4;

    #[inline]
    fn split(self) -> (Self::Prim1, Self::Prim2, Self::Prim3, Self::Prim4) {
        let (first, second, third, fourth) = self.0.split();
        (Slot(first), second, third, fourth)
    }

    #[inline]
    fn join(
        first: Self::Prim1,
        second: Self::Prim2,
        third: Self::Prim3,
        fourth: Self::Prim4,
    ) -> Self {
        let first = mem::take(&mut ManuallyDrop::new(first).0);
        Guarded(A::join(first, second, third, fourth))
    }
}

impl<T: WasmDescribe, const SLOT: bool> WasmDescribe for Caught<T, SLOT> {
    #[inline]
    fn describe() {
        T::describe();
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromWasmAbi, const SLOT: bool> FromWasmAbi for Caught<T, SLOT>
where
    <T::Abi as WasmAbi>::Prim1: 'static,
{
    type Abi = Guarded<T::Abi, SLOT>;

    #[inline]
    unsafe fn from_abi(abi: Self::Abi) -> Self {
        // SAFETY: the caller's contract is the one asked for.
        Caught(unsafe { T::from_abi(abi.0) })
    }
}

// SAFETY: transparent (1), so it is erased as `T` is.
unsafe impl<T: ErasableGeneric<Repr: Sized>, const SLOT: bool> ErasableGeneric for Caught<T, SLOT> {
    type Repr = Caught<T::Repr, SLOT>;
}

/// `SLOT` says whether a value crosses as a slot of the table of JavaScript values, asked of
/// a concrete type.
pub struct Crosses<T>(PhantomData<T>);

impl<T: JsCast> Crosses<T> {
    /// It does.
    pub const SLOT: bool = true;

    /// What a promise settled with; as in any import, JavaScript is believed.
    pub fn settled(value: JsValue) -> Result<T, JsValue> {
        Ok(value.unchecked_into())
    }
}

/// Found only where the inherent items do not apply.
pub trait ByValue {
    /// It does not.
    const SLOT: bool = false;
}

impl<T> ByValue for Crosses<T> {}

/// As [`ByValue`], of what a promise settles with.
pub trait Converts<T> {
    /// The value, or why it is none of the type. No conversion here throws by itself.
    fn settled(value: JsValue) -> Result<T, JsValue>;
}

impl<T: TryFromJsValue> Converts<T> for Crosses<T> {
    fn settled(value: JsValue) -> Result<T, JsValue> {
        T::try_from_js_value(value).map_err(|_| {
            let ty = std::any::type_name::<T>();
            host::invalid(&format!("the promise of an import gave no {ty}"))
        })
    }
}

impl<T, const SLOT: bool> Caught<T, SLOT> {
    /// The value.
    #[inline(always)]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// The value of an import, or the unwind that its exception becomes.
#[inline(always)]
pub fn imported<T, const SLOT: bool>(called: Result<Caught<T, SLOT>, JsValue>) -> T {
    match called {
        Ok(value) => value.0,
        Err(error) => raise(error),
    }
}

/// The same for an import without a value.
#[inline(always)]
pub fn called(called: Result<(), JsValue>) {
    if let Err(error) = called {
        raise(error)
    }
}

/// What the user's own `catch` asks for.
#[inline(always)]
pub fn caught<T, E: From<JsValue>, const SLOT: bool>(
    called: Result<Caught<T, SLOT>, JsValue>,
) -> Result<T, E> {
    Ok(called?.0)
}

/// The value of the promise that an import gave. What the import throws and what the
/// promise rejects with unwind alike.
pub async fn awaited<T>(
    called: Result<Caught<JsValue, true>, JsValue>,
    convert: fn(JsValue) -> Result<T, JsValue>,
) -> T {
    match awaited_or(called, convert).await {
        Ok(value) => value,
        Err(error) => raise(error),
    }
}

/// The same for the user's own `catch`.
pub async fn awaited_or<T, E: From<JsValue>>(
    called: Result<Caught<JsValue, true>, JsValue>,
    convert: fn(JsValue) -> Result<T, JsValue>,
) -> Result<T, E> {
    Ok(convert(JsFuture::from(called?.0).await?)?)
}

/// A promise without a value.
pub fn no_value(_: JsValue) -> Result<(), JsValue> {
    Ok(())
}

/// Unwinds with `error`, which is no panic: the hook is not called. Where nothing can
/// unwind, it is thrown through the callers, as by an import of plain wasm-bindgen.
#[cold]
#[inline(never)]
fn raise(error: JsValue) -> ! {
    #[cfg(panic = "unwind")]
    std::panic::resume_unwind(Box::new(JsThrow(error)));
    #[cfg(not(panic = "unwind"))]
    {
        crate::task::leave();
        crate::lifecycle::torn();
        crate::outcome::throw(error)
    }
}

/// Runs `body` and stops a JavaScript exception that a marked import throws in it: the
/// value that JavaScript threw, the very same.
///
/// Without it such an exception unwinds through Rust, running every destructor, and
/// reaches the JavaScript that called the export. A panic is none of its business: it goes
/// on, and so does an exception that an import without `#[recoverable]` throws.
///
/// `body` need not be `UnwindSafe`. What it borrowed may be half changed when it
/// ends with `Err`, as after any `?` in it.
///
/// In builds with `panic = "abort"` nothing can be stopped: there `catch_js` returns
/// `Ok`, or the exception passes it. An import that is to be handled in such a build has
/// `catch` and returns a `Result`.
///
/// # Errors
/// What JavaScript threw, of whatever type.
///
/// ```no_run
/// use recover_runtime::{JsValue, catch_js, recoverable};
///
/// #[recoverable]
/// extern "C" {
///     #[recoverable(js_namespace = JSON)]
///     fn parse(text: &str) -> JsValue;
/// }
///
/// fn parse_or_null(text: &str) -> JsValue {
///     catch_js(|| parse(text)).unwrap_or(JsValue::NULL)
/// }
/// # parse_or_null("{");
/// ```
pub fn catch_js<R>(body: impl FnOnce() -> R) -> Result<R, JsValue> {
    #[cfg(panic = "unwind")]
    {
        use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
        catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
            match payload.downcast::<JsThrow>() {
                Ok(thrown) => thrown.0,
                Err(panic) => resume_unwind(panic),
            }
        })
    }
    #[cfg(not(panic = "unwind"))]
    {
        Ok(body())
    }
}

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
