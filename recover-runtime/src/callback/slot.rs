//! A closure in its guarded cell, and the guards that hold it for a call. One of the files with
//! `unsafe`. Nothing of JavaScript's functions is known here.
//!
//! # Invariant
//! While an [`Entered`] exists, an entry into the cell of its slot is outstanding. So a reference
//! through it obeys the invariants 1 to 3 of `base/cell.rs`.

use crate::base::cell::{Access, GuardedCell, Refusal};
use crate::base::thrown::{Thrown, as_js, into_js};
use crate::call::carrier::Carrier;
use crate::call::failure::Failure;
use crate::call::settle;
use crate::call::settle::OnPanic;
use crate::host::callbacks;
use std::any::type_name;
use std::cell::Cell;
use wasm_bindgen::JsValue;

/// A closure in its cell, with its policy.
pub struct ClosureSlot<F> {
    cell: GuardedCell<F, Thrown>,
    on_panic: Cell<OnPanic>,
}

/// What a [`Callback`](crate::Callback) asks of a slot, for any type of closure.
pub(crate) trait Control {
    fn set_on_panic(&self, on_panic: OnPanic);
    fn is_poisoned(&self) -> bool;
    fn clear_poison(&self) -> bool;
    fn close(&self);
}

impl<F> ClosureSlot<F> {
    /// The name of the closure in errors.
    pub(crate) const NAME: fn() -> &'static str = type_name::<F>;

    pub(crate) fn new(closure: F) -> Self {
        ClosureSlot {
            cell: GuardedCell::new(closure),
            on_panic: Cell::new(OnPanic::Poison),
        }
    }

    /// The error for a call that was refused.
    #[cold]
    #[inline(never)]
    pub(crate) fn refused(&self) -> JsValue {
        let refusal = self.cell.refusal().unwrap_or(Refusal::Busy);
        let cause = match refusal {
            Refusal::Poisoned => self.cell.cause(),
            _ => None,
        };
        let cause = cause.map_or(JsValue::UNDEFINED, into_js);
        callbacks::refused(refusal, Self::NAME(), &cause)
    }
}

impl<F> Control for ClosureSlot<F> {
    fn set_on_panic(&self, on_panic: OnPanic) {
        self.on_panic.set(on_panic);
    }

    fn is_poisoned(&self) -> bool {
        self.cell.is_poisoned()
    }

    fn clear_poison(&self) -> bool {
        self.cell.clear_poison()
    }

    /// Drops the closure. If it is running, the last owner of the slot drops it: the shell, which
    /// wasm-bindgen keeps until the call ends.
    fn close(&self) {
        self.cell.retire();
        drop(self.cell.reclaim());
    }
}

impl<F> Drop for ClosureSlot<F> {
    /// Drops the closure with its last owner. That may be a finalizer, so the host reports a panic.
    fn drop(&mut self) {
        self.cell.retire();
        if let Some(closure) = self.cell.reclaim() {
            settle::drop_reporting(closure, Self::NAME());
        } else {
            // The closure is gone, or a JavaScript exception left its call half-way: then it may
            // not be safe to drop.
            std::mem::forget(std::mem::replace(&mut self.cell, GuardedCell::gone()));
        }
    }
}

/// Holds a closure for a call.
pub(crate) struct Entered<'a, F, const EXCLUSIVE: bool>(&'a ClosureSlot<F>);

impl<'a, F, const EXCLUSIVE: bool> Entered<'a, F, EXCLUSIVE> {
    const ACCESS: Access = if EXCLUSIVE {
        Access::Exclusive
    } else {
        Access::Shared
    };

    /// Enters the slot, unless it refuses.
    #[inline]
    pub(crate) fn new(slot: &'a ClosureSlot<F>) -> Option<Self> {
        slot.cell.enter(Self::ACCESS).is_ok().then(|| Entered(slot))
    }
}

impl<F> Entered<'_, F, true> {
    /// The closure.
    #[inline]
    pub(crate) fn closure(&mut self) -> Result<&mut F, Failure> {
        #[cfg(feature = "torture")]
        crate::base::torture::may_panic(crate::base::torture::CALLBACK);
        // SAFETY: this is the exclusive entry (invariant, and by its type), and the result borrows
        // `self`.
        Ok(unsafe { &mut *self.0.cell.as_ptr() })
    }
}

impl<F> Entered<'_, F, false> {
    /// The closure.
    #[inline]
    pub(crate) fn closure(&mut self) -> Result<&F, Failure> {
        #[cfg(feature = "torture")]
        crate::base::torture::may_panic(crate::base::torture::CALLBACK);
        // SAFETY: an entry is outstanding (invariant), so the value is initialised and
        // nobody changes it while `self` is borrowed.
        Ok(unsafe { &*self.0.cell.as_ptr() })
    }
}

impl<F, const EXCLUSIVE: bool> Carrier for Entered<'_, F, EXCLUSIVE> {
    const SETTLES: bool = true;
    const ENTERS: bool = true;
    const RECORDS: usize = 0;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.0.cell.leave(Self::ACCESS);
    }
}

impl<F, const EXCLUSIVE: bool> Drop for Entered<'_, F, EXCLUSIVE> {
    #[inline]
    fn drop(&mut self) {
        if let Some(cause) = settle::unwinding()
            && self.0.on_panic.get() == OnPanic::Poison
        {
            crate::host::errors::keep_cause(as_js(&cause), "callback");
            self.0.cell.poison(cause);
        }
        self.0.cell.leave(Self::ACCESS);
    }
}

/// Takes a closure that is called once.
pub(crate) struct Taken<'a, F>(&'a ClosureSlot<F>);

impl<'a, F> Taken<'a, F> {
    #[inline]
    pub(crate) fn new(slot: &'a ClosureSlot<F>) -> Option<Self> {
        slot.cell.refusal().is_none().then_some(Taken(slot))
    }

    /// The closure; the call owns it.
    #[inline]
    pub(crate) fn closure(&mut self) -> Result<F, Failure> {
        #[cfg(feature = "torture")]
        crate::base::torture::may_panic(crate::base::torture::CALLBACK);
        let taken = self.0.cell.take();
        taken.map_err(|_| Failure::thrown(self.0.refused()))
    }
}

impl<F> Carrier for Taken<'_, F> {
    const SETTLES: bool = false;
    const ENTERS: bool = false;
    const RECORDS: usize = 0;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    #[inline(always)]
    fn finish(&mut self) {}
}
