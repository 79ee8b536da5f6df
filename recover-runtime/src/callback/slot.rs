//! A closure with the state that its calls go through, and what holds it for a call.
//! One of the files with `unsafe`; nothing of JavaScript's functions is known here.
//!
//! # Invariant
//! An [`Entered`] that was let in has an entry into the cell of its slot outstanding, so a
//! reference through it obeys the invariants 1 to 3 of `cell`.

use super::host;
use crate::cell::{Access, GuardedCell, Refusal};
use crate::failure::Failure;
use crate::guard::{self, Carrier};
use crate::object::OnPanic;
use std::any::type_name;
use std::cell::Cell;
use wasm_bindgen::JsValue;

/// A closure and its state.
pub struct Slot<F> {
    cell: GuardedCell<F, JsValue>,
    on_panic: Cell<OnPanic>,
    /// No call gets in any more; the closure may be running still.
    closed: Cell<bool>,
}

/// What a handle asks of a slot, whatever closure is in it.
pub(super) trait Control {
    fn set_on_panic(&self, on_panic: OnPanic);
    fn is_poisoned(&self) -> bool;
    fn clear_poison(&self) -> bool;
    fn close(&self);
}

impl<F> Slot<F> {
    /// What errors call the closure.
    pub(super) const NAME: fn() -> &'static str = type_name::<F>;

    pub(super) fn new(closure: F) -> Self {
        Slot {
            cell: GuardedCell::new(closure),
            on_panic: Cell::new(OnPanic::Poison),
            closed: Cell::new(false),
        }
    }

    #[inline]
    fn enter(&self, access: Access) -> Result<(), Refusal> {
        if self.closed.get() {
            return Err(Refusal::Stale);
        }
        self.cell.enter(access)
    }

    #[inline]
    fn leave(&self, access: Access) {
        self.cell.leave(access);
        if self.closed.get() {
            self.emptied();
        }
    }

    /// Drops the closure of a slot that was closed while it ran; nobody is there to be
    /// told of a panic.
    #[cold]
    fn emptied(&self) {
        if let Ok(closure) = self.cell.take() {
            guard::drop_reporting(closure, Self::NAME());
        }
    }

    #[cold]
    fn refused(&self, refusal: Refusal) -> Failure {
        let cause = match refusal {
            Refusal::Poisoned => self.cell.cause(),
            _ => None,
        };
        let cause = cause.unwrap_or(JsValue::UNDEFINED);
        Failure::Thrown(host::refused(refusal, Self::NAME(), &cause))
    }
}

impl<F> Control for Slot<F> {
    fn set_on_panic(&self, on_panic: OnPanic) {
        self.on_panic.set(on_panic);
    }

    fn is_poisoned(&self) -> bool {
        self.cell.is_poisoned()
    }

    fn clear_poison(&self) -> bool {
        self.cell.clear_poison()
    }

    /// Drops the closure, or leaves that to the call that is under way.
    fn close(&self) {
        self.closed.set(true);
        self.cell.clear_poison();
        drop(self.cell.take());
    }
}

impl<F> Drop for Slot<F> {
    /// For the last owner, a finalizer perhaps, that has no caller to panic to.
    fn drop(&mut self) {
        self.cell.clear_poison();
        let cell = std::mem::replace(&mut self.cell, GuardedCell::gone());
        if cell.refusal() == Some(Refusal::Busy) {
            // Its call was left in a way that Rust did not see, in the midst of whatever
            // it did: the closure may not be fit to be dropped.
            std::mem::forget(cell);
        } else if let Some(closure) = cell.into_inner() {
            guard::drop_reporting(closure, Self::NAME());
        }
    }
}

/// Holds a closure for a call.
pub(super) struct Entered<'a, F, const EXCLUSIVE: bool> {
    slot: &'a Slot<F>,
    refusal: Option<Refusal>,
}

impl<'a, F, const EXCLUSIVE: bool> Entered<'a, F, EXCLUSIVE> {
    const ACCESS: Access = if EXCLUSIVE {
        Access::Exclusive
    } else {
        Access::Shared
    };

    #[inline]
    pub(super) fn new(slot: &'a Slot<F>) -> Self {
        Entered {
            slot,
            refusal: slot.enter(Self::ACCESS).err(),
        }
    }
}

impl<F> Entered<'_, F, true> {
    /// The closure.
    #[inline]
    pub(super) fn closure(&mut self) -> Result<&mut F, Failure> {
        self.check()?;
        // SAFETY: there is no refusal, so an exclusive entry is outstanding (invariant, and
        // by its type); it is borrowed for as long as the result.
        Ok(unsafe { &mut *self.slot.cell.as_ptr() })
    }
}

impl<F> Entered<'_, F, false> {
    /// The closure.
    #[inline]
    pub(super) fn closure(&mut self) -> Result<&F, Failure> {
        self.check()?;
        // SAFETY: there is no refusal, so an entry is outstanding (invariant): the value is
        // initialised and nobody changes it while `self` is borrowed.
        Ok(unsafe { &*self.slot.cell.as_ptr() })
    }
}

impl<F, const EXCLUSIVE: bool> Carrier for Entered<'_, F, EXCLUSIVE> {
    const SETTLES: bool = true;
    const ENTERS: bool = true;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match self.refusal {
            None => Ok(()),
            Some(refusal) => Err(self.slot.refused(refusal)),
        }
    }

    #[inline(always)]
    fn finish(&mut self) {
        if self.refusal.is_none() {
            self.slot.leave(Self::ACCESS);
        }
    }
}

impl<F, const EXCLUSIVE: bool> Drop for Entered<'_, F, EXCLUSIVE> {
    #[inline]
    fn drop(&mut self) {
        if self.refusal.is_some() {
            return;
        }
        if let Some(cause) = guard::unwinding()
            && self.slot.on_panic.get() == OnPanic::Poison
            && !self.slot.closed.get()
        {
            crate::host::let_go(&cause);
            self.slot.cell.poison(cause);
        }
        self.slot.leave(Self::ACCESS);
    }
}

/// Takes a closure that is called once.
pub(super) struct Taken<'a, F>(&'a Slot<F>);

impl<'a, F> Taken<'a, F> {
    #[inline]
    pub(super) fn new(slot: &'a Slot<F>) -> Self {
        Taken(slot)
    }

    /// The closure; the call owns it.
    #[inline]
    pub(super) fn closure(&mut self) -> Result<F, Failure> {
        self.0
            .cell
            .take()
            .map_err(|refusal| self.0.refused(refusal))
    }
}

impl<F> Carrier for Taken<'_, F> {
    const SETTLES: bool = false;
    const ENTERS: bool = false;

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match self.0.cell.refusal() {
            None => Ok(()),
            Some(refusal) => Err(self.0.refused(refusal)),
        }
    }

    #[inline(always)]
    fn finish(&mut self) {}
}
