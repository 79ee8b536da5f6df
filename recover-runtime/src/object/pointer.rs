//! The pointers in JavaScript's handles. `unsafe`: strong counts are taken, lent and released.
//!
//! wasm-bindgen gives an object to JavaScript as the pointer `Rc<WasmRefCell<Handle>>::into_raw`. Policies and errors do not live here.
//!
//! # Invariants
//! 1. A non-null pointer that a conversion receives is from wasm-bindgen's `into_abi` of the
//!    handle type that the class was declared with. JavaScript's strong count of it is held, or
//!    the object is *lingering* (4). The count passes where the host says so: it has then taken the
//!    pointer out of the handle (`takeOver` in `js/objects.js`).
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
use crate::base::thrown::Thrown;
use crate::call::argument::{Owned, Passed};
use crate::host::objects;
use crate::object::class::{Above, Handle, ObjectAbi, ObjectCell, Recoverable};
use crate::persist::policy::{Persistence, Whole};
use std::any::{Any, TypeId};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::rc::{Rc, Weak};
use wasm_bindgen::__rt::WasmRefCell;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::FromWasmAbi;

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

    /// An object that JavaScript has no pointer of.
    pub(crate) fn new(cell: ObjectCell<T>) -> Self {
        Object(Some(Rc::new(WasmRefCell::new(T::Handle::new(cell)))))
    }

    /// The pointer of this object for a class that extends its own.
    pub(crate) fn parent(&self) -> Parent<T::Handle> {
        Parent(self.0.clone().expect("a parent is an object"))
    }

    /// Whether it is the same object.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Whether nothing else has a count of it.
    pub(crate) fn is_sole(&self) -> bool {
        self.0.as_ref().is_some_and(|rc| Rc::strong_count(rc) == 1)
    }

    /// A pointer for JavaScript, with a count of its own.
    pub(crate) fn pointer(&self) -> u32 {
        let rc = self.0.clone();
        rc.map_or(0, |rc| Rc::into_raw(rc) as usize as u32)
    }

    /// Has the calls of classes above use the record of this object.
    pub(crate) fn link(&self) {
        if T::Above::IS_DERIVED
            && let (Some(rc), Some(cell)) = (&self.0, self.cell())
        {
            let whole: Weak<dyn Whole> = Rc::downgrade(rc) as Weak<dyn Whole>;
            let number = T::Persistence::number(&cell.record);
            cell.above.link(number, &whole);
        }
    }

    /// Another count of the same object.
    pub(crate) fn share(&self) -> Self {
        Object(self.0.clone())
    }

    /// Releases JavaScript's strong count for a handle that was collected.
    pub(crate) fn release(&self) {
        // The object may go with the count.
        if T::Above::IS_DERIVED
            && let Some(cell) = self.cell()
        {
            cell.above.release();
        }
        if let Some(rc) = &self.0 {
            // SAFETY: the host asks for this once for each collected handle. The count is
            // JavaScript's, and nobody else releases it.
            unsafe { Rc::decrement_strong_count(Rc::as_ptr(rc)) }
        }
    }

    /// Keeps the block allocated for a while after JavaScript's count ends.
    pub(crate) fn linger(&self) {
        if let Some(rc) = &self.0 {
            linger(Rc::downgrade(rc) as Weak<dyn Any>);
        }
        if T::Above::IS_DERIVED
            && let Some(cell) = self.cell()
        {
            cell.above.linger();
        }
    }

    /// Borrows the strong count of an object that JavaScript offers: a call may take it.
    ///
    /// # Safety
    /// As for [`Object::lend`].
    #[inline]
    pub unsafe fn offered(abi: ObjectAbi<T>) -> Given<T> {
        // SAFETY: the caller's contract is the one asked for.
        match unsafe { Self::lend(abi) } {
            Given::Lent(object) => Given::Offered(object),
            other => other,
        }
    }

    /// Makes an object for the host, which gives it a handle or gives it up.
    #[inline(never)]
    pub(crate) fn given(cell: ObjectCell<T>) -> u32 {
        let object = Object::<T>::new(cell);
        object.link();
        object.pointer()
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

/// The pointer of an object of the class that another one extends, under the name by which
/// wasm-bindgen knows such a field.
pub struct Parent<H>(Rc<WasmRefCell<H>>);

impl<H> Parent<H> {
    /// What wasm-bindgen's code gives JavaScript for an object of the other class.
    pub fn __wbg_clone_rc(&self) -> Rc<WasmRefCell<H>> {
        self.0.clone()
    }
}

/// What the calls of the classes above ask of the whole object.
impl<H: Handle> Whole for WasmRefCell<H> {
    fn snapshot(&self, complete: bool) {
        let Some(handle) = self.try_borrow() else {
            return;
        };
        let cell = handle.cell();
        if cell.own.refusal() == Some(Refusal::Stale) {
            return;
        }
        // SAFETY: the value is not gone. A call of a class above holds the object and is at its end,
        // so nobody changes it.
        let value = unsafe { &*cell.as_ptr() };
        let snapshot = || {
            <H::User as Recoverable>::Persistence::snapshot(&cell.record, value, complete);
        };
        cell.above.reading(snapshot);
    }

    fn before(&self, is: TypeId) -> Result<Box<dyn Any>, Option<Thrown>> {
        let Some(handle) = self.try_borrow() else {
            return Err(None);
        };
        let record = &handle.cell().record;
        let value = <H::User as Recoverable>::Persistence::before(record, &Default::default())?;
        <H::User as Recoverable>::Above::part(value, is).ok_or(None)
    }
}

/// An object as a call gets it.
pub enum Given<T: Recoverable> {
    /// With a count of its own.
    Kept(Object<T>),
    /// JavaScript holds it, for as long as the call.
    Lent(ManuallyDrop<Object<T>>),
    /// The same, and a call may take it.
    Offered(ManuallyDrop<Object<T>>),
}

impl<T: Recoverable> Given<T> {
    /// The object, whoever holds it.
    #[inline]
    pub fn object(&self) -> &Object<T> {
        match self {
            Given::Kept(object) => object,
            Given::Lent(object) | Given::Offered(object) => object,
        }
    }

    /// Takes JavaScript's count of an object that it offers: from here on its handle has none.
    ///
    /// # Errors
    /// What the host throws: the handle is as it was.
    pub(crate) fn taken(&self) -> Result<Object<T>, JsValue> {
        let Given::Offered(object) = self else {
            return Ok(Object(None));
        };
        let Some(rc) = &object.0 else {
            return Ok(Object(None));
        };
        let pointer = Rc::as_ptr(rc);
        let taken = objects::taken(pointer as usize)?;
        // SAFETY: by (1) the pointer is from `Rc::into_raw`, and `object` shows that it has a count;
        // it was JavaScript's, and the host has just said that it passes (1).
        Ok(Object(taken.then(|| unsafe { Rc::from_raw(pointer) })))
    }

    /// The pointer, as it crossed.
    fn into_abi(self) -> ObjectAbi<T> {
        let rc = self.object().0.as_ref();
        ObjectAbi::<T>::from_usize(rc.map_or(0, |rc| Rc::as_ptr(rc) as usize))
    }
}

impl<T: Recoverable> Owned<T> {
    /// The `self` of a method that consumes its object.
    #[inline]
    pub fn of(given: Given<T>) -> Self
    where
        T: Passed + FromWasmAbi<Abi = ObjectAbi<T>>,
    {
        // SAFETY: the pointer crossed in this call, as that of an object that JavaScript offers.
        unsafe { Owned::from_abi(given.into_abi()) }
    }
}

/// For Miri, on a 32-bit target: elsewhere wasm-bindgen cuts a pointer to 32 bits.
#[cfg(all(test, target_pointer_width = "32"))]
mod tests;
