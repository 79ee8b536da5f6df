//! Bytes of an older version of a class: they are read as what that version was, and brought to
//! this one by the user's migrations, one after the other. What is around the bytes was checked
//! before (`codec.rs`); where they come from is not known here.
//!
//! Nothing is changed until the last migration has ended: one that fails leaves the bytes as they
//! were. A migration is run again for the same bytes, at each rollback and revival until there is a
//! snapshot of this version.

use crate::base::payload;
use crate::base::unwind;
use crate::call::{hook, settle};
use crate::persist::codec::Refused;
use crate::persist::decode;
use crate::persist::policy::Class;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::fmt::Display;

/// What a migration takes: the state as an older version had it.
#[diagnostic::on_unimplemented(
    message = "bytes of an older version can't be read as `{Self}`",
    label = "derive `serde::Deserialize` for `{Self}`, which a migration takes",
    note = "a migration takes the state as the older version had it, by value"
)]
pub trait Readable: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Readable for T {}

/// What a migration returns: the state as the next version has it, or a `Result` of that.
#[diagnostic::on_unimplemented(
    message = "a migration returns `{Self}`, and the next version is `{T}`",
    label = "return `{T}`, or a `Result` of it with an error that has `Display`"
)]
pub trait Migrated<T, How> {
    /// The state, or what the migration failed by.
    ///
    /// # Errors
    /// The text of the user's error.
    fn result(self) -> Result<T, String>;
}

/// A migration that returns the state.
pub struct Plain;

/// A migration that returns a `Result`.
pub struct Fallible;

/// What the migration before the first one returns: there is none.
pub enum First {}

impl<T> Migrated<T, Plain> for T {
    fn result(self) -> Result<T, String> {
        Ok(self)
    }
}

impl<T, E: Display> Migrated<T, Fallible> for Result<T, E> {
    fn result(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

impl<T> Migrated<T, First> for First {
    fn result(self) -> Result<T, String> {
        match self {}
    }
}

/// Has the compiler look at what the next migration takes before it says what this one returns: with one
/// way alone it would decide here, and blame the next one.
pub enum Undecided {}

impl<R> Migrated<Undecided, Undecided> for R {
    fn result(self) -> Result<Undecided, String> {
        Err(String::new())
    }
}

/// The way of a payload up to this version; `R` is what the last migration returned.
pub struct Older<'a, R> {
    found: u32,
    payload: &'a [u8],
    /// `None` while the version of the payload has not been reached.
    reached: Result<Option<R>, Refused>,
}

impl<'a> Older<'a, First> {
    /// The way of the payload of version `found`.
    pub fn new(found: u32, payload: &'a [u8]) -> Self {
        Older {
            found,
            payload,
            reached: Ok(None),
        }
    }
}

impl<'a, R> Older<'a, R> {
    /// The step from version `from` to the next.
    pub fn step<T, U, How>(self, from: u32, migration: impl FnOnce(T) -> U) -> Older<'a, U>
    where
        T: Readable,
        R: Migrated<T, How>,
    {
        let (found, payload) = (self.found, self.payload);
        let before = match self.reached {
            Ok(None) if found == from => read(payload).ok_or(Refused::State).map(Some),
            reached => returned(reached, from),
        };
        let reached = before.and_then(|before| match before {
            Some(before) => migrated(from, || migration(before)).map(Some),
            None => Ok(None),
        });
        Older {
            found,
            payload,
            reached,
        }
    }

    /// The state of version `now`.
    ///
    /// # Errors
    /// Why the bytes are refused.
    pub fn end<T, How>(self, now: u32) -> Result<T, Refused>
    where
        T: Class,
        R: Migrated<T, How>,
    {
        returned(self.reached, now)?.ok_or_else(|| unread::<T>(self.found, now))
    }
}

/// The state of version `of`, from what the migration before returned.
fn returned<R, T, How>(reached: Result<Option<R>, Refused>, of: u32) -> Result<Option<T>, Refused>
where
    R: Migrated<T, How>,
{
    let state = reached?.map(Migrated::result).transpose();
    state.map_err(|reason| Refused::Migration {
        from: of.wrapping_sub(1),
        reason,
    })
}

/// Nothing leads from version `found` of a class.
#[cold]
pub(crate) fn unread<T: Class>(found: u32, now: u32) -> Refused {
    let class = T::NAME;
    Refused::Version { class, found, now }
}

/// Decodes a payload. An older version need not be `Serialize`.
pub(super) fn read<T: DeserializeOwned>(payload: &[u8]) -> Option<T> {
    let (value, rest) = decode::read(payload)?;
    rest.is_empty().then_some(value)
}

/// Runs a migration. Its catch is in a frame of its own, so that callers keep their landing pads.
#[cold]
#[inline(never)]
fn migrated<R>(from: u32, migration: impl FnOnce() -> R) -> Result<R, Refused> {
    unwind::may_unwind();
    unwind::catch(migration).map_err(|payload| Refused::Migration {
        from,
        reason: panicked(payload),
    })
}

/// The text of a panic, which is reported as one. What has an error class of its own goes on to the
/// caller.
#[cold]
#[inline(never)]
fn panicked(payload: Box<dyn Any + Send>) -> String {
    if payload::is_ours(&*payload) {
        std::panic::resume_unwind(payload);
    }
    let text =
        hook::message(&*payload).unwrap_or("it panicked with a payload that is not a string");
    let text = text.to_owned();
    drop(settle::panic_error(payload, "migrate"));
    text
}
