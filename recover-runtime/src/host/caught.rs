//! What an import with `catch` returns, without the leak of wasm-bindgen's own. `unsafe`: an
//! ABI wrapper.
//!
//! wasm-bindgen's `catch` forgets one slot of its table for each exception: the shim of an
//! import that returns a JavaScript value stores the null that comes back, and then returns the
//! error first. [`TableSlot`] is that shim's return value, and frees a slot that nobody took.
//!
//! # Invariants
//! 1. [`Caught<T, _>`] is transparent, and [`Guarded`] crosses as `T::Abi` does: [`TableSlot`]
//!    is a transparent wrapper of the first primitive, the others are its own.
//! 2. A [`TableSlot`] with `SLOT` that is dropped was not converted, and `T` is a `JsCast`,
//!    whose ABI is the index of a slot that the shim has filled; so the slot is this value's
//!    alone.

use std::any::Any;
use std::mem;
use std::mem::ManuallyDrop;
use wasm_bindgen::__rt::marker::ErasableGeneric;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, WasmAbi, WasmPrimitive};
use wasm_bindgen::describe::WasmDescribe;

/// What an import gives, of an import that can throw; `SLOT` says whether it crosses as a slot
/// of the table of JavaScript values.
#[repr(transparent)]
pub struct Caught<T, const SLOT: bool>(T);

/// The ABI of [`Caught`].
pub struct Guarded<A, const SLOT: bool>(A);

/// The first primitive of an ABI.
#[derive(Default)]
#[repr(transparent)]
pub struct TableSlot<P: 'static, const SLOT: bool>(P);

impl<P: 'static, const SLOT: bool> Drop for TableSlot<P, SLOT> {
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
unsafe impl<P: WasmPrimitive + 'static, const SLOT: bool> WasmPrimitive for TableSlot<P, SLOT> {}

impl<A: WasmAbi, const SLOT: bool> WasmAbi for Guarded<A, SLOT>
where
    A::Prim1: 'static,
{
    type Prim1 = TableSlot<A::Prim1, SLOT>;
    type Prim2 = A::Prim2;
    type Prim3 = A::Prim3;
    type Prim4 = A::Prim4;

    #[inline]
    fn split(self) -> (Self::Prim1, Self::Prim2, Self::Prim3, Self::Prim4) {
        let (first, second, third, fourth) = self.0.split();
        (TableSlot(first), second, third, fourth)
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

impl<T, const SLOT: bool> Caught<T, SLOT> {
    /// The value.
    #[inline(always)]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// A value that the host gives. Not a bare `JsValue`, of which wasm-bindgen forgets a table
/// slot if the host throws.
pub(crate) type HostValue = Caught<JsValue, true>;

/// The host makes errors; if it throws instead, that is the error.
pub(crate) fn value_or_thrown(made: Result<HostValue, JsValue>) -> JsValue {
    made.map_or_else(|thrown| thrown, HostValue::into_inner)
}
