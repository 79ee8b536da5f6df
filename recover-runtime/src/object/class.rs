//! An exported class: the user's type, its handle and its cell. They refer to each other, so they
//! share a file. The other files of `object/` use them.

use crate::base::cell::{Access, GuardedCell, Refusal};
use crate::base::thrown::Thrown;
use crate::base::unwind;
use crate::call::failure::{Failure, Refused};
use crate::call::settle::{self, OnPanic};
use crate::persist::policy::{Class, Persistence, Whole};
use std::any::{Any, TypeId};
use std::borrow::Borrow;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::rc::Weak;
use wasm_bindgen::__rt::{WasmPtr, WasmRefCell};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};

/// A type exported by `#[recoverable]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not exported",
    label = "this struct has no `#[recoverable]`",
    note = "put `#[recoverable]` on the struct as well as on the impl block; it replaces `#[wasm_bindgen]`"
)]
pub trait Recoverable: Class {
    /// It is one.
    const IS: bool = true;
    /// The handle, which wasm-bindgen exports in place of the type.
    type Handle: Handle<User = Self>;
    /// What a panic under `&mut self` does.
    const EXCLUSIVE: OnPanic;
    /// What a panic under `&self` does.
    const SHARED: OnPanic;
    /// Whether a call by `&self` may change the value.
    const INTERIOR: bool;
    /// How objects outlive a call that fails, and their instance.
    type Persistence: Persistence<Self>;
    /// The classes that it extends.
    type Above: Above<Self>;
    /// Fails the build that evaluates it.
    const BORROWED_BY_WASM_BINDGEN: ();
    /// Whether the host has patched the class.
    fn adopted() -> &'static std::thread::LocalKey<Cell<bool>>;
}

/// What wasm-bindgen's own calls borrow an object by. They do not settle it, so one that compiles fails the
/// build, by an error at the class. It can't do so where nothing is built: what generated code asks for
/// is asked once for each function, and rustc would repeat an unmet bound for each.
pub struct BorrowedByWasmBindgen<T>(PhantomData<T>);

impl<T: Recoverable> Deref for BorrowedByWasmBindgen<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let () = T::BORROWED_BY_WASM_BINDGEN;
        unreachable!("nothing makes one")
    }
}

impl<T: Recoverable> DerefMut for BorrowedByWasmBindgen<T> {
    fn deref_mut(&mut self) -> &mut T {
        let () = T::BORROWED_BY_WASM_BINDGEN;
        unreachable!("nothing makes one")
    }
}

impl<T: Recoverable> Borrow<T> for BorrowedByWasmBindgen<T> {
    fn borrow(&self) -> &T {
        self
    }
}

/// No class has it: wasm-bindgen's own calls do not settle what they borrow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is `#[recoverable]`; a call by `#[wasm_bindgen]` that borrows it would not see it torn by a panic",
    label = "borrowed by `#[wasm_bindgen]`",
    note = "write `#[recoverable]` in place of `#[wasm_bindgen]` here"
)]
pub trait CalledByWasmBindgen<'a> {}

/// What the guard of a `T`'s cell keeps for one call.
pub(crate) type CallOf<T> = <<T as Recoverable>::Persistence as Persistence<T>>::Call;

/// What the cell of a `T` keeps.
pub(crate) type RecordOf<T> = <<T as Recoverable>::Persistence as Persistence<T>>::Record;

/// The classes that a class extends, as the cell of an object of it knows them. An object has one
/// state: busy, poisoned and the cause are those of the first class, [`Root`]. A call of a class goes
/// through the cells above its own, so that the classes above know nothing of those below.
pub trait Above<T: Recoverable>: Sized + 'static {
    /// Whether there is one.
    const IS_DERIVED: bool = false;
    /// The cells above that of `value`.
    fn of(value: &T) -> Self;
    /// The cells above one without a value.
    fn refusing(refusal: Refusal) -> Self;
    /// Patches the classes, the first one first.
    #[inline(always)]
    fn adopt() {}
    /// Enters through the cells.
    #[inline(always)]
    fn enter(&self, _access: Access) -> Result<(), Refusal> {
        Ok(())
    }
    /// Ends an entry through the cells.
    #[inline(always)]
    fn leave(&self, _access: Access) {}
    /// Why they would refuse an exclusive entry.
    #[inline(always)]
    fn refusal(&self) -> Option<Refusal> {
        None
    }
    /// Poisons the first; gives the cause back if there is none.
    #[inline(always)]
    fn poison(&self, cause: Thrown) -> Option<Thrown> {
        Some(cause)
    }
    /// Clears its poison.
    #[inline(always)]
    fn clear_poison(&self) -> bool {
        false
    }
    /// Whether it is poisoned.
    #[inline(always)]
    fn is_poisoned(&self) -> bool {
        false
    }
    /// Whether an exclusive entry is outstanding.
    #[inline(always)]
    fn is_written(&self) -> bool {
        false
    }
    /// What poisoned it.
    #[inline(always)]
    fn cause(&self) -> Option<Thrown> {
        None
    }
    /// Moves the parents of a value, which may be in cells of their own, into these; and those of the
    /// value that it replaces out of them.
    ///
    /// # Safety
    /// An exclusive entry through the cells is outstanding, or their values are gone; nobody has a
    /// reference to a value in them.
    #[inline(always)]
    unsafe fn settle(&self, _value: &mut T, _replaced: Option<&mut T>) {}
    /// Moves the parents of a value, which was taken out of its cell, out of theirs.
    #[inline(always)]
    fn parted(&self, value: T) -> T {
        value
    }
    /// Keeps the blocks allocated for a while.
    #[inline(always)]
    fn linger(&self) {}
    /// Releases JavaScript's counts.
    #[inline(always)]
    fn release(&self) {}
    /// Drops the values, and keeps the cells.
    #[inline(always)]
    fn evict(&self) {}
    /// The pointer of the object as one of a class above, with a count for JavaScript.
    #[inline(always)]
    fn upcast(&self, _level: u32) -> u32 {
        0
    }
    /// Has the calls of the classes above use the record of the whole object.
    #[inline(always)]
    fn link(&self, _record: u32, _whole: &Weak<dyn Whole>) {}
    /// Reads the parents of the value, whatever call of theirs is at its end.
    #[inline(always)]
    fn reading<R>(&self, read: impl FnOnce() -> R) -> R {
        read()
    }
    /// The parent of a value that is of a type.
    #[inline(always)]
    fn part(_value: T, _is: TypeId) -> Option<Box<dyn Any>> {
        None
    }
}

/// Nothing is above.
pub struct Root;

impl<T: Recoverable> Above<T> for Root {
    #[inline(always)]
    fn of(_value: &T) -> Self {
        Root
    }
    #[inline(always)]
    fn refusing(_refusal: Refusal) -> Self {
        Root
    }
}

/// The cell of an exported object, and the record by which the object outlives its instance.
pub struct ObjectCell<T: Recoverable> {
    /// The value of this class. Its state is that of the object if nothing is above.
    pub(crate) own: GuardedCell<T, Thrown>,
    pub(crate) record: RecordOf<T>,
    pub(crate) above: T::Above,
}

impl<T: Recoverable> ObjectCell<T> {
    /// The cell of a value that gets its first handle.
    pub(crate) fn new(value: T) -> Self {
        let record = T::Persistence::enlist(&value);
        ObjectCell::revived(value, record)
    }

    /// The cell of a value that was revived from its record.
    pub(crate) fn revived(value: T, record: RecordOf<T>) -> Self {
        ObjectCell {
            above: T::Above::of(&value),
            own: GuardedCell::new(value),
            record,
        }
    }

    /// A cell without a value.
    pub(crate) fn refusing(refusal: Refusal, cause: Option<Thrown>) -> Self {
        ObjectCell {
            above: T::Above::refusing(refusal),
            own: GuardedCell::refusing(refusal, cause),
            record: RecordOf::<T>::default(),
        }
    }

    /// Enters the object, or says why not. [`ObjectCell::leave`] must follow.
    #[inline]
    pub(crate) fn enter(&self, access: Access) -> Result<(), Refusal> {
        self.above.enter(access)?;
        let entered = self.own.enter(access);
        if T::Above::IS_DERIVED && entered.is_err() {
            self.above.leave(access);
        }
        entered
    }

    /// Ends an entry made with the same `access`.
    #[inline]
    pub(crate) fn leave(&self, access: Access) {
        self.own.leave(access);
        self.above.leave(access);
    }

    /// Why an exclusive entry would be refused now.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match (self.above.refusal(), self.own.refusal()) {
            (Some(Refusal::Stale), _) | (_, Some(Refusal::Stale)) => Some(Refusal::Stale),
            (Some(Refusal::Busy), _) | (_, Some(Refusal::Busy)) => Some(Refusal::Busy),
            (above, own) => above.or(own),
        }
    }

    /// Poisons the object.
    pub(crate) fn poison(&self, cause: Thrown) {
        if let Some(cause) = self.above.poison(cause) {
            self.own.poison(cause);
        }
    }

    /// Clears the poison; `true` if there was any.
    pub(crate) fn clear_poison(&self) -> bool {
        self.above.clear_poison() | self.own.clear_poison()
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.above.is_poisoned() || self.own.is_poisoned()
    }

    pub(crate) fn is_written(&self) -> bool {
        self.above.is_written() || self.own.is_written()
    }

    /// What poisoned the object.
    pub(crate) fn cause(&self) -> Option<Thrown> {
        self.above.cause().or_else(|| self.own.cause())
    }

    /// The address of the value. An entry says how it may be used.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.own.as_ptr()
    }

    /// Drops the value and those of its parents, and keeps the cells. It takes no memory: there may be
    /// none. Says whether they were free.
    pub(crate) fn evict(&self) -> bool {
        if self.refusal().is_some() || self.above.enter(Access::Exclusive).is_err() {
            return false;
        }
        // Its destructor may use the parents. JavaScript may not: the object is on its way out.
        let _held = Held(self);
        match self.own.take() {
            Ok(value) => {
                drop_evicted(value, T::NAME);
                true
            }
            Err(_) => false,
        }
    }

    /// Takes the value out, with all its parents, or says why not.
    pub(crate) fn take(&self) -> Result<T, Refusal> {
        if !T::Above::IS_DERIVED {
            return self.own.take();
        }
        match self.refusal() {
            Some(refusal) => Err(refusal),
            None => self.own.take().map(|value| self.above.parted(value)),
        }
    }
}

/// The parents of an object whose value is dropped, which nobody else enters meanwhile. They go behind it, too if a
/// JavaScript exception leaves its destructor.
struct Held<'a, T: Recoverable>(&'a ObjectCell<T>);

impl<T: Recoverable> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.0.above.leave(Access::Exclusive);
        self.0.above.evict();
    }
}

/// Drops a value. Its catch is in a frame of its own, so that callers keep their landing pads.
#[inline(never)]
fn drop_evicted<T>(value: T, class: &'static str) {
    unwind::may_unwind();
    settle::drop_reporting(value, class);
}

/// How a pointer to an exported object of type `T` crosses.
pub type ObjectAbi<T> = WasmPtr<WasmRefCell<<T as Recoverable>::Handle>>;

/// The generated handle: what wasm-bindgen sees as the exported struct.
pub trait Handle:
    Sized
    + IntoWasmAbi<Abi = WasmPtr<WasmRefCell<Self>>>
    + FromWasmAbi<Abi = WasmPtr<WasmRefCell<Self>>>
    + Into<JsValue>
    + 'static
{
    /// The user's type.
    type User: Recoverable<Handle = Self>;
    /// Wraps a cell.
    fn new(cell: ObjectCell<Self::User>) -> Self;
    /// The cell inside.
    fn cell(&self) -> &ObjectCell<Self::User>;
}

/// Why an object did not let a call in.
pub(crate) struct Refusing<'a, T: Recoverable> {
    pub(crate) refusal: Refusal,
    /// The cell, unless the handle has none.
    pub(crate) cell: Option<&'a ObjectCell<T>>,
}

// Handed on as a value: what is asked by its address is kept in memory, by calls that are not
// refused, too.
impl<T: Recoverable> Clone for Refusing<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Recoverable> Copy for Refusing<'_, T> {}

impl<T: Recoverable> Refusing<'_, T> {
    /// The failure of the call.
    #[cold]
    #[inline(never)]
    pub(crate) fn failure(self) -> Failure {
        Failure::Refused {
            refusal: self.refusal,
            class: T::NAME,
            cause: match self.refusal {
                Refusal::Poisoned => self.cell.and_then(|cell| cell.cause()),
                _ => None,
            },
        }
    }

    /// The same, to be reported when the argument is used.
    #[cold]
    pub(crate) fn refused(self) -> Refused {
        Refused::new(self.failure())
    }
}
