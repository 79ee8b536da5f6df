//! The pointers in JavaScript's handles. `unsafe`: strong counts are taken, lent and released.
//!
//! wasm-bindgen gives an object to JavaScript as the pointer `Rc<WasmRefCell<Handle>>::into_raw`. Policies and errors do not live here.
//!
//! # Invariants
//! 1. A non-null pointer that a conversion receives is from wasm-bindgen's `into_abi` of the
//!    handle type that the class was declared with. JavaScript's strong count of it is held, or
//!    passes with it, or the object is *lingering* (4).
//! 2. Nobody borrows the `WasmRefCell` mutably: handles have no `&mut self` methods and no
//!    fields that JavaScript sees. So a handle that an [`Object`] keeps alive may be read
//!    through a shared reference.
//! 3. While a call is inside a cell, the host refuses to free the object or to give it up. A
//!    finalizer runs between jobs, never inside a call (`adopt` in `js/objects.js` patches a class
//!    before it has an instance). So a synchronous call may borrow JavaScript's count.
//! 4. Before the entry nothing refuses that: the glue reads the pointer, and then the engine
//!    converts numbers, by a `valueOf` that may free the object or give it up. So the blocks of
//!    the last [`LINGER`] objects that were freed or given up stay allocated, and such a pointer
//!    is found to be stale. There is no defence against JavaScript that frees more objects inside
//!    one conversion, nor against JavaScript that writes `__wbg_ptr`.

use crate::base::cell::Refusal;
#[allow(unused_imports)]
use crate::base::fallible::TryBorrow;
use crate::object::class::{Handle, ObjectAbi, ObjectCell, Recoverable};
use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::rc::{Rc, Weak};
use wasm_bindgen::__rt::WasmRefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::IntoWasmAbi;

/// How many objects linger.
const LINGER: usize = 8;

thread_local! {
    /// The last objects that were given up, in a ring.
    static LINGERING: [Cell<Option<Weak<dyn Any>>>; LINGER] =
        const { [const { Cell::new(None) }; LINGER] };
    static GIVEN_UP: Cell<usize> = const { Cell::new(0) };
}

#[inline(never)]
fn linger(block: Weak<dyn Any>) {
    let index = GIVEN_UP.get();
    GIVEN_UP.set(index.wrapping_add(1));
    LINGERING.with(|ring| ring[index % LINGER].set(Some(block)));
}

/// A strong count of an exported object; `None` if JavaScript passed a handle that was freed or
/// consumed.
pub struct Object<T: Recoverable>(Option<Rc<WasmRefCell<T::Handle>>>);

impl<T: Recoverable> Object<T> {
    /// Whether the object behind a pointer still exists. A lingering one does not.
    ///
    /// # Safety
    /// `ptr` is not null and meets invariant 1 of this module.
    #[inline]
    unsafe fn is_there(ptr: *const WasmRefCell<T::Handle>) -> bool {
        // SAFETY: by (1) the pointer is that of an `Rc` whose block is allocated, so it is aligned.
        // That of an empty `Weak`, with which std compares it, is not.
        unsafe { std::hint::assert_unchecked(ptr.is_aligned()) };
        // SAFETY: the same. The weak count is not ours, so it is not released.
        let weak = ManuallyDrop::new(unsafe { Weak::from_raw(ptr) });
        weak.strong_count() != 0
    }

    /// Takes a strong count of its own.
    ///
    /// # Safety
    /// `abi` is null or meets invariant 1 of this module.
    #[inline]
    pub unsafe fn retain(abi: ObjectAbi<T>) -> Self {
        let ptr = abi.into_ptr();
        // SAFETY: the pointer is not null; the rest is the caller's contract.
        if ptr.is_null() || !unsafe { Self::is_there(ptr) } {
            return Object(None);
        }
        // SAFETY: by (1) the pointer is from `Rc::into_raw`, and its strong count is not 0.
        unsafe { Rc::increment_strong_count(ptr) };
        // SAFETY: the count incremented above is the one taken over here.
        Object(Some(unsafe { Rc::from_raw(ptr) }))
    }

    /// Borrows JavaScript's strong count.
    ///
    /// # Safety
    /// As for [`Object::retain`], and the result ends with the synchronous call
    /// that JavaScript made.
    #[inline]
    pub unsafe fn lend(abi: ObjectAbi<T>) -> Given<T> {
        let ptr = abi.into_ptr();
        // SAFETY: the pointer is not null; the rest is the caller's contract.
        let there = !ptr.is_null() && unsafe { Self::is_there(ptr) };
        // SAFETY: by (1) the pointer is from `Rc::into_raw`, and its strong count is not 0. By (3)
        // it stays so while the call is inside the cell. It is JavaScript's, so it is never
        // released.
        let object = Object(there.then(|| unsafe { Rc::from_raw(ptr) }));
        Given::Lent(ManuallyDrop::new(object))
    }

    /// Another count of the same object.
    pub(crate) fn share(&self) -> Self {
        Object(self.0.clone())
    }

    /// Releases JavaScript's strong count for a handle that was collected.
    pub(crate) fn release(&self) {
        if let Some(rc) = &self.0 {
            // SAFETY: the host asks for this once for each collected handle. The count is
            // JavaScript's, and nobody else releases it.
            unsafe { Rc::decrement_strong_count(Rc::as_ptr(rc)) }
        }
    }

    /// Keeps the block allocated for a while after JavaScript's count ends.
    pub fn linger(&self) {
        if let Some(rc) = &self.0 {
            linger(Rc::downgrade(rc) as Weak<dyn Any>);
        }
    }

    /// Takes over the strong count that JavaScript gave up.
    ///
    /// # Safety
    /// As for [`Object::retain`], and JavaScript's count passes to the result.
    #[inline]
    pub unsafe fn own(abi: ObjectAbi<T>) -> Given<T> {
        let ptr = abi.into_ptr();
        // SAFETY: by (1) the pointer is from `Rc::into_raw`; the caller gives its count.
        Given::Owned(Object(
            (!ptr.is_null()).then(|| unsafe { Rc::from_raw(ptr) }),
        ))
    }

    /// An object without a value, which the host gives up in index of one that it can't. It has
    /// its own count, so the glue may also release it.
    pub fn stand_in(refusal: Refusal, cause: Option<JsValue>) -> u32 {
        Self::given(ObjectCell::refusing(refusal, cause))
    }

    /// Makes an object for the host, which gives it a handle or gives it up.
    #[inline(never)]
    pub(crate) fn given(cell: ObjectCell<T>) -> u32 {
        T::Handle::new(cell).into_abi().into_usize() as u32
    }

    /// The guarded cell, or `None` for a null handle.
    #[inline]
    pub fn cell(&self) -> Option<&ObjectCell<T>> {
        let handle = self.0.as_ref()?.try_borrow()?;
        let cell: *const ObjectCell<T> = handle.cell();
        // SAFETY: `self` holds the count of the `Rc` with the cell, or borrows it for a call (3),
        // so the cell lives as long as the result. By (2) nobody borrows it mutably once the
        // borrow above ends.
        Some(unsafe { &*cell })
    }
}

/// An object that a call consumes.
pub enum Given<T: Recoverable> {
    /// JavaScript gave it up, or gave up a stand-in for it.
    Owned(Object<T>),
    /// JavaScript still holds it, for as long as the call.
    Lent(ManuallyDrop<Object<T>>),
}

impl<T: Recoverable> Given<T> {
    /// The object, whoever holds it.
    #[inline]
    pub fn object(&self) -> &Object<T> {
        match self {
            Given::Owned(object) => object,
            Given::Lent(object) => object,
        }
    }
}

/// For Miri, on a 32-bit target: elsewhere wasm-bindgen cuts a pointer to 32 bits.
#[cfg(all(test, target_pointer_width = "32"))]
mod tests;
