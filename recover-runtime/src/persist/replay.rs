//! The journal of calls: how one is encoded, and done again. `unsafe`: a function is called by
//! its address.
//!
//! # Invariant
//! An entry's `replay` is the address, in the table of functions, of a `Replay<T>` of the class
//! whose journal it is in: entries are made by [`entry`] alone, which marks them with their
//! class, the host keeps them with the record of the object and gives them to nobody else, their
//! checksum, which begins with the mark, is right, and every instance of a module has the same
//! table.

use crate::persist::codec::Refused;
use crate::persist::policy::{Class, JournalEntry};
use crate::persist::{bounded, codec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::transmute;

/// Does a call again, and returns whether that returned no `Err`; `None` if its arguments
/// can't be decoded.
pub(crate) type Replay<T> = fn(&mut T, &mut Args<'_>) -> Option<bool>;

/// The arguments of a call that is done again.
pub struct Args<'a>(&'a [u8]);

/// The codec of an argument's type, asked of a concrete type: without one,
/// [`NoCodec`] answers.
pub struct Codec<A>(PhantomData<A>);

impl<A: Serialize + DeserializeOwned> Codec<A> {
    /// There is one.
    pub const JOURNALS: bool = true;

    /// Appends an argument, or what it borrows.
    #[inline]
    pub fn encode<V: Serialize + ?Sized>(value: &V, entry: &mut Vec<u8>) {
        // What can't be encoded leaves nothing: such a call is not journaled.
        if postcard::serialize_with_flavor(value, Appended(entry)).is_err() {
            entry.clear();
        }
    }

    /// The next argument.
    pub fn decode(args: &mut Args<'_>) -> Option<A> {
        let (value, rest) = bounded::read(args.0)?;
        args.0 = rest;
        Some(value)
    }
}

/// Bytes that are appended. postcard's own for this moves them in and out, one by one.
struct Appended<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Appended<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        // To copy a few is to call the engine.
        if bytes.len() > 16 {
            self.0.extend_from_slice(bytes);
        } else {
            bytes.iter().for_each(|byte| self.0.push(*byte));
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// The value in `bytes`, which have no more.
pub fn decoded<T>(bytes: &[u8], decode: fn(&mut Args<'_>) -> Option<T>) -> Option<T> {
    let mut args = Args(bytes);
    decode(&mut args).filter(|_| args.0.is_empty())
}

/// What holds of a type that has no codec.
pub trait NoCodec<A> {
    /// There is none.
    const JOURNALS: bool = false;

    /// Nothing to append.
    fn encode<V: ?Sized>(_value: &V, _entry: &mut Vec<u8>) {}

    /// Nothing to take.
    fn decode(_args: &mut Args<'_>) -> Option<A> {
        None
    }
}

impl<A> NoCodec<A> for Codec<A> {}

thread_local! {
    /// The buffer of the entry before.
    static SPARE: Cell<Option<JournalEntry>> = const { Cell::new(None) };
    static REPLAYING: Cell<bool> = const { Cell::new(false) };
}

/// Gives a buffer back.
#[inline]
pub(crate) fn spare(entry: JournalEntry) {
    SPARE.set(Some(entry));
}

/// Whether a call is done again.
pub(crate) fn is_replaying() -> bool {
    REPLAYING.get()
}

/// The entry of a call, whose arguments follow.
#[inline]
pub fn entry<T: Class>(replay: fn(&mut T, &mut Args<'_>) -> Option<bool>) -> JournalEntry {
    let mut entry = SPARE.take().unwrap_or_default();
    let class = const { codec::number_of(T::NAME) };
    codec::entry_begun(&mut entry, replay as usize as u32, class);
    entry
}

/// Why a journal leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Its bytes are refused.
    Refused(Refused),
    /// A call ended otherwise than it had.
    Diverged,
}

/// Does again what is in `journal`.
pub(crate) fn replay<T: Class>(state: &mut T, journal: &[u8]) -> Result<(), Lost> {
    replay_by(state, journal, codec::number_of(T::NAME), |address| {
        // SAFETY: by the invariant it is the address of a function of this type.
        Some(unsafe { transmute::<usize, Replay<T>>(address as usize) })
    })
}

/// The same, with what `find` gives for a number.
pub(crate) fn replay_by<T>(
    state: &mut T,
    mut journal: &[u8],
    class: u32,
    find: impl Fn(u32) -> Option<Replay<T>>,
) -> Result<(), Lost> {
    let _replaying = Replaying(REPLAYING.replace(true));
    while let Some(entry) = codec::next_entry(&mut journal, class).map_err(Lost::Refused)? {
        let mut args = Args(entry.args);
        match find(entry.replay).and_then(|replay| replay(state, &mut args)) {
            Some(returned_ok) if args.0.is_empty() && returned_ok == entry.returned_ok => {}
            Some(returned_ok) if returned_ok != entry.returned_ok => return Err(Lost::Diverged),
            _ => return Err(Lost::Refused(Refused::State)),
        }
    }
    Ok(())
}

/// Also ends with a panic of what is done again.
struct Replaying(bool);

impl Drop for Replaying {
    fn drop(&mut self) {
        REPLAYING.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_lies_allocates_nothing_like_it() {
        // A sequence of 2^32 - 1 elements, of which none follows.
        let bytes = [255, 255, 255, 255, 15];
        assert_eq!(decoded(&bytes, Codec::<Vec<u64>>::decode), None);
        assert_eq!(decoded(&bytes, Codec::<String>::decode), None);
    }

    #[test]
    fn what_is_left_over_is_no_value() {
        let mut bytes = Vec::new();
        Codec::<(u32, String)>::encode(&(7_u32, "text"), &mut bytes);
        let decode = Codec::<(u32, String)>::decode;
        assert_eq!(decoded(&bytes, decode), Some((7, "text".to_owned())));
        bytes.push(0);
        assert_eq!(decoded(&bytes, decode), None);
    }
}
