//! The journal of calls: how a call is encoded, and how it is replayed. `unsafe`: a method is
//! read at its address.
//!
//! # Invariant
//! An entry's `replay` is the address of a static [`Method<T>`] of the class whose journal it is
//! in (natively, where addresses are longer, the number that `addresses` gave it): entries are made by [`entry`], which marks them with their class, the host keeps them with
//! the record of the object and gives them to nobody else, their checksum, which begins with the
//! mark, is right, and every instance of a module has the same statics. The host makes entries
//! of its own only of a capture (`js/capture.js`): with the address and the class of a method
//! that it found in the memory of the first instance before anything of the module ran (`js/methods.js`), never
//! with one that the capture names. That memory has the initial values of statics and nothing
//! else: what a program writes later, and where, makes no method. The two words that mark a
//! method are written there by [`Method::new`] alone; a crate that had the same 64 bits in a static
//! of its own would have chosen them. A `Method` is immutable, so what was found is still there.

#[cfg(feature = "methods")]
use crate::base::shared::method::{FIRST, SECOND};
#[cfg(feature = "torture")]
use crate::base::torture;
use crate::persist::codec::Refused;
use crate::persist::policy::{Buffer, Class, JournalEntry};
use crate::persist::{codec, decode, encode, timing};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::marker::PhantomData;

/// Replays a call. Returns whether it returned no `Err`, or `None` if its arguments can't be
/// decoded.
pub(crate) type Replay<T> = fn(&mut T, &mut Args<'_>) -> Option<bool>;

/// A method whose calls are journaled.
#[cfg_attr(feature = "methods", allow(dead_code))] // the host reads the rest
#[repr(C)]
pub struct Method<T> {
    /// What the host knows it by, in the static data.
    #[cfg(feature = "methods")]
    mark: [u32; 2],
    /// The hash of its class's name.
    #[cfg(feature = "methods")]
    class: u32,
    /// The hash of what its arguments are.
    #[cfg(feature = "methods")]
    schema: u32,
    /// Its Rust path.
    #[cfg(feature = "methods")]
    name: &'static str,
    replay: fn(&mut T, &mut Args<'_>) -> Option<bool>,
}

impl<T: Class> Method<T> {
    /// A method, by its Rust path and the source of its arguments' types.
    #[cfg_attr(not(feature = "methods"), allow(unused_variables))]
    pub const fn new(
        name: &'static str,
        arguments: &str,
        replay: fn(&mut T, &mut Args<'_>) -> Option<bool>,
    ) -> Self {
        Method {
            #[cfg(feature = "methods")]
            mark: [FIRST, SECOND],
            #[cfg(feature = "methods")]
            class: codec::number_of(T::NAME),
            #[cfg(feature = "methods")]
            schema: codec::number_of(arguments),
            #[cfg(feature = "methods")]
            name,
            replay,
        }
    }
}

/// The encoded arguments of a call that is replayed.
pub struct Args<'a>(&'a [u8]);

/// The codec of an argument's type, looked up on a concrete type. If the type has none, the
/// lookup finds [`NoCodec`].
pub struct Codec<A>(PhantomData<A>);

impl<A: Serialize + DeserializeOwned> Codec<A> {
    /// The type has a codec.
    pub const JOURNALS: bool = true;

    /// Appends an argument, or the value that it borrows.
    #[inline]
    pub fn encode<V: Serialize + ?Sized>(value: &V, entry: &mut Vec<u8>) {
        // An argument that can't be encoded empties the entry: the call is not journaled, whatever
        // arguments follow.
        if entry.is_empty() {
            return;
        }
        #[cfg(feature = "torture")]
        if torture::reached(torture::ENCODE) {
            return entry.clear();
        }
        if encode::append(value, entry).is_err() {
            entry.clear();
        }
    }

    /// Decodes the next argument.
    pub fn decode(args: &mut Args<'_>) -> Option<A> {
        #[cfg(feature = "torture")]
        if torture::reached(torture::DECODE) {
            return None;
        }
        let (value, rest) = decode::read(args.0)?;
        args.0 = rest;
        Some(value)
    }
}

/// Decodes the value in `bytes`; `None` if bytes are left over.
pub fn decoded<T>(bytes: &[u8], decode: fn(&mut Args<'_>) -> Option<T>) -> Option<T> {
    let mut args = Args(bytes);
    decode(&mut args).filter(|_| args.0.is_empty())
}

/// The answers for a type that has no codec.
pub trait NoCodec<A> {
    /// The type has no codec.
    const JOURNALS: bool = false;

    /// Appends nothing.
    fn encode<V: ?Sized>(_value: &V, _entry: &mut Vec<u8>) {}

    /// Decodes nothing.
    fn decode(_args: &mut Args<'_>) -> Option<A> {
        None
    }
}

impl<A> NoCodec<A> for Codec<A> {}

thread_local! {
    /// The buffer of the entry before, for the next one.
    static SPARE: Cell<Option<JournalEntry>> = const { Cell::new(None) };
    static REPLAYING: Cell<bool> = const { Cell::new(false) };
}

/// The capacity up to which a buffer is kept. What one large argument took is given back.
const KEPT: usize = 65_536;

/// Gives a buffer back, for the next entry.
#[inline]
pub(crate) fn spare(entry: JournalEntry) {
    let unused = match entry.capacity() <= KEPT {
        true => SPARE.replace(Some(entry)),
        false => Some(entry),
    };
    if let Some(unused) = unused {
        discard(unused);
    }
}

/// Drops an entry, in one place.
#[cold]
#[inline(never)]
pub fn discard(entry: JournalEntry) {
    drop(entry);
}

/// Whether a call is being replayed.
pub(crate) fn is_replaying() -> bool {
    REPLAYING.get()
}

/// Begins the entry of a call, whose arguments are appended next.
#[inline(always)]
pub fn entry<T: Class>(method: &'static Method<T>) -> JournalEntry {
    let address = std::ptr::from_ref(method).expose_provenance();
    begin(
        addresses::number_of(address),
        const { codec::number_of(T::NAME) },
    )
}

/// An address as an entry has it: in a module it is a word.
#[cfg(target_family = "wasm")]
mod addresses {
    #[inline(always)]
    pub(super) fn number_of(address: usize) -> u32 {
        address as u32
    }

    #[inline(always)]
    pub(super) fn of(number: u32) -> Option<usize> {
        Some(number as usize)
    }
}

/// Natively an address is longer: an entry has its place in a list of all that were asked for.
#[cfg(not(target_family = "wasm"))]
mod addresses {
    use std::cell::RefCell;

    thread_local! {
        static KNOWN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn number_of(address: usize) -> u32 {
        KNOWN.with_borrow_mut(|known| {
            let place = known.iter().position(|one| *one == address);
            let place = place.unwrap_or_else(|| {
                known.push(address);
                known.len() - 1
            });
            // Whole words, and not zero.
            (place as u32 + 1) * 4
        })
    }

    pub(super) fn of(number: u32) -> Option<usize> {
        let place = (number as usize / 4).checked_sub(1)?;
        KNOWN.with_borrow(|known| known.get(place).copied())
    }
}

/// In one place: each method of each class has one such call.
#[inline(never)]
fn begin(replay: u32, class: u32) -> JournalEntry {
    let mut entry = SPARE.take().unwrap_or_else(fresh);
    codec::begin_entry(&mut entry, replay, class);
    // Methods are whole words, one behind the other.
    entry.replay = replay / 4;
    entry.began = timing::begin(replay / 4);
    entry
}

#[cold]
#[inline(never)]
fn fresh() -> JournalEntry {
    let bytes = codec::entry_buffer();
    Box::new(Buffer {
        bytes,
        ..Buffer::default()
    })
}

/// Why a journal can't be replayed.
#[derive(Debug, PartialEq, Eq)]
pub enum Lost {
    /// The bytes are refused.
    Refused(Refused),
    /// A call ended differently from the first time.
    Diverged,
}

/// Replays `journal` on `state`.
pub(crate) fn replay<T: Class>(
    state: &mut T,
    mut journal: &[u8],
    above: Step<T>,
) -> Result<(), Lost> {
    let _replaying = Replaying(REPLAYING.replace(true));
    while step(state, &mut journal, above)? {}
    Ok(())
}

/// Replays the next call of a journal; `false` if there is none.
pub(crate) type Step<T> = fn(&mut T, &mut &[u8]) -> Result<bool, Lost>;

/// Replays the next call, which is one of the class, or of one that it extends: `above` does that.
pub(crate) fn step<T: Class>(
    state: &mut T,
    journal: &mut &[u8],
    above: Step<T>,
) -> Result<bool, Lost> {
    let before = *journal;
    let class = const { codec::number_of(T::NAME) };
    let stepped = step_by(state, journal, class, |number| {
        let method = std::ptr::with_exposed_provenance::<Method<T>>(addresses::of(number)?);
        // SAFETY: by the invariant it is the address of a static of this type. Of an entry by
        // `entry` that is so because the static was given; of one that the host made of a
        // capture, because the host found the address in the initial values of the statics, and
        // the class there is `T`, by which the checksum was judged.
        Some(unsafe { (*method).replay })
    });
    match stepped {
        // The mark of another class.
        Err(Lost::Refused(Refused::Checksum)) => {
            *journal = before;
            above(state, journal)
        }
        stepped => stepped,
    }
}

/// Replays `journal` by the functions that `find` gives for their numbers.
#[cfg(fuzzing)]
pub(crate) fn replay_by<T>(
    state: &mut T,
    mut journal: &[u8],
    class: u32,
    find: impl Fn(u32) -> Option<Replay<T>>,
) -> Result<(), Lost> {
    let _replaying = Replaying(REPLAYING.replace(true));
    while step_by(state, &mut journal, class, &find)? {}
    Ok(())
}

/// Replays the next call; `false` if there is none.
fn step_by<T>(
    state: &mut T,
    journal: &mut &[u8],
    class: u32,
    find: impl Fn(u32) -> Option<Replay<T>>,
) -> Result<bool, Lost> {
    let Some(entry) = codec::next_entry(journal, class).map_err(Lost::Refused)? else {
        return Ok(false);
    };
    #[cfg(feature = "torture")]
    if torture::reached(torture::REPLAY) {
        return Err(Lost::Refused(Refused::State));
    }
    let mut args = Args(entry.args);
    match find(entry.replay).and_then(|replay| replay(state, &mut args)) {
        Some(returned_ok) if args.0.is_empty() && returned_ok == entry.returned_ok => Ok(true),
        Some(returned_ok) if returned_ok != entry.returned_ok => Err(Lost::Diverged),
        _ => Err(Lost::Refused(Refused::State)),
    }
}

/// Ends the replay, also when the replayed call panics.
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
    fn a_length_beyond_the_bytes_allocates_nothing() {
        // A sequence of 2^32 - 1 elements, of which none follows.
        let bytes = [255, 255, 255, 255, 15];
        assert_eq!(decoded(&bytes, Codec::<Vec<u64>>::decode), None);
        assert_eq!(decoded(&bytes, Codec::<String>::decode), None);
    }

    #[test]
    fn bytes_left_over_after_a_value_are_refused() {
        let mut bytes = vec![0];
        Codec::<(u32, String)>::encode(&(7_u32, "text"), &mut bytes);
        let decode = Codec::<(u32, String)>::decode;
        assert_eq!(decoded(&bytes[1..], decode), Some((7, "text".to_owned())));
        bytes.push(0);
        assert_eq!(decoded(&bytes[1..], decode), None);
    }

    #[test]
    fn an_argument_that_cannot_be_encoded_keeps_the_call_out_of_the_journal_whatever_follows() {
        struct Refuses;
        impl Serialize for Refuses {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("not now"))
            }
        }
        let mut entry = codec::entry_buffer();
        Codec::<u32>::encode(&7_u32, &mut entry);
        Codec::<String>::encode(&Refuses, &mut entry);
        assert!(entry.is_empty());
        Codec::<u32>::encode(&7_u32, &mut entry);
        assert!(entry.is_empty());
    }
}
