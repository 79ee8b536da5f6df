//! How the values of a class outlive a call that fails, and their instance.
//!
//! A class says which [`Persistence`] it has, and everything follows by static dispatch: for a
//! [`Transient`] one nothing is added to a call. What crosses to the host is in `record.rs`,
//! what bytes look like in `codec.rs`. No object is known here, only values.

use crate::base::thrown::Thrown;
#[cfg(not(target_os = "wasi"))]
use crate::call::failure::Failure;
use crate::call::settle;
use crate::host::around;
use std::any::{Any, TypeId};
use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::rc::Weak;
#[cfg(not(target_os = "wasi"))]
use wasm_bindgen::JsValue;

/// What this layer knows of a class: its name.
pub trait Class: Sized + 'static {
    /// The class's name in JavaScript.
    const NAME: &'static str;
}

/// The journal entry of a call. It is boxed because each call moves it several times: a vector's
/// fields would be read in other sizes than they were written in, and the processor would stall.
pub type JournalEntry = Box<Buffer>;

/// The bytes of a [`JournalEntry`], and when its call began.
#[derive(Default)]
pub struct Buffer {
    pub(crate) bytes: Vec<u8>,
    /// The number of the call's method.
    #[cfg(feature = "persist")]
    pub(crate) replay: u32,
    /// By the host's clock; zero if the call is not timed.
    #[cfg(feature = "persist")]
    pub(crate) began: f64,
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    #[inline]
    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

/// An object of a class that extends others, as the calls of these know it.
pub trait Whole {
    /// Replaces the record by a snapshot of the whole object.
    fn snapshot(&self, complete: bool);

    /// The value of a class that the object's extends, as it was before the call.
    ///
    /// # Errors
    /// Why there is none, unless that is the error of the call itself.
    fn before(&self, is: TypeId) -> Result<Box<dyn Any>, Option<Thrown>>;
}

/// How objects of `T` outlive a call that fails, and their instance.
pub trait Persistence<T: Class>: 'static {
    /// Whether the host has a record of each object.
    const PERSISTS: bool = false;
    /// Whether the record is a snapshot with a journal of the calls since.
    const JOURNALS: bool = false;
    /// Whether a value can be rolled back to its state before a call.
    const ROLLS_BACK: bool = Self::PERSISTS;
    /// What the cell of an object keeps.
    type Record: Default + 'static;
    /// What the guard of a cell keeps for one call.
    type Call: Default;

    /// Called when the class gets its first handle.
    fn prepare() {}

    /// Called in debug builds with the first value of the class that gets a handle, before it does:
    /// panics if its state would be lost.
    #[inline(always)]
    fn prove(_value: &T) {}

    /// Called when the value gets a handle.
    #[inline(always)]
    fn enlist(_value: &T) -> Self::Record {
        Self::Record::default()
    }

    /// The number of the record; zero if there is none.
    #[inline(always)]
    fn number(_record: &Self::Record) -> u32 {
        0
    }

    /// Called before the user's code gets the value.
    #[inline(always)]
    fn begin(_call: &Self::Call, _value: &T) {}

    /// Whether it is known that the user's code did not get the value.
    #[inline(always)]
    fn is_untouched(_call: &Self::Call) -> bool {
        false
    }

    /// Keeps the journal entry of the call until it ends.
    #[inline(always)]
    #[allow(clippy::boxed_local)]
    fn arm(_call: &Self::Call, _entry: JournalEntry) {}

    /// Whether the record follows an asynchronous call by `&self` from wait to wait, and such a call
    /// that fails is undone from its last wait on, whoever else has the value.
    const CHECKPOINTS: bool = false;

    /// Brings a value that other calls read, too, back to its last checkpoint.
    ///
    /// # Errors
    /// Why it can't be, unless that is the error of the call itself.
    #[inline(always)]
    fn restore(
        _record: &Self::Record,
        _call: &Self::Call,
        _value: &T,
    ) -> Result<(), Option<Thrown>> {
        Err(None)
    }

    /// Called when the call has ended; `returned_ok` says that it returned no `Err`, and that no
    /// other entry of the call is still to end.
    #[inline(always)]
    fn commit(_record: &Self::Record, _value: &T, _call: &Self::Call, _returned_ok: bool) {}

    /// Called when the call has failed.
    #[inline(always)]
    fn abandon(_call: &Self::Call) {}

    /// Records the value as it is, although no call ended well with it.
    #[inline(always)]
    fn accept(_record: &Self::Record, _value: &T) {}

    /// Records the value after a call of a class that this one extends.
    #[inline(always)]
    fn snapshot(_record: &Self::Record, _value: &T, _complete: bool) {}

    /// Has the record be that of a whole object of a class that extends this one.
    #[inline(always)]
    fn link(_record: &Self::Record, _number: u32, _whole: &Weak<dyn Whole>) {}

    /// Called when the argument of a call consumed the object.
    #[inline(always)]
    fn consume(_record: &Self::Record) {}

    /// The value as it was before the call.
    ///
    /// # Errors
    /// Why there is none, unless that is the error of the call itself.
    #[inline(always)]
    fn before(_record: &Self::Record, _call: &Self::Call) -> Result<T, Option<Thrown>> {
        Err(None)
    }

    /// The value of the object that the host has this record of.
    ///
    /// # Errors
    /// Why the object is lost.
    fn revive(_id: u32) -> Result<(T, Self::Record), Thrown> {
        Err(around::nothing())
    }

    /// Makes a value from exported bytes.
    ///
    /// # Errors
    /// Why the bytes are refused.
    #[cfg(not(target_os = "wasi"))]
    fn import(_bytes: &JsValue) -> Result<T, Failure> {
        Err(Failure::Invalid("objects of this class do not persist"))
    }

    /// Makes a value from exported bytes, where there is no JavaScript.
    ///
    /// # Errors
    /// Why the bytes are refused.
    fn read(_bytes: &[u8]) -> Result<T, String> {
        Err("objects of this class do not persist".to_owned())
    }

    /// The bytes of the current state; empty for a class that does not persist.
    ///
    /// # Errors
    /// Why the state can't be encoded.
    fn export(_value: &T) -> Result<Vec<u8>, Thrown> {
        Ok(Vec::new())
    }
}

/// The persistence of objects that end with their instance.
pub struct Transient;

impl<T: Class> Persistence<T> for Transient {
    type Record = ();
    type Call = ();
}

/// As [`Transient`], with a copy made before each call, to roll back to if the call panics.
pub struct Cloned;

/// Copies a value. Generated for every class that asks for it: if the value can't be copied,
/// there is one error, from [`copies`], in place of one at each use.
pub trait Copies: Class {
    /// The copy.
    fn copy(&self) -> Option<Self>;
}

/// Checks that a type has what a class that is copied needs.
pub const fn copies<T: Clone>() {}

/// How a concrete type is copied. Without `Clone` the lookup finds [`NoCopier`].
pub struct Copier<T>(std::marker::PhantomData<T>);

impl<T: Clone> Copier<T> {
    /// The copy.
    pub fn copy(value: &T) -> Option<T> {
        Some(value.clone())
    }
}

/// The answer for a type without `Clone`.
pub trait NoCopier<T> {
    /// No copy.
    fn copy(_value: &T) -> Option<T> {
        None
    }
}

impl<T> NoCopier<T> for Copier<T> {}

impl<T: Copies> Persistence<T> for Cloned {
    const ROLLS_BACK: bool = true;
    type Record = ();
    type Call = Cell<Option<T>>;

    fn begin(call: &Self::Call, value: &T) {
        let before = call.take();
        call.set(before.or_else(|| value.copy()));
    }

    fn is_untouched(call: &Self::Call) -> bool {
        let before = call.take();
        let is_untouched = before.is_none();
        call.set(before);
        is_untouched
    }

    fn commit(_record: &(), _value: &T, call: &Self::Call, _returned_ok: bool) {
        // A call that only reads has none.
        if let Some(copy) = call.take() {
            settle::drop_quietly(copy);
        }
    }

    fn before(_record: &(), call: &Self::Call) -> Result<T, Option<Thrown>> {
        call.take().ok_or(None)
    }
}

/// Checks nothing: that the feature `persist` is missing is an error already.
#[cfg(not(feature = "persist"))]
pub const fn persists<T>() {}

/// Called before a marked import calls JavaScript; without the feature `persist` nothing is
/// replayed.
#[cfg(not(feature = "persist"))]
#[inline(always)]
pub fn outside() {}
