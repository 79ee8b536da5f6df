//! What holds a cell while a call borrows its value: the receivers of our
//! exports, and the anchors that wasm-bindgen keeps for `&T` and `&mut T`
//! arguments. One of the files with `unsafe`; why an entry is refused and what a
//! panic does to it stands in `object`.
//!
//! # Invariant
//! An [`Entry`] exists exactly while an entry into its cell is outstanding, so a
//! reference through it obeys the invariants 1 to 3 of `cell`.

use crate::abi::{Object, ObjectCell};
use crate::carrier::Kept;
use crate::cell::Access;
use crate::failure::{Failure, Refused};
use crate::guard::{self, Carrier, Ending};
use crate::host;
use crate::object::{self, OnPanic, Recoverable};
use crate::persist::{CallOf, Entry as JournalEntry, Persistence};
use std::borrow::Borrow;
use std::mem::transmute;
use std::ops::{Deref, DerefMut};
use wasm_bindgen::JsValue;

struct Entry<'a, T: Recoverable, const EXCLUSIVE: bool> {
    cell: &'a ObjectCell<T>,
    on_panic: OnPanic,
    /// For a class whose objects persist.
    call: CallOf<T>,
}

impl<'a, T: Recoverable, const EXCLUSIVE: bool> Entry<'a, T, EXCLUSIVE> {
    const ACCESS: Access = if EXCLUSIVE {
        Access::Exclusive
    } else {
        Access::Shared
    };

    #[inline]
    fn new(object: &'a Object<T>, on_panic: OnPanic) -> Result<Self, &'static str> {
        Ok(Entry {
            cell: object::enter(object, Self::ACCESS)?,
            on_panic,
            call: CallOf::<T>::default(),
        })
    }

    #[inline]
    fn value(&self) -> &T {
        // SAFETY: an entry is outstanding (invariant), so the value is initialised
        // and, while `self` is borrowed, nobody changes it.
        unsafe { &*self.cell.as_ptr() }
    }

    /// The value, for the user's code.
    #[inline]
    fn get(&self) -> &T {
        if T::INTERIOR {
            T::Persistence::begin(&self.call, self.value());
        }
        self.value()
    }

    #[inline]
    fn commit(&self, well: bool) {
        if T::Persistence::PERSISTS {
            let ending = Unended::<T, EXCLUSIVE>(self.cell);
            T::Persistence::commit(&self.cell.record, self.value(), &self.call, well);
            std::mem::forget(ending);
        }
    }

    /// The call failed by `cause`, or was given up.
    #[cold]
    #[inline(never)]
    fn fail(&mut self, cause: Option<JsValue>) {
        guard::may_unwind();
        let ending = Unended::<T, EXCLUSIVE>(self.cell);
        T::Persistence::abandon(&self.call);
        let poison = match (self.on_panic, cause) {
            (OnPanic::Keep, _) | (OnPanic::Poison, None) => {
                T::Persistence::accept(&self.cell.record, self.value());
                None
            }
            (OnPanic::Poison, cause) => cause,
            (OnPanic::Rollback, cause) if !EXCLUSIVE => cause,
            (OnPanic::Rollback, cause) => {
                match T::Persistence::before(&self.cell.record, &self.call) {
                    Ok(before) => {
                        // SAFETY: this is the exclusive entry (invariant), and nobody has a
                        // reference through it while it is dropped.
                        let value = unsafe { &mut *self.cell.as_ptr() };
                        let torn = std::mem::replace(value, before);
                        guard::quietly(|| guard::drop_apart(torn));
                        None
                    }
                    Err(why) => why.or(cause),
                }
            }
        };
        if let Some(cause) = poison {
            host::let_go(&cause);
            self.cell.poison(cause);
        }
        std::mem::forget(ending);
    }
}

/// The end of an entry, which may run code of the user's: its `Serialize`, its `Drop`, what
/// is replayed. Dropped where an exception of JavaScript's leaves that.
struct Unended<'a, T: Recoverable, const EXCLUSIVE: bool>(&'a ObjectCell<T>);

impl<T: Recoverable, const EXCLUSIVE: bool> Drop for Unended<'_, T, EXCLUSIVE> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        let cause = host::crossed(T::CLASS);
        host::let_go(&cause);
        self.0.poison(cause);
        self.0.leave(Entry::<T, EXCLUSIVE>::ACCESS);
    }
}

/// Reads the value of a cell that nobody writes.
pub(crate) fn look<T: Recoverable, R>(
    cell: &ObjectCell<T>,
    read: impl FnOnce(&T) -> R,
) -> Option<R> {
    cell.enter(Access::Shared).ok()?;
    let entry = Entry::<T, false> {
        cell,
        on_panic: OnPanic::Keep,
        call: CallOf::<T>::default(),
    };
    Some(read(entry.value()))
}

impl<T: Recoverable> Entry<'_, T, true> {
    #[inline]
    fn get_mut(&mut self) -> &mut T {
        T::Persistence::begin(&self.call, self.value());
        // SAFETY: this is the exclusive entry (invariant, and by its type), and it is
        // borrowed for as long as the result.
        unsafe { &mut *self.cell.as_ptr() }
    }
}

impl<T: Recoverable, const EXCLUSIVE: bool> Drop for Entry<'_, T, EXCLUSIVE> {
    #[inline]
    fn drop(&mut self) {
        match guard::ending() {
            Ending::Returned => self.commit(false),
            Ending::Failed(cause) => self.fail(cause),
        }
        self.cell.leave(Self::ACCESS);
    }
}

/// A receiver: the entry for a call, or why there is none.
pub struct Receiver<'a, T: Recoverable, const EXCLUSIVE: bool>(
    Result<Entry<'a, T, EXCLUSIVE>, Refused>,
);

/// A `&self` receiver.
pub type SharedReceiver<'a, T> = Receiver<'a, T, false>;

/// A `&mut self` receiver.
pub type ExclusiveReceiver<'a, T> = Receiver<'a, T, true>;

impl<'a, T: Recoverable, const EXCLUSIVE: bool> Receiver<'a, T, EXCLUSIVE> {
    /// Enters the object for a call.
    #[inline]
    pub fn enter(object: &'a Object<T>, on_panic: OnPanic) -> Self {
        Receiver(Entry::new(object, on_panic).map_err(Refused::new))
    }

    #[inline]
    fn entry(&mut self) -> Result<&mut Entry<'a, T, EXCLUSIVE>, Failure> {
        self.0.as_mut().map_err(Refused::take)
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

    /// The call under way, for the journal.
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

    #[inline(always)]
    fn check(&mut self) -> Result<(), Failure> {
        self.entry().map(|_| ())
    }

    #[inline(always)]
    fn finish(&mut self) {
        if let Ok(entry) = &self.0 {
            entry.commit(true);
            entry.cell.leave(Entry::<T, EXCLUSIVE>::ACCESS);
        }
    }
}

/// Holds an argument: an entry that keeps its object alive.
pub struct Anchor<T: Recoverable, const EXCLUSIVE: bool> {
    // Ends before the object below is let go.
    entry: Entry<'static, T, EXCLUSIVE>,
    _object: Object<T>,
}

/// Holds a `&T` argument.
pub type SharedAnchor<T> = Anchor<T, false>;

/// Holds a `&mut T` argument.
pub type ExclusiveAnchor<T> = Anchor<T, true>;

impl<T: Recoverable, const EXCLUSIVE: bool> Anchor<T, EXCLUSIVE> {
    /// Enters the object for a call.
    ///
    /// # Errors
    /// The text that stands for the cell's refusal.
    #[inline]
    pub fn enter(object: Object<T>) -> Result<Self, &'static str> {
        Self::enter_as(object, if EXCLUSIVE { T::EXCLUSIVE } else { T::SHARED })
    }

    fn enter_as(object: Object<T>, on_panic: OnPanic) -> Result<Self, &'static str> {
        let entry = Entry::new(&object, on_panic)?;
        // SAFETY: only the lifetime changes. The cell lives on the heap, where the
        // object's count keeps it for as long as this anchor; fields are dropped in
        // order, so the entry ends first, and no reference outlives the anchor.
        let entry =
            unsafe { transmute::<Entry<'_, T, EXCLUSIVE>, Entry<'static, T, EXCLUSIVE>>(entry) };
        Ok(Anchor {
            entry,
            _object: object,
        })
    }
}

impl<T: Recoverable, const EXCLUSIVE: bool> Deref for Anchor<T, EXCLUSIVE> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.entry.get()
    }
}

impl<T: Recoverable> DerefMut for ExclusiveAnchor<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.entry.get_mut()
    }
}

impl<T: Recoverable> Borrow<T> for SharedAnchor<T> {
    #[inline]
    fn borrow(&self) -> &T {
        self
    }
}

/// An asynchronous `&self`, which JavaScript's count does not outlast.
pub type SharedLongReceiver<T> = Kept<SharedAnchor<T>>;

/// An asynchronous `&mut self`.
pub type ExclusiveLongReceiver<T> = Kept<ExclusiveAnchor<T>>;

impl<T: Recoverable, const EXCLUSIVE: bool> Kept<Anchor<T, EXCLUSIVE>> {
    /// Enters the object for a call.
    pub fn enter(object: &Object<T>, on_panic: OnPanic) -> Self {
        Kept::new(Anchor::enter_as(object.share(), on_panic))
    }
}

/// The anchor of a receiver type: it refuses nothing.
pub struct Held<R>(pub R);

impl<R> Borrow<R> for Held<R> {
    fn borrow(&self) -> &R {
        &self.0
    }
}

impl<R> Deref for Held<R> {
    type Target = R;

    #[inline]
    fn deref(&self) -> &R {
        &self.0
    }
}
