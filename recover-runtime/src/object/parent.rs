//! What a class that `extends` another one holds of it: the user's [`Parent`], and the cells above
//! the cell of an object. `unsafe`: references into these cells.
//!
//! A value of such a class holds its parent in a cell of the parent's class, on the heap: the one that
//! JavaScript's second pointer leads to. The parent's calls enter that cell alone. The calls of the
//! class itself go through it (`enter_through` in `base/cell.rs`), so the first class's cell has the
//! state of the whole object.
//!
//! # Invariant
//! The cell that an object's handle has above its own stays the same. A value may get another `Parent`,
//! in a call that writes it, or by a rollback: `Above::settle` moves what is in that one here.

use crate::base::cell::{Access, Refusal};
use crate::base::thrown::Thrown;
use crate::call::settle::drop_quietly;
use crate::object::class::{Above, ObjectCell, RecordOf, Recoverable};
use crate::object::convert;
use crate::object::pointer::{self, Object};
use crate::persist::policy::{Persistence, Whole};
use std::any::{Any, TypeId};
use std::fmt;
use std::mem::replace;
use std::ops::{Deref, DerefMut};
use std::rc::Weak;

/// The class that a class extends: asked for at one place, so that it is missed there alone.
pub trait Extends {
    /// Its type.
    type Parent: Recoverable;
}

/// The parent of a value whose struct has `#[recoverable(extends = T)]`, in the field `parent` that the
/// attribute adds. It is made by `T::into()`, and the methods of the class borrow it.
///
/// ```
/// use recover_runtime::recoverable;
///
/// #[recoverable]
/// pub struct Animal { name: String }
///
/// #[recoverable(extends = Animal)]
/// pub struct Dog { tricks: u32 }
///
/// #[recoverable]
/// impl Dog {
///     #[recoverable(constructor)]
///     pub fn new(name: String) -> Dog {
///         Dog { parent: Animal { name }.into(), tricks: 0 }
///     }
///     pub fn rename(&mut self, name: String) {
///         self.parent.borrow_mut().name = name;
///     }
/// }
/// ```
pub struct Parent<T: Recoverable>(Object<T>);

impl<T: Recoverable> Parent<T> {
    /// Holds a value.
    pub fn new(value: T) -> Self {
        let cell = ObjectCell::revived(value, RecordOf::<T>::default());
        Parent(Object::new(cell))
    }

    /// Borrows the value.
    ///
    /// # Panics
    /// If it is borrowed mutably.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        match self.try_borrow() {
            Some(value) => value,
            None => panic!("the parent is already mutably borrowed"),
        }
    }

    /// Borrows the value mutably.
    ///
    /// # Panics
    /// If it is borrowed, or a call of the parent's class on the same object is under way.
    #[track_caller]
    pub fn borrow_mut(&self) -> RefMut<'_, T> {
        match self.cell() {
            Some(cell) if cell.own.borrow_mut() => RefMut(cell),
            _ => panic!("the parent is already borrowed"),
        }
    }

    fn try_borrow(&self) -> Option<Ref<'_, T>> {
        let cell = self.cell()?;
        cell.own.borrow().then_some(Ref(cell))
    }

    fn cell(&self) -> Option<&ObjectCell<T>> {
        self.0.cell()
    }

    /// The value, if nobody has it borrowed.
    fn taken(&self) -> Option<T> {
        self.cell()?.own.take().ok()
    }
}

impl<T: Recoverable> From<T> for Parent<T> {
    fn from(value: T) -> Self {
        Parent::new(value)
    }
}

/// A copy has a parent of its own.
impl<T: Recoverable + Clone> Clone for Parent<T> {
    fn clone(&self) -> Self {
        Parent::new(self.borrow().clone())
    }
}

impl<T: Recoverable + Default> Default for Parent<T> {
    fn default() -> Self {
        Parent::new(T::default())
    }
}

impl<T: Recoverable + fmt::Debug> fmt::Debug for Parent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Parent").field(&*self.borrow()).finish()
    }
}

#[cfg(feature = "persist")]
impl<T: Recoverable + serde::Serialize> serde::Serialize for Parent<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.try_borrow() {
            Some(value) => value.serialize(serializer),
            None => Err(serde::ser::Error::custom("the parent is mutably borrowed")),
        }
    }
}

#[cfg(feature = "persist")]
impl<'de, T: Recoverable + serde::Deserialize<'de>> serde::Deserialize<'de> for Parent<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Parent::new)
    }
}

/// A borrow of a parent.
pub struct Ref<'a, T: Recoverable>(&'a ObjectCell<T>);

impl<T: Recoverable> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: a borrow is outstanding, so the value is there, and nobody changes it.
        unsafe { &*self.0.as_ptr() }
    }
}

impl<T: Recoverable> Drop for Ref<'_, T> {
    fn drop(&mut self) {
        self.0.own.end_borrow();
    }
}

/// A mutable borrow of a parent.
pub struct RefMut<'a, T: Recoverable>(&'a ObjectCell<T>);

impl<T: Recoverable> Deref for RefMut<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the mutable borrow is outstanding, so the value is there and nobody else's.
        unsafe { &*self.0.as_ptr() }
    }
}

impl<T: Recoverable> DerefMut for RefMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the same, and the result borrows `self`.
        unsafe { &mut *self.0.as_ptr() }
    }
}

impl<T: Recoverable> Drop for RefMut<'_, T> {
    fn drop(&mut self) {
        self.0.own.end_borrow_mut();
    }
}

/// A class that extends another one.
pub trait Derived: Recoverable<Above = Base<<Self as Derived>::Parent>> {
    /// The other one.
    type Parent: Recoverable;
    /// The field.
    fn parent(&self) -> &Parent<Self::Parent>;
    /// The field.
    fn parent_mut(&mut self) -> &mut Parent<Self::Parent>;
}

/// The cell above that of an object of a class that extends `P`.
pub struct Base<P: Recoverable>(Object<P>);

/// What a handle keeps for wasm-bindgen.
pub fn parent_of<T: Derived>(
    cell: &ObjectCell<T>,
) -> pointer::Parent<<T::Parent as Recoverable>::Handle> {
    cell.above.0.parent()
}

impl<P: Recoverable> Base<P> {
    fn cell(&self) -> Option<&ObjectCell<P>> {
        self.0.cell()
    }
}

impl<T, P> Above<T> for Base<P>
where
    T: Derived<Parent = P>,
    P: Recoverable,
{
    const IS_DERIVED: bool = true;

    fn of(value: &T) -> Self {
        Base(value.parent().0.share())
    }

    fn refusing(refusal: Refusal) -> Self {
        Base(Object::new(ObjectCell::refusing(refusal, None)))
    }

    fn adopt() {
        convert::adopt::<P>();
    }

    fn enter(&self, access: Access) -> Result<(), Refusal> {
        let cell = self.cell().ok_or(Refusal::Stale)?;
        cell.above.enter(access)?;
        let entered = cell.own.enter_through(access);
        if entered.is_err() {
            cell.above.leave(access);
        }
        entered
    }

    fn leave(&self, access: Access) {
        if let Some(cell) = self.cell() {
            cell.own.leave_through(access);
            cell.above.leave(access);
        }
    }

    fn refusal(&self) -> Option<Refusal> {
        self.cell()
            .map_or(Some(Refusal::Stale), ObjectCell::refusal)
    }

    fn poison(&self, cause: Thrown) -> Option<Thrown> {
        self.cell()?.poison(cause);
        None
    }

    fn clear_poison(&self) -> bool {
        self.cell().is_some_and(ObjectCell::clear_poison)
    }

    fn is_poisoned(&self) -> bool {
        self.cell().is_some_and(ObjectCell::is_poisoned)
    }

    fn is_written(&self) -> bool {
        self.cell().is_some_and(ObjectCell::is_written)
    }

    fn cause(&self) -> Option<Thrown> {
        self.cell()?.cause()
    }

    unsafe fn settle(&self, value: &mut T, replaced: Option<&mut T>) {
        let Some(cell) = self.cell() else { return };
        let parent = value.parent_mut();
        if parent.0.is(&self.0) {
            // SAFETY: by the contract nobody has a reference to the value in the cell.
            unsafe { cell.above.settle(&mut *cell.as_ptr(), None) };
            return;
        }
        // The parent of another object stays that one's. So does one that is borrowed for ever.
        if !parent.0.is_sole() {
            return;
        }
        let Some(theirs) = parent.taken() else { return };
        let Err(theirs) = cell.own.put_back(theirs) else {
            parent.0 = self.0.share();
            // SAFETY: as above; the value is there again.
            unsafe { cell.above.settle(&mut *cell.as_ptr(), None) };
            return;
        };
        // SAFETY: by the contract nobody has a reference to the value, and it is not gone, or it had
        // been put back.
        let ours = unsafe { &mut *cell.as_ptr() };
        let mut before = replace(ours, theirs);
        let other = replace(&mut parent.0, self.0.share());
        match replaced {
            Some(replaced) if replaced.parent().0.is(&self.0) => {
                // SAFETY: as above.
                unsafe { cell.above.settle(ours, Some(&mut before)) };
                replaced.parent_mut().0 = other;
                if let Some(cell) = replaced.parent().cell() {
                    drop(cell.own.put_back(before));
                }
            }
            _ => {
                // SAFETY: as above.
                unsafe { cell.above.settle(ours, Some(&mut before)) };
                drop_quietly(before);
            }
        }
    }

    fn parted(&self, mut value: T) -> T {
        let parent = value.parent_mut();
        if parent.0.is(&self.0)
            && let Some(cell) = self.cell()
            && let Ok(inner) = cell.own.take()
        {
            *parent = Parent::new(cell.above.parted(inner));
        }
        value
    }

    fn evict(&self) {
        if let Some(cell) = self.cell() {
            cell.evict();
        }
    }

    fn linger(&self) {
        self.0.linger();
    }

    fn release(&self) {
        self.0.release();
    }

    fn upcast(&self, level: u32) -> u32 {
        match (level, self.cell()) {
            (0, _) => self.0.pointer(),
            (_, Some(cell)) => cell.above.upcast(level - 1),
            (_, None) => 0,
        }
    }

    fn link(&self, number: u32, whole: &Weak<dyn Whole>) {
        if let Some(cell) = self.cell() {
            P::Persistence::link(&cell.record, number, whole);
            cell.above.link(number, whole);
        }
    }

    fn reading<R>(&self, read: impl FnOnce() -> R) -> R {
        match self.cell() {
            Some(cell) => cell.own.reading_through(|| cell.above.reading(read)),
            None => read(),
        }
    }

    fn part(value: T, is: TypeId) -> Option<Box<dyn Any>> {
        let parent = value.parent().taken()?;
        drop_quietly(value);
        match is == TypeId::of::<P>() {
            true => Some(Box::new(parent)),
            false => P::Above::part(parent, is),
        }
    }
}
