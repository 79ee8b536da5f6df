//! The journal of calls: how a call is encoded, and how it is replayed. `unsafe`: a method is
//! read at its address.
//!
//! # Invariant
//! An entry's `replay` is the address of a static [`Method`], of whatever class (natively, where
//! addresses are longer, the number that `addresses` gave it). Entries are made by [`entry`], and the
//! host keeps them with the record of the object and gives them to nobody else; every instance of a
//! module has the same statics. The host makes entries of its own only of a capture (`js/capture.js`)
//! and of a journal in a store or an export (`js/durable.js`): with the address of a method that it
//! found in the memory of the first instance before anything of the module ran (`js/methods.js`), never
//! with one that those bytes name. That memory has the initial values of statics and nothing else: what
//! a program writes later, and where, makes no method. The two words that mark a method are written
//! there by [`Method::new`] alone; a crate that had the same 64 bits in a static of its own would have
//! chosen them. A `Method` is immutable, so what was found is still there.
//!
//! The class of the method is judged here. Without the feature `methods` all entries are by [`entry`],
//! each in the journal of an object of its class, or of one that extends it, and the mark in their
//! checksum tells which of these. With it the host makes entries of bytes that anybody may have chosen,
//! such that their 32-bit checksum is right for another class as well: so the word of the class in the
//! static decides, before `replay` is read. It is the hash of a name that the author of the module chose.

#[cfg(feature = "methods")]
use crate::base::shared::method::{FIRST, SECOND};
#[cfg(feature = "torture")]
use crate::base::torture;
use crate::persist::codec::Refused;
use crate::persist::journal::Journal;
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
    mut journal: Journal,
    above: Step<T>,
) -> Result<(), Lost> {
    let _replaying = Replaying(REPLAYING.replace(true));
    let mut kept = 0;
    while journal.read(kept).map_err(Lost::Refused)? {
        let mut rest = journal.piece();
        kept = loop {
            let entry = rest;
            match step(state, &mut rest, above) {
                Ok(true) => {}
                Ok(false) => break 0,
                // It ends in the next piece. Nothing of it was replayed.
                Err(Lost::Refused(Refused::Length)) if journal.has_more() => break entry.len(),
                Err(lost) => return Err(lost),
            }
        };
    }
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
        let address = addresses::of(number)?;
        #[cfg(feature = "methods")]
        {
            let method = std::ptr::with_exposed_provenance::<Method<()>>(address);
            // SAFETY: by the invariant it is the address of a static `Method` of some class. The
            // layout is C's, and a class stands only in the type of a function: so the word of the
            // class is where it is in a method of `()`. Nothing else is read.
            if unsafe { (*method).class } != class {
                return None;
            }
        }
        let method = std::ptr::with_exposed_provenance::<Method<T>>(address);
        // SAFETY: by the invariant it is the address of a static `Method`, and one of this class:
        // with the feature `methods` the static itself says so; without, the entry is by `entry`,
        // for an object of this class or of one that extends it, and its mark is of this one.
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

    /// A method of one class, named in an entry whose checksum is right for another one.
    #[cfg(feature = "methods")]
    mod classes {
        use super::super::*;

        #[derive(Debug, Default, PartialEq)]
        struct Room(u32);

        impl Class for Room {
            const NAME: &'static str = "Room";
        }

        struct Other(u32);

        impl Class for Other {
            const NAME: &'static str = "Other";
        }

        static OWN: Method<Room> = Method::new("Room::add", "", |room, _| {
            room.0 += 1;
            Some(true)
        });

        static OTHERS: Method<Other> = Method::new("Other::add", "", |other, _| {
            other.0 += 1;
            Some(true)
        });

        fn of_no_class(_: &mut Room, _: &mut &[u8]) -> Result<bool, Lost> {
            Err(Lost::Refused(Refused::Checksum))
        }

        /// An entry with a method, and with the mark of a class.
        fn marked<T>(method: &'static Method<T>, class: &str) -> Vec<u8> {
            let address = std::ptr::from_ref(method).expose_provenance();
            let mut entry = codec::entry_buffer();
            let class = codec::number_of(class);
            codec::begin_entry(&mut entry, addresses::number_of(address), class);
            assert!(codec::end_entry(&mut entry, true));
            entry
        }

        #[test]
        fn the_method_of_another_class_is_refused_whatever_the_checksum_says() {
            let mut room = Room::default();
            let stepped = step(&mut room, &mut &*marked(&OTHERS, "Room"), of_no_class);
            assert_eq!(stepped, Err(Lost::Refused(Refused::State)));
            assert_eq!(room, Room(0));
            let stepped = step(&mut room, &mut &*marked(&OTHERS, "Other"), of_no_class);
            assert_eq!(stepped, Err(Lost::Refused(Refused::Checksum)));
            let stepped = step(&mut room, &mut &*marked(&OWN, "Room"), of_no_class);
            assert_eq!((stepped, room), (Ok(true), Room(1)));
        }
    }

    /// Natively records are those of components, in this memory.
    #[cfg(feature = "component")]
    mod pieces {
        use super::super::*;
        use crate::base::shared::part::JOURNAL;
        use crate::host::around::records;

        /// The lengths of what was added.
        #[derive(Debug, Default, PartialEq)]
        struct Lengths(Vec<usize>);

        impl Class for Lengths {
            const NAME: &'static str = "Lengths";
        }

        static ADD: Method<Lengths> = Method::new("Lengths::add", "Vec<u8>", |lengths, args| {
            let bytes = Codec::<Vec<u8>>::decode(args)?;
            lengths.0.push(bytes.len());
            Some(bytes.iter().all(|byte| *byte == 7))
        });

        fn of_no_class(_: &mut Lengths, _: &mut &[u8]) -> Result<bool, Lost> {
            Err(Lost::Refused(Refused::Checksum))
        }

        /// A record whose journal has calls with so many bytes each; how long it is.
        fn recorded(lengths: &[usize]) -> (u32, usize) {
            let id = records::record(b"none").unwrap_or_default();
            for length in lengths {
                let mut call = entry(&ADD);
                Codec::<Vec<u8>>::encode(&vec![7_u8; *length], &mut call);
                assert!(codec::end_entry(&mut call, true));
                records::append(id, &call, u32::MAX, false, 0);
                spare(call);
            }
            (id, records::size(id, JOURNAL))
        }

        #[test]
        fn a_journal_longer_than_a_piece_is_replayed_to_its_end_wherever_pieces_end() {
            let many: Vec<usize> = (0..20_000).map(|at| at % 37).collect();
            let long = vec![3, 100_000, 0, 16_000, 16_384, 50_000, 1];
            for lengths in [vec![], vec![5], many, long] {
                let (id, _) = recorded(&lengths);
                let mut state = Lengths::default();
                let journal = Journal::of(id, JOURNAL);
                assert_eq!(replay(&mut state, journal, of_no_class), Ok(()));
                assert_eq!(state.0, lengths);
                records::forget(id);
            }
        }

        #[test]
        fn a_journal_that_ends_within_an_entry_is_refused() {
            for (lengths, cut) in [(vec![5], 4), (vec![9; 3000], 8), (vec![1, 40_000], 20_000)] {
                let (whole, length) = recorded(&lengths);
                let mut bytes = vec![0; length - cut];
                assert_eq!(records::journal(whole, JOURNAL, 0, &mut bytes), bytes.len());
                let id = records::record(b"none").unwrap_or_default();
                records::append(id, &bytes, u32::MAX, false, 0);
                let mut state = Lengths::default();
                let replayed = replay(&mut state, Journal::of(id, JOURNAL), of_no_class);
                assert_eq!(replayed, Err(Lost::Refused(Refused::Length)));
                assert_eq!(state.0, lengths[..lengths.len() - 1]);
                records::forget(whole);
                records::forget(id);
            }
        }
    }
}
