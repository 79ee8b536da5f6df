//! The `&self` and `&mut self` of a synchronous export: the guard of the cell, or its refusal.

use crate::call::carrier::Carrier;
use crate::call::failure::Failure;
use crate::call::settle::OnPanic;
use crate::object::class::{Recoverable, Refusing};
use crate::object::entry::CellGuard;
use crate::object::pointer::Object;
use crate::persist::policy::{JournalEntry, Persistence};

/// A receiver: the guard of the cell for a call, or the refusal.
pub struct Receiver<'a, T: Recoverable, const EXCLUSIVE: bool>(
    Result<CellGuard<'a, T, EXCLUSIVE>, Refusing<'a, T>>,
);

/// A `&self` receiver.
pub type SharedReceiver<'a, T> = Receiver<'a, T, false>;

/// A `&mut self` receiver.
pub type ExclusiveReceiver<'a, T> = Receiver<'a, T, true>;

impl<'a, T: Recoverable, const EXCLUSIVE: bool> Receiver<'a, T, EXCLUSIVE> {
    /// Enters the object for a call.
    #[inline]
    pub fn enter(object: &'a Object<T>, on_panic: OnPanic) -> Self {
        Receiver(CellGuard::new(object, on_panic))
    }

    /// The guard. That there is one was checked before the body.
    #[inline]
    fn entry(&mut self) -> Result<&mut CellGuard<'a, T, EXCLUSIVE>, Failure> {
        self.0.as_mut().map_err(|_| Failure::UNCHECKED)
    }
}

impl<T: Recoverable> SharedReceiver<'_, T> {
    /// The user's `&self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&T, Failure> {
        Ok(self.entry()?.get())
    }
}

impl<T: Recoverable> ExclusiveReceiver<'_, T> {
    /// The user's `&mut self`.
    ///
    /// # Errors
    /// The refusal of the cell.
    #[inline]
    pub fn get(&mut self) -> Result<&mut T, Failure> {
        Ok(self.entry()?.get_mut())
    }

    /// Keeps the journal entry of the call.
    #[inline]
    pub fn journal(&mut self, entry: JournalEntry) {
        if let Ok(this) = &self.0 {
            T::Persistence::arm(&this.call, entry);
        }
    }
}

impl<T: Recoverable, const EXCLUSIVE: bool> Carrier for Receiver<'_, T, EXCLUSIVE> {
    const SETTLES: bool = true;
    const ENTERS: bool = true;
    const RECORDS: usize = (T::Persistence::PERSISTS && (EXCLUSIVE || T::INTERIOR)) as usize;

    #[inline(always)]
    fn is_refused(&self) -> bool {
        self.0.is_err()
    }

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        match &self.0 {
            Ok(_) => Ok(()),
            Err(refusing) => Err(refusing.failure()),
        }
    }

    #[inline(always)]
    fn finish(&mut self) {
        if let Ok(entry) = &self.0 {
            entry.commit(true);
            entry.cell.leave(CellGuard::<T, EXCLUSIVE>::ACCESS);
        }
    }
}
