//! What holds a resource for a call, and what becomes of it when the call ends. `unsafe`: the value is read and written
//! beneath an entry of its cell.
//!
//! # Invariant
//! While an [`Entry`] exists, an entry of its cell with the access of its type is outstanding.

use crate::base::cell::{Access, GuardedCell, Refusal};
use crate::base::thrown::Thrown;
use crate::call::settle::{self, Ending, OnPanic};
use crate::component::class::{Component, can_roll_back, records};
use crate::persist::policy::{JournalEntry, Persistence};

/// What an object keeps of its record.
pub(crate) type Record<T> = <<T as Component>::Persistence as Persistence<T>>::Record;

type Call<T> = <<T as Component>::Persistence as Persistence<T>>::Call;

/// An entry of a resource's cell.
pub(crate) struct Entry<'a, T: Component, const EXCLUSIVE: bool> {
    cell: &'a GuardedCell<T, Thrown>,
    record: &'a Record<T>,
    call: Call<T>,
    on_panic: OnPanic,
}

impl<'a, T: Component, const EXCLUSIVE: bool> Entry<'a, T, EXCLUSIVE> {
    const ACCESS: Access = match EXCLUSIVE {
        true => Access::Exclusive,
        false => Access::Shared,
    };

    #[inline]
    pub(crate) fn enter(
        cell: &'a GuardedCell<T, Thrown>,
        record: &'a Record<T>,
        on_panic: OnPanic,
    ) -> Result<Self, Refusal> {
        cell.enter(Self::ACCESS)?;
        Ok(Entry {
            cell,
            record,
            call: Call::<T>::default(),
            on_panic,
        })
    }

    /// Records the value as it is.
    pub(crate) fn accept(&self) {
        T::Persistence::accept(self.record, self.value());
    }

    /// The call, for the journal.
    #[inline]
    pub(crate) fn journal(&self, entry: JournalEntry) {
        T::Persistence::arm(&self.call, entry);
    }

    #[inline]
    pub(crate) fn value(&self) -> &T {
        // SAFETY: an entry is outstanding (invariant), so the value is initialised, and nobody changes it while `self` is
        // borrowed.
        unsafe { &*self.cell.as_ptr() }
    }

    /// The value, for the user's code.
    #[inline]
    pub(crate) fn get(&self) -> &T {
        if can_roll_back::<T>() && T::INTERIOR {
            T::Persistence::begin(&self.call, self.value());
        }
        self.value()
    }

    #[inline]
    fn commit(&self, returned_ok: bool) {
        if can_roll_back::<T>() {
            let pad = PoisonOnUnwind::<T, EXCLUSIVE>(self.cell);
            T::Persistence::commit(self.record, self.value(), &self.call, returned_ok);
            std::mem::forget(pad);
        }
    }

    /// The call returned a value. In place of the destructor.
    #[inline]
    pub(crate) fn finish(&self) {
        self.commit(true);
        self.cell.leave(Self::ACCESS);
    }

    /// Applies the policy after the call failed by `cause`.
    #[cold]
    #[inline(never)]
    fn fail(&mut self, cause: Option<Thrown>) {
        let pad = PoisonOnUnwind::<T, EXCLUSIVE>(self.cell);
        T::Persistence::abandon(&self.call);
        let poison = match self.on_panic {
            OnPanic::Keep => {
                if records::<T>() {
                    self.accept();
                }
                None
            }
            OnPanic::Poison => cause,
            OnPanic::Rollback if T::Persistence::is_untouched(&self.call) => None,
            OnPanic::Rollback => match self.roll_back() {
                Ok(()) => None,
                Err(why) => why.or(cause),
            },
        };
        if let Some(cause) = poison {
            self.cell.poison(cause);
        }
        std::mem::forget(pad);
    }

    /// Brings the value back to what it was before the call.
    fn roll_back(&mut self) -> Result<(), Option<Thrown>> {
        let record = self.record;
        if !EXCLUSIVE {
            return T::Persistence::restore(record, &self.call, self.value());
        }
        let before = T::Persistence::before(record, &self.call)?;
        // SAFETY: this is the exclusive entry (invariant), and nobody has a reference through it while it is dropped.
        let value = unsafe { &mut *self.cell.as_ptr() };
        settle::drop_quietly(std::mem::replace(value, before));
        Ok(())
    }
}

/// Poisons the object if an unwind leaves the end of an entry: memory that ran out while the end was told or recorded. What
/// the call failed by is the reason. Nothing is allocated here.
struct PoisonOnUnwind<'a, T: Component, const EXCLUSIVE: bool>(&'a GuardedCell<T, Thrown>);

impl<T: Component, const EXCLUSIVE: bool> Drop for PoisonOnUnwind<'_, T, EXCLUSIVE> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        self.0.poison(settle::unwinding());
        self.0.leave(Entry::<T, EXCLUSIVE>::ACCESS);
    }
}

impl<T: Component> Entry<'_, T, true> {
    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        if can_roll_back::<T>() {
            T::Persistence::begin(&self.call, self.value());
        }
        // SAFETY: this is the exclusive entry (invariant, and by its type), and the result borrows `self`.
        unsafe { &mut *self.cell.as_ptr() }
    }
}

impl<T: Component, const EXCLUSIVE: bool> Drop for Entry<'_, T, EXCLUSIVE> {
    #[inline]
    fn drop(&mut self) {
        match settle::ending() {
            Ending::Returned => self.commit(false),
            Ending::Failed(cause) => self.fail(cause),
        }
        self.cell.leave(Self::ACCESS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::component::{plain, told};
    use crate::persist::policy::Class;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    struct Counter(u32);

    /// What a record is where there is no memory for it.
    struct Full;

    impl Class for Counter {
        const NAME: &'static str = "Counter";
    }

    impl Component for Counter {
        const EXCLUSIVE: OnPanic = OnPanic::Rollback;
        const SHARED: OnPanic = OnPanic::Rollback;
        const INTERIOR: bool = false;
        type Persistence = Full;
    }

    impl Persistence<Counter> for Full {
        const ROLLS_BACK: bool = true;
        type Record = ();
        type Call = ();

        fn commit(_record: &(), _value: &Counter, _call: &(), _returned_ok: bool) {
            panic!("no room");
        }

        fn before(_record: &(), _call: &()) -> Result<Counter, Option<Thrown>> {
            panic!("no room");
        }
    }

    fn entered<const EXCLUSIVE: bool>(
        cell: &GuardedCell<Counter, Thrown>,
    ) -> Entry<'_, Counter, EXCLUSIVE> {
        Entry::enter(cell, &(), OnPanic::Rollback).expect("it is free")
    }

    #[test]
    fn an_unwind_that_leaves_the_end_of_an_entry_leaves_the_cell() {
        // As the guard has it: what is finished is not dropped.
        let ends: [fn(&GuardedCell<Counter, Thrown>); 3] = [
            |cell| std::mem::ManuallyDrop::new(entered::<true>(cell)).finish(),
            |cell| drop(entered::<true>(cell)),
            |cell| drop(entered::<false>(cell)),
        ];
        for end in ends {
            let cell = GuardedCell::new(Counter(1));
            assert!(catch_unwind(AssertUnwindSafe(|| end(&cell))).is_err());
            assert_eq!(cell.refusal(), Some(Refusal::Poisoned));
            assert!(cell.cause().is_none(), "the call had not failed");
            assert!(cell.clear_poison());
            assert_eq!(cell.refusal(), None, "nobody is inside");
            assert_eq!(cell.into_inner().map(|counter| counter.0), Some(1));
        }
    }

    #[test]
    fn what_the_call_failed_by_is_why_such_an_object_is_poisoned() {
        let cell = GuardedCell::new(Counter(1));
        settle::settle(entered::<true>(&cell), plain("first"));
        assert_eq!(cell.refusal(), Some(Refusal::Poisoned));
        let cause = cell.cause();
        let cause = cause.map(|cause| told(cause).message);
        assert_eq!(cause.as_deref(), Some("first"));
    }
}
