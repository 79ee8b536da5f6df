//! The guarded cell: one word of state, the value, and what poisoned it.
//!
//! This is the state machine that every exported object goes through. It knows
//! nothing of JavaScript or wasm-bindgen, so that it runs on the host under
//! Miri; conversions and error classes may not live here. It is one of the
//! files with `unsafe`.
//!
//! # Invariants
//! 1. `value` is initialised exactly while `GONE` is clear. `GONE`, once set, stays until a value
//!    is put back.
//! 2. While `EXCLUSIVE` is set and `GONE` is clear, one [`Access::Exclusive`] entry is
//!    outstanding, the reader count is zero and nobody else touches `value`.
//! 3. While the reader count is above zero, `value` is only read.
//! 4. The cell is used by one thread: `Cell` makes it `!Sync`.
//! 5. Beside `GONE`, the other flags only say which refusal a cell that never had a
//!    value stands in for.
//! 6. An entry *through* the cell is that of a class that extends the value's: it holds the whole
//!    object, and touches this value only by a borrow. While `LENT` is set one
//!    mutable borrow is outstanding, no entry but those through the cell, and no other borrow.
//!    Other borrows are counted as readers; beneath an exclusive entry (2) there are no others.

use crate::base::shared::refusal;
use std::cell::{Cell, UnsafeCell};
#[cfg(test)]
use std::mem::ManuallyDrop;
use std::mem::MaybeUninit;

const EXCLUSIVE: u32 = 1 << 31;

const POISONED: u32 = 1 << 30;

const GONE: u32 = 1 << 29;

const RETIRED: u32 = 1 << 28;

/// Rust borrows the value mutably, beneath entries through the cell.
const LENT: u32 = 1 << 27;

/// Readers are counted in the bits below the flags.
const READERS: u32 = LENT - 1;

/// Why a cell refused an entry, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The value was freed or consumed.
    Stale = refusal::STALE as isize,
    /// Another call holds the value.
    Busy = refusal::BUSY as isize,
    /// A call panicked while it held the value.
    Poisoned = refusal::POISONED as isize,
}

/// How an entry uses the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_os = "wasi", allow(unreachable_pub))]
pub enum Access {
    /// `&T`: any number at once.
    Shared,
    /// `&mut T`: alone.
    Exclusive,
}

/// A value that is free, held by readers, held by one writer, poisoned or gone.
///
/// `C` is what a poisoned cell keeps as the cause.
pub(crate) struct GuardedCell<T, C> {
    state: Cell<u32>,
    /// How many of the entries go through the cell.
    through: Cell<u32>,
    cause: Cell<Option<C>>,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T, C> GuardedCell<T, C> {
    /// A free cell that holds `value`.
    pub(crate) const fn new(value: T) -> Self {
        GuardedCell {
            state: Cell::new(0),
            through: Cell::new(0),
            cause: Cell::new(None),
            value: UnsafeCell::new(MaybeUninit::new(value)),
        }
    }

    /// A cell without a value, which refuses every entry with `refusal`.
    pub(crate) const fn refusing(refusal: Refusal, cause: Option<C>) -> Self {
        let as_if = match refusal {
            Refusal::Stale => 0,
            Refusal::Busy => EXCLUSIVE,
            Refusal::Poisoned => POISONED,
        };
        GuardedCell {
            state: Cell::new(GONE | as_if),
            through: Cell::new(0),
            cause: Cell::new(cause),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// A cell whose value is gone: every entry is refused as stale.
    pub(crate) const fn gone() -> Self {
        GuardedCell::refusing(Refusal::Stale, None)
    }

    /// Where its word of state is.
    pub(crate) fn state_address(&self) -> usize {
        self.state.as_ptr() as usize
    }

    /// Enters the cell, or says why not. [`GuardedCell::leave`] must follow.
    #[inline]
    pub(crate) fn enter(&self, access: Access) -> Result<(), Refusal> {
        let state = self.state.get();
        match access {
            Access::Exclusive if state == 0 => self.state.set(EXCLUSIVE),
            Access::Shared if state < READERS => self.state.set(state + 1),
            _ => return Err(self.why()),
        }
        Ok(())
    }

    /// Why the entry that was tried is refused: by too many readers, if by nothing else.
    #[cold]
    #[inline(never)]
    fn why(&self) -> Refusal {
        self.refusal().unwrap_or(Refusal::Busy)
    }

    /// Why an exclusive entry would be refused now.
    #[cold]
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let state = self.state.get();
        if state & RETIRED != 0 || state & GONE != 0 && state & (EXCLUSIVE | POISONED) == 0 {
            Some(Refusal::Stale)
        } else if state & (EXCLUSIVE | LENT | READERS) != 0 {
            Some(Refusal::Busy)
        } else if state & POISONED != 0 {
            Some(Refusal::Poisoned)
        } else {
            None
        }
    }

    /// Ends an entry made with the same `access`.
    #[inline]
    pub(crate) fn leave(&self, access: Access) {
        let state = self.state.get();
        self.state.set(match access {
            Access::Exclusive => state & !EXCLUSIVE,
            Access::Shared => state - 1,
        });
    }

    /// Enters through the cell, for a class that extends the value's.
    #[inline]
    pub(crate) fn enter_through(&self, access: Access) -> Result<(), Refusal> {
        self.enter(access)?;
        self.through.set(self.through.get() + 1);
        Ok(())
    }

    /// Ends an entry through the cell.
    #[inline]
    pub(crate) fn leave_through(&self, access: Access) {
        self.through.set(self.through.get() - 1);
        self.leave(access);
    }

    /// Counts the entry under way as one through the cell, while `read` borrows the value.
    pub(crate) fn reading_through<R>(&self, read: impl FnOnce() -> R) -> R {
        struct Ends<'a>(&'a Cell<u32>);
        impl Drop for Ends<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        self.through.set(self.through.get() + 1);
        let _ends = Ends(&self.through);
        read()
    }

    /// Borrows the value, if nobody else has it mutably. [`GuardedCell::end_borrow`] must follow.
    pub(crate) fn borrow(&self) -> bool {
        let state = self.state.get();
        let is_held = state & EXCLUSIVE != 0 && self.through.get() == 0;
        let may = state & (LENT | GONE) == 0 && !is_held && state & READERS != READERS;
        if may {
            self.state.set(state + 1);
        }
        may
    }

    /// Ends a borrow.
    pub(crate) fn end_borrow(&self) {
        self.state.set(self.state.get() - 1);
    }

    /// Borrows the value mutably, if nobody else has it. [`GuardedCell::end_borrow_mut`] must follow.
    pub(crate) fn borrow_mut(&self) -> bool {
        let (state, through) = (self.state.get(), self.through.get());
        let entries = match state & EXCLUSIVE != 0 {
            true if through == 0 => return false,
            true => 0,
            false => through,
        };
        let may = state & (LENT | GONE) == 0 && state & READERS == entries;
        if may {
            self.state.set(state | LENT);
        }
        may
    }

    /// Ends a mutable borrow.
    pub(crate) fn end_borrow_mut(&self) {
        self.state.set(self.state.get() & !LENT);
    }

    /// Refuses every later entry with [`Refusal::Poisoned`]; entries under way
    /// go on. The first cause is kept.
    pub(crate) fn poison(&self, cause: impl Into<Option<C>>) {
        let state = self.state.get();
        if state & (POISONED | GONE | RETIRED) == 0 {
            self.cause.set(cause.into());
            self.state.set(state | POISONED);
        }
    }

    /// Clears the poison; `true` if there was any.
    pub(crate) fn clear_poison(&self) -> bool {
        let state = self.state.get();
        self.state.set(state & !POISONED);
        self.cause.set(None);
        state & POISONED != 0
    }

    /// Whether the value is poisoned.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.state.get() & POISONED != 0
    }

    /// Whether there is a value, whoever has it.
    #[cfg(all(feature = "component", not(target_os = "unknown")))]
    pub(crate) fn has_value(&self) -> bool {
        self.state.get() & GONE == 0
    }

    /// Whether an exclusive entry is outstanding.
    pub(crate) fn is_written(&self) -> bool {
        self.state.get() & (EXCLUSIVE | GONE) == EXCLUSIVE
    }

    /// What poisoned the cell.
    pub(crate) fn cause(&self) -> Option<C>
    where
        C: Clone,
    {
        let cause = self.cause.take();
        self.cause.set(cause.clone());
        cause
    }

    /// The address of the value. An entry says how it may be used.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.value.get().cast()
    }

    /// Takes the value out, or says why not. A poisoned value stays inside.
    pub(crate) fn take(&self) -> Result<T, Refusal> {
        self.enter(Access::Exclusive)?;
        self.state.set(GONE);
        // SAFETY: the entry succeeded, so the state was 0: GONE was clear and the
        // value is initialised (1), nobody else touches it (2, 3). GONE is set now,
        // so it is never read again.
        Ok(unsafe { self.as_ptr().read() })
    }

    /// Puts a value into a cell whose value was taken; gives it back if the cell has one, or stands
    /// in for a refusal.
    pub(crate) fn put_back(&self, value: T) -> Result<(), T> {
        if self.state.get() != GONE {
            return Err(value);
        }
        // SAFETY: GONE is set, so the value is not initialised (1) and nobody reads it; no flag or
        // reader beside it is set, so no entry is outstanding (2, 3).
        unsafe { self.as_ptr().write(value) };
        self.state.set(0);
        Ok(())
    }

    /// Refuses every later entry as stale; entries under way go on. The value stays until
    /// it is reclaimed.
    pub(crate) fn retire(&self) {
        self.state.set(self.state.get() | RETIRED);
    }

    /// Takes the value out of a retired cell, poisoned or not, once nobody holds it.
    pub(crate) fn reclaim(&self) -> Option<T> {
        if self.state.get() & !POISONED != RETIRED {
            return None;
        }
        self.state.set(RETIRED | GONE);
        self.cause.set(None);
        // SAFETY: GONE was clear, so the value is initialised (1), and neither an
        // exclusive entry nor a reader is outstanding (2, 3). GONE is set now, so it is
        // never read again.
        Some(unsafe { self.as_ptr().read() })
    }

    /// The value, if it is not gone; the cell is dropped without it.
    #[cfg(test)]
    pub(crate) fn into_inner(self) -> Option<T> {
        let mut this = ManuallyDrop::new(self);
        drop(this.cause.take());
        if this.state.get() & GONE != 0 {
            return None;
        }
        // SAFETY: GONE is clear, so the value is initialised (1); `self` is owned
        // and never dropped, so this is the only read.
        Some(unsafe { this.value.get_mut().assume_init_read() })
    }
}

impl<T, C> Drop for GuardedCell<T, C> {
    fn drop(&mut self) {
        if self.state.get() & GONE == 0 {
            self.state.set(GONE);
            // SAFETY: GONE was clear, so the value is initialised (1); it is set
            // before the drop runs, so a panic in it cannot drop it twice.
            unsafe { self.value.get_mut().assume_init_drop() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    type TestCell = GuardedCell<Vec<u32>, &'static str>;

    fn cell() -> TestCell {
        GuardedCell::new(vec![1, 2, 3])
    }

    #[test]
    fn readers_share_and_exclude_a_writer() {
        let cell = cell();
        assert_eq!(cell.enter(Access::Shared), Ok(()));
        assert_eq!(cell.enter(Access::Shared), Ok(()));
        assert_eq!(cell.enter(Access::Exclusive), Err(Refusal::Busy));
        cell.leave(Access::Shared);
        assert_eq!(cell.refusal(), Some(Refusal::Busy));
        assert_eq!(cell.enter(Access::Exclusive), Err(Refusal::Busy));
        cell.leave(Access::Shared);
        assert_eq!(cell.refusal(), None);
        assert_eq!(cell.enter(Access::Exclusive), Ok(()));
    }

    #[test]
    fn a_writer_excludes_readers_and_writers() {
        let cell = cell();
        cell.enter(Access::Exclusive).unwrap();
        // SAFETY: the exclusive entry above is outstanding.
        unsafe { (*cell.as_ptr()).push(4) };
        assert_eq!(cell.enter(Access::Shared), Err(Refusal::Busy));
        assert_eq!(cell.enter(Access::Exclusive), Err(Refusal::Busy));
        assert_eq!(cell.take(), Err(Refusal::Busy));
        assert!(cell.is_written());
        cell.leave(Access::Exclusive);
        assert!(!cell.is_written());
        assert_eq!(cell.take(), Ok(vec![1, 2, 3, 4]));
    }

    #[test]
    fn poison_refuses_until_cleared_and_keeps_the_first_cause() {
        let cell = cell();
        cell.enter(Access::Exclusive).unwrap();
        cell.poison("first");
        assert_eq!(
            cell.enter(Access::Shared),
            Err(Refusal::Busy),
            "busy is the stronger reason"
        );
        cell.leave(Access::Exclusive);
        cell.poison("second");
        assert_eq!(cell.enter(Access::Shared), Err(Refusal::Poisoned));
        assert_eq!(cell.enter(Access::Exclusive), Err(Refusal::Poisoned));
        assert_eq!(cell.take(), Err(Refusal::Poisoned));
        assert_eq!(cell.cause(), Some("first"));
        assert_eq!(cell.cause(), Some("first"), "asking does not use it up");
        assert!(cell.clear_poison());
        assert!(!cell.clear_poison());
        assert_eq!(cell.cause(), None);
        assert_eq!(cell.enter(Access::Exclusive), Ok(()));
    }

    #[test]
    fn a_reader_may_poison_while_another_reads() {
        let cell = cell();
        cell.enter(Access::Shared).unwrap();
        cell.enter(Access::Shared).unwrap();
        cell.poison("torn");
        cell.leave(Access::Shared);
        assert_eq!(cell.refusal(), Some(Refusal::Busy));
        assert_eq!(cell.enter(Access::Exclusive), Err(Refusal::Busy));
        cell.leave(Access::Shared);
        assert_eq!(cell.enter(Access::Shared), Err(Refusal::Poisoned));
    }

    #[test]
    fn a_cell_stays_stale_once_its_value_is_taken() {
        let cell = cell();
        assert_eq!(cell.take(), Ok(vec![1, 2, 3]));
        for access in [Access::Shared, Access::Exclusive] {
            assert_eq!(cell.enter(access), Err(Refusal::Stale));
        }
        cell.poison("late");
        assert!(!cell.is_poisoned());
        assert_eq!(cell.refusal(), Some(Refusal::Stale));
        assert_eq!(cell.into_inner(), None);
        assert_eq!(TestCell::gone().take(), Err(Refusal::Stale));
    }

    #[test]
    fn a_value_is_put_back_only_where_one_was_taken() {
        let cell = cell();
        assert_eq!(cell.put_back(vec![4]), Err(vec![4]), "it has one");
        assert_eq!(cell.take(), Ok(vec![1, 2, 3]));
        assert_eq!(cell.put_back(vec![4]), Ok(()));
        assert_eq!(cell.refusal(), None);
        assert_eq!(cell.put_back(vec![5]), Err(vec![5]));
        assert_eq!(cell.into_inner(), Some(vec![4]));
        for refusal in [Refusal::Busy, Refusal::Poisoned] {
            let stand_in = TestCell::refusing(refusal, None);
            assert_eq!(stand_in.put_back(vec![4]), Err(vec![4]));
        }
    }

    #[test]
    fn a_stand_in_refuses_with_its_reason() {
        for refusal in [Refusal::Stale, Refusal::Busy, Refusal::Poisoned] {
            let cell = TestCell::refusing(refusal, Some("torn"));
            assert_eq!(cell.refusal(), Some(refusal));
            assert_eq!(cell.enter(Access::Shared), Err(refusal));
            assert_eq!(cell.take(), Err(refusal));
            assert_eq!(cell.cause(), Some("torn"));
            cell.clear_poison();
            assert!(cell.take().is_err(), "it never has a value");
            assert_eq!(cell.into_inner(), None);
        }
    }

    #[test]
    fn the_value_is_dropped_once() {
        let token = Rc::new(());
        let make = || GuardedCell::<_, ()>::new(token.clone());
        drop(make());
        drop(make().into_inner());
        drop(make().take());
        let poisoned = make();
        poisoned.poison(());
        drop(poisoned);
        assert_eq!(Rc::strong_count(&token), 1);
    }

    #[test]
    fn a_destructor_that_panics_does_not_run_again() {
        struct Bomb {
            _token: Rc<()>,
        }
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in drop");
            }
        }
        let token = Rc::new(());
        let cell = GuardedCell::<_, ()>::new(Bomb {
            _token: token.clone(),
        });
        assert!(catch_unwind(AssertUnwindSafe(|| drop(cell))).is_err());
        assert_eq!(Rc::strong_count(&token), 1);
    }

    #[test]
    fn a_retired_cell_is_stale_and_gives_its_value_to_whoever_leaves_last() {
        for access in [Access::Shared, Access::Exclusive] {
            let cell = cell();
            assert_eq!(cell.reclaim(), None, "it is not retired");
            cell.enter(access).unwrap();
            cell.retire();
            assert_eq!(cell.enter(Access::Shared), Err(Refusal::Stale));
            assert_eq!(cell.enter(Access::Exclusive), Err(Refusal::Stale));
            assert_eq!(cell.take(), Err(Refusal::Stale));
            assert_eq!(cell.reclaim(), None, "it is held");
            cell.poison("late");
            assert!(!cell.is_poisoned());
            cell.leave(access);
            assert_eq!(cell.reclaim(), Some(vec![1, 2, 3]));
            assert_eq!(cell.reclaim(), None, "it is gone");
            assert_eq!(cell.refusal(), Some(Refusal::Stale));
        }
        let cell = cell();
        cell.poison("torn");
        cell.retire();
        assert_eq!(cell.refusal(), Some(Refusal::Stale));
        assert_eq!(cell.reclaim(), Some(vec![1, 2, 3]));
        assert_eq!(cell.cause(), None);
    }

    #[test]
    fn a_borrow_beneath_entries_through_the_cell_excludes_the_others() {
        for access in [Access::Shared, Access::Exclusive] {
            let cell = cell();
            cell.enter_through(access).unwrap();
            assert!(cell.borrow());
            assert!(cell.borrow());
            assert!(!cell.borrow_mut(), "it is borrowed");
            cell.end_borrow();
            cell.end_borrow();
            assert!(cell.borrow_mut());
            assert!(
                !cell.borrow() && !cell.borrow_mut(),
                "it is borrowed mutably"
            );
            assert_eq!(cell.enter(Access::Shared), Err(Refusal::Busy));
            assert_eq!(cell.enter_through(Access::Shared), Err(Refusal::Busy));
            cell.end_borrow_mut();
            cell.leave_through(access);
            assert_eq!(cell.refusal(), None);
        }
    }

    #[test]
    fn an_entry_of_the_class_itself_excludes_a_mutable_borrow() {
        let cell = cell();
        cell.enter_through(Access::Shared).unwrap();
        cell.enter(Access::Shared).unwrap();
        assert!(!cell.borrow_mut(), "a call reads it");
        assert!(cell.borrow());
        cell.end_borrow();
        cell.leave(Access::Shared);
        assert!(cell.borrow_mut());
        cell.end_borrow_mut();
        cell.leave_through(Access::Shared);
        cell.enter(Access::Exclusive).unwrap();
        assert!(!cell.borrow() && !cell.borrow_mut(), "a call writes it");
        assert!(cell.reading_through(|| cell.borrow()), "its end reads it");
        cell.end_borrow();
        cell.leave(Access::Exclusive);
        let gone = TestCell::gone();
        assert!(!gone.borrow() && !gone.borrow_mut());
    }

    #[test]
    fn a_value_that_no_object_has_is_borrowed_as_any_other() {
        let cell = cell();
        assert!(cell.borrow_mut());
        assert_eq!(cell.refusal(), Some(Refusal::Busy));
        cell.end_borrow_mut();
        assert!(cell.borrow() && cell.borrow());
    }

    #[test]
    fn the_reader_count_cannot_reach_the_flags() {
        let cell = cell();
        cell.state.set(READERS);
        assert_eq!(cell.enter(Access::Shared), Err(Refusal::Busy));
        assert_eq!(cell.refusal(), Some(Refusal::Busy));
        cell.state.set(0);
    }
}
