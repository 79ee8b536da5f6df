//! The guard of a cell, which exists exactly while a call is inside the cell. If the call fails,
//! it applies the policy of the class. `unsafe`: references into the cell.
//!
//! # Invariant
//! A [`CellGuard`] exists exactly while an entry into its cell is outstanding, so a reference
//! through it obeys the invariants 1 to 3 of `base/cell.rs`.

use crate::base::cell::{Access, Refusal};
use crate::base::thrown::{Thrown, as_js, of_js};
use crate::call::settle;
use crate::call::settle::{Ending, OnPanic};
use crate::host::errors;
use crate::object::class::{Above, CallOf, ObjectCell, Recoverable, Refusing};
use crate::object::pointer::Object;
use crate::persist::policy::Persistence;

pub(crate) struct CellGuard<'a, T: Recoverable, const EXCLUSIVE: bool> {
    pub(crate) cell: &'a ObjectCell<T>,
    on_panic: OnPanic,
    /// What the persistence of the class keeps for this call.
    pub(crate) call: CallOf<T>,
}

impl<'a, T: Recoverable, const EXCLUSIVE: bool> CellGuard<'a, T, EXCLUSIVE> {
    pub(crate) const ACCESS: Access = if EXCLUSIVE {
        Access::Exclusive
    } else {
        Access::Shared
    };

    /// Enters the cell of an object, or returns the refusal.
    #[inline]
    pub(crate) fn new(object: &'a Object<T>, on_panic: OnPanic) -> Result<Self, Refusing<'a, T>> {
        let cell = object.cell();
        match cell.map_or(Err(Refusal::Stale), |cell| {
            cell.enter(Self::ACCESS).map(|()| cell)
        }) {
            Ok(cell) => Ok(CellGuard {
                cell,
                on_panic,
                call: CallOf::<T>::default(),
            }),
            Err(refusal) => Err(Refusing { refusal, cell }),
        }
    }

    #[inline]
    pub(crate) fn value(&self) -> &T {
        // SAFETY: an entry is outstanding (invariant), so the value is initialised, and nobody
        // changes it while `self` is borrowed.
        unsafe { &*self.cell.as_ptr() }
    }

    /// The value, for the user's code.
    #[inline]
    pub(crate) fn get(&self) -> &T {
        if T::INTERIOR || T::Persistence::CHECKPOINTS {
            T::Persistence::begin(&self.call, self.value());
        }
        self.value()
    }

    #[inline]
    pub(crate) fn commit(&self, returned_ok: bool) {
        if T::Persistence::ROLLS_BACK || EXCLUSIVE && T::Above::IS_DERIVED {
            let pad = PoisonOnForeignUnwind::<T, EXCLUSIVE>(self.cell);
            self.settle_parents();
            T::Persistence::commit(&self.cell.record, self.value(), &self.call, returned_ok);
            std::mem::forget(pad);
        }
    }

    /// Brings the parents back to their cells, which the user may have replaced by others.
    #[inline(always)]
    fn settle_parents(&self) {
        if EXCLUSIVE && T::Above::IS_DERIVED {
            // SAFETY: this is the exclusive entry (invariant), and the user's code has ended.
            unsafe { self.cell.above.settle(&mut *self.cell.as_ptr(), None) };
        }
    }

    /// Applies the policy after the call failed by `cause`, or was cancelled.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, cause: Option<Thrown>) {
        let pad = PoisonOnForeignUnwind::<T, EXCLUSIVE>(self.cell);
        self.settle_parents();
        T::Persistence::abandon(&self.call);
        let poison = match (self.on_panic, cause) {
            (OnPanic::Keep, _) | (OnPanic::Poison, None) => {
                T::Persistence::accept(&self.cell.record, self.value());
                None
            }
            (OnPanic::Poison, cause) => cause,
            (OnPanic::Rollback, _) if T::Persistence::is_untouched(&self.call) => None,
            (OnPanic::Rollback, cause) if !EXCLUSIVE => {
                match T::Persistence::restore(&self.cell.record, &self.call, self.value()) {
                    Ok(()) => None,
                    Err(why) => why.or(cause),
                }
            }
            (OnPanic::Rollback, cause) => {
                match T::Persistence::before(&self.cell.record, &self.call) {
                    Ok(before) => {
                        // SAFETY: this is the exclusive entry (invariant), and nobody has a
                        // reference through it while it is dropped.
                        let value = unsafe { &mut *self.cell.as_ptr() };
                        let mut torn = std::mem::replace(value, before);
                        // SAFETY: it is exclusive for the cells above, too.
                        unsafe { self.cell.above.settle(value, Some(&mut torn)) };
                        #[cfg(feature = "torture")]
                        let torn = crate::base::torture::Dropped(torn);
                        settle::drop_quietly(torn);
                        None
                    }
                    Err(why) => why.or(cause),
                }
            }
        };
        if let Some(cause) = poison {
            errors::keep_cause(as_js(&cause), T::NAME);
            self.cell.poison(cause);
        }
        std::mem::forget(pad);
    }
}

/// Poisons the object if an unwind leaves the end of an entry, which may run code of the user: a
/// `Serialize`, a `Drop`, a replayed call. It is a JavaScript exception, or an allocation that failed
/// while the call was cleaned up: then what the call failed by is the reason.
struct PoisonOnForeignUnwind<'a, T: Recoverable, const EXCLUSIVE: bool>(&'a ObjectCell<T>);

impl<T: Recoverable, const EXCLUSIVE: bool> Drop for PoisonOnForeignUnwind<'_, T, EXCLUSIVE> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        let failed_by = match std::thread::panicking() {
            true => settle::unwinding(),
            false => None,
        };
        let cause = failed_by.unwrap_or_else(|| of_js(errors::foreign_unwind(T::NAME)));
        errors::keep_cause(as_js(&cause), T::NAME);
        self.0.poison(cause);
        self.0.leave(CellGuard::<T, EXCLUSIVE>::ACCESS);
    }
}

/// Reads the value of a cell, unless a call writes it.
pub(crate) fn look<T: Recoverable, R>(
    cell: &ObjectCell<T>,
    read: impl FnOnce(&T) -> R,
) -> Option<R> {
    cell.enter(Access::Shared).ok()?;
    let _leaves = Leaves(cell);
    // SAFETY: an entry is outstanding until the end of this function, so the value is initialised,
    // and nobody changes it.
    Some(read(unsafe { &*cell.as_ptr() }))
}

/// Records the value as it is, in the middle of calls that read it.
pub(crate) fn record<T: Recoverable>(object: &Object<T>) {
    if let Some(cell) = object.cell() {
        look(cell, |value| T::Persistence::accept(&cell.record, value));
    }
}

/// Ends an entry that is no call. Runs too if an exception leaves the user's code.
struct Leaves<'a, T: Recoverable>(&'a ObjectCell<T>);

impl<T: Recoverable> Drop for Leaves<'_, T> {
    fn drop(&mut self) {
        self.0.leave(Access::Shared);
    }
}

impl<T: Recoverable> CellGuard<'_, T, true> {
    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        T::Persistence::begin(&self.call, self.value());
        // SAFETY: this is the exclusive entry (invariant, and by its type), and the result borrows
        // `self`.
        unsafe { &mut *self.cell.as_ptr() }
    }
}

impl<T: Recoverable, const EXCLUSIVE: bool> Drop for CellGuard<'_, T, EXCLUSIVE> {
    #[inline]
    fn drop(&mut self) {
        match settle::ending() {
            Ending::Returned => self.commit(false),
            Ending::Failed(cause) => self.fail(cause),
        }
        self.cell.leave(Self::ACCESS);
    }
}
