//! What holds a cell while a call borrows its value: the receivers of our
//! exports, and the anchors that wasm-bindgen keeps for `&T` and `&mut T`
//! arguments. One of the files with `unsafe`; why an entry is refused and what a
//! panic does to it stands in `object`.
//!
//! # Invariant
//! An [`Entry`] exists exactly while an entry into its cell is outstanding, so a
//! reference through it obeys the invariants 1 to 3 of `cell`.

use crate::abi::{Object, ObjectCell};
use crate::cell::Access;
use crate::failure::{Failure, Refused};
use crate::guard::Carrier;
use crate::object::{self, OnPanic, Recoverable};
use std::borrow::Borrow;
use std::mem::transmute;
use std::ops::{Deref, DerefMut};

struct Entry<'a, T: Recoverable> {
    cell: &'a ObjectCell<T>,
    access: Access,
    on_panic: OnPanic,
}

impl<'a, T: Recoverable> Entry<'a, T> {
    #[inline]
    fn new(object: &'a Object<T>, access: Access, on_panic: OnPanic) -> Result<Self, &'static str> {
        Ok(Entry {
            cell: object::enter(object, access)?,
            access,
            on_panic,
        })
    }

    #[inline]
    fn get(&self) -> &T {
        // SAFETY: an entry is outstanding (invariant), so the value is initialised
        // and, while `self` is borrowed, nobody changes it.
        unsafe { &*self.cell.as_ptr() }
    }

    /// For exclusive entries only.
    #[inline]
    fn get_mut(&mut self) -> &mut T {
        debug_assert_eq!(self.access, Access::Exclusive);
        // SAFETY: this is the exclusive entry (invariant; only the two exclusive
        // types below call this), and it is borrowed for as long as the result.
        unsafe { &mut *self.cell.as_ptr() }
    }
}

impl<T: Recoverable> Drop for Entry<'_, T> {
    #[inline]
    fn drop(&mut self) {
        object::leave(self.cell, self.access, self.on_panic);
    }
}

/// A receiver carrier: the entry, or why there is none.
struct Receiver<'a, T: Recoverable>(Result<Entry<'a, T>, Refused>);

impl<T: Recoverable> Carrier for Receiver<'_, T> {
    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match &mut self.0 {
            Err(refused) => Err(refused.take()),
            Ok(_) => Ok(()),
        }
    }

    #[inline(always)]
    fn finish(&mut self) {
        if let Ok(entry) = &self.0 {
            entry.cell.leave(entry.access);
        }
    }
}

/// A `&self` receiver, or why there is none.
pub struct SharedReceiver<'a, T: Recoverable>(Receiver<'a, T>);

impl<T: Recoverable> Carrier for SharedReceiver<'_, T> {
    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.0.finish();
    }
}

impl<'a, T: Recoverable> SharedReceiver<'a, T> {
    /// Enters the object for a call.
    #[inline]
    pub fn enter(object: &'a Object<T>, on_panic: OnPanic) -> Self {
        SharedReceiver(Receiver(
            Entry::new(object, Access::Shared, on_panic).map_err(Refused::new),
        ))
    }

    /// The user's `&self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&T, Failure> {
        match &mut self.0.0 {
            Ok(entry) => Ok(entry.get()),
            Err(refused) => Err(refused.take()),
        }
    }
}

/// A `&mut self` receiver, or why there is none.
pub struct ExclusiveReceiver<'a, T: Recoverable>(Receiver<'a, T>);

impl<T: Recoverable> Carrier for ExclusiveReceiver<'_, T> {
    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.0.check()
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.0.finish();
    }
}

impl<'a, T: Recoverable> ExclusiveReceiver<'a, T> {
    /// Enters the object for a call.
    #[inline]
    pub fn enter(object: &'a Object<T>, on_panic: OnPanic) -> Self {
        ExclusiveReceiver(Receiver(
            Entry::new(object, Access::Exclusive, on_panic).map_err(Refused::new),
        ))
    }

    /// The user's `&mut self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&mut T, Failure> {
        match &mut self.0.0 {
            Ok(entry) => Ok(entry.get_mut()),
            Err(refused) => Err(refused.take()),
        }
    }
}

/// An entry that keeps its object alive.
struct Anchor<T: Recoverable> {
    // Ends before the object below is let go.
    entry: Entry<'static, T>,
    _object: Object<T>,
}

impl<T: Recoverable> Anchor<T> {
    #[inline]
    fn enter(object: Object<T>, access: Access, on_panic: OnPanic) -> Result<Self, &'static str> {
        let entry = Entry::new(&object, access, on_panic)?;
        // SAFETY: only the lifetime changes. The cell lives on the heap, where the
        // object's count keeps it for as long as this anchor; fields are dropped in
        // order, so the entry ends first, and no reference outlives the anchor.
        let entry = unsafe { transmute::<Entry<'_, T>, Entry<'static, T>>(entry) };
        Ok(Anchor {
            entry,
            _object: object,
        })
    }
}

/// Holds a `&T` argument.
pub struct SharedAnchor<T: Recoverable>(Anchor<T>);

impl<T: Recoverable> SharedAnchor<T> {
    /// Enters the object for a call.
    ///
    /// # Errors
    /// The text that stands for the cell's refusal.
    #[inline]
    pub fn enter(object: Object<T>) -> Result<Self, &'static str> {
        Anchor::enter(object, Access::Shared, T::SHARED).map(SharedAnchor)
    }
}

impl<T: Recoverable> Deref for SharedAnchor<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.entry.get()
    }
}

impl<T: Recoverable> Borrow<T> for SharedAnchor<T> {
    #[inline]
    fn borrow(&self) -> &T {
        self
    }
}

/// Holds a `&mut T` argument.
pub struct ExclusiveAnchor<T: Recoverable>(Anchor<T>);

impl<T: Recoverable> ExclusiveAnchor<T> {
    /// Enters the object for a call.
    ///
    /// # Errors
    /// The text that stands for the cell's refusal.
    #[inline]
    pub fn enter(object: Object<T>) -> Result<Self, &'static str> {
        Anchor::enter(object, Access::Exclusive, T::EXCLUSIVE).map(ExclusiveAnchor)
    }
}

impl<T: Recoverable> Deref for ExclusiveAnchor<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.entry.get()
    }
}

impl<T: Recoverable> DerefMut for ExclusiveAnchor<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.0.entry.get_mut()
    }
}

/// The anchor of a receiver type: it refuses nothing.
pub struct Held<R>(pub R);

impl<R> Deref for Held<R> {
    type Target = R;

    #[inline]
    fn deref(&self) -> &R {
        &self.0
    }
}
