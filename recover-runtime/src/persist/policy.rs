//! How the values of a class outlive a call that fails, and their instance.
//!
//! A class says which [`Persistence`] it has, and everything follows by static dispatch: for a
//! [`Transient`] one nothing is added to a call. What crosses to the host is in `record.rs`,
//! what bytes look like in `codec.rs`. No object is known here, only values.

use crate::call::failure::Failure;
use crate::call::settle;
use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use wasm_bindgen::JsValue;

/// A class, as far as it is known below its objects.
pub trait Class: Sized + 'static {
    /// Its name in JavaScript.
    const NAME: &'static str;
}

/// A call, for the journal. In a box, since it is handed on several times at each call, and
/// a vector's fields are moved by other sizes than they were written by, and processors stall.
pub type JournalEntry = Box<Buffer>;

/// The bytes of an [`JournalEntry`].
#[derive(Default)]
pub struct Buffer(Vec<u8>);

impl Deref for Buffer {
    type Target = Vec<u8>;

    #[inline]
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// How objects of `T` outlive a call that fails, and their instance.
pub trait Persistence<T: Class>: 'static {
    /// The host has a record of each object.
    const PERSISTS: bool = false;
    /// The record is a snapshot and the calls since.
    const JOURNALS: bool = false;
    /// A value can be taken back to what it was before a call.
    const ROLLS_BACK: bool = Self::PERSISTS;
    /// What a cell keeps.
    type Record: Default + 'static;
    /// What an entry keeps.
    type Call: Default;

    /// The class gets its first handle.
    fn prepare() {}

    /// The value gets a handle.
    #[inline(always)]
    fn enlist(_value: &T) -> Self::Record {
        Self::Record::default()
    }

    /// The number of the record; zero is none.
    #[inline(always)]
    fn number(_record: &Self::Record) -> u32 {
        0
    }

    /// The user's code is about to have the value.
    #[inline(always)]
    fn begin(_call: &Self::Call, _value: &T) {}

    /// The call, for the journal.
    #[inline(always)]
    #[allow(clippy::boxed_local)]
    fn arm(_call: &Self::Call, _entry: JournalEntry) {}

    /// The call has ended; `returned_ok` if it returned no `Err`.
    #[inline(always)]
    fn commit(_record: &Self::Record, _value: &T, _call: &Self::Call, _well: bool) {}

    /// The call has failed.
    #[inline(always)]
    fn abandon(_call: &Self::Call) {}

    /// The value stays as it is, however it came about.
    #[inline(always)]
    fn accept(_record: &Self::Record, _value: &T) {}

    /// The value as it was before the call.
    ///
    /// # Errors
    /// Why there is none, if it is not what the call failed by.
    #[inline(always)]
    fn before(_record: &Self::Record, _call: &Self::Call) -> Result<T, Option<JsValue>> {
        Err(None)
    }

    /// The value of the object that the host has this record of.
    ///
    /// # Errors
    /// Why it is lost.
    fn revive(_id: u32) -> Result<(T, Self::Record), JsValue> {
        Err(JsValue::UNDEFINED)
    }

    /// An object from the bytes of one.
    ///
    /// # Errors
    /// Why the bytes are refused.
    fn import(_bytes: &JsValue) -> Result<T, Failure> {
        Err(Failure::Invalid("objects of this class do not persist"))
    }

    /// The bytes of the present state; none of a class that does not persist.
    ///
    /// # Errors
    /// Why it can't be encoded.
    fn export(_value: &T) -> Result<Vec<u8>, JsValue> {
        Ok(Vec::new())
    }
}

/// Objects that go with their instance.
pub struct Transient;

impl<T: Class> Persistence<T> for Transient {
    type Record = ();
    type Call = ();
}

/// The same, with a copy made before each call for the case that it panics.
pub struct Cloned;

/// Copies a value. Generated for every class that asks for it, so that one which can't is
/// one error, of [`copies`], and not one at each use.
pub trait Copies: Class {
    /// The copy.
    fn copy(&self) -> Option<Self>;
}

/// Asks of a type what a class that is copied needs.
pub const fn copies<T: Clone>() {}

/// How a concrete type is copied; without `Clone`, [`NoCopier`] answers.
pub struct Copier<T>(std::marker::PhantomData<T>);

impl<T: Clone> Copier<T> {
    /// The copy.
    pub fn copy(value: &T) -> Option<T> {
        Some(value.clone())
    }
}

/// What holds of a type without `Clone`.
pub trait NoCopier<T> {
    /// There is none.
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

    fn commit(_record: &(), _value: &T, call: &Self::Call, _well: bool) {
        settle::drop_quietly(call.take());
    }

    fn before(_record: &(), call: &Self::Call) -> Result<T, Option<JsValue>> {
        call.take().ok_or(None)
    }
}

/// What can't persist has said so.
#[cfg(not(feature = "persist"))]
pub const fn persists<T>() {}

/// Marked imports call JavaScript: such a call is not replayed.
#[cfg(not(feature = "persist"))]
#[inline(always)]
pub fn outside() {}
