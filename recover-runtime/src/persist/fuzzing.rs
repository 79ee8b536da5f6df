//! The decoders of untrusted bytes as `fuzz/` calls them; nothing else may. Objects are
//! imported, revived and rolled back by these very functions. A host has no table of functions
//! as wasm has, so there a replay is named by its index in a table of the caller's.

pub use crate::persist::codec::Refused;
use crate::persist::record::State;
use crate::persist::replay::Lost;
use crate::persist::{codec, record, replay};

pub use crate::persist::codec::{open, seal};
pub use crate::persist::replay::{Args, Codec};

/// The one class whose journals there are.
const CLASS: u32 = 1;

/// The state in a snapshot.
///
/// # Errors
/// Why the bytes are refused.
pub fn opened<T: State>(version: u32, bytes: &[u8]) -> Result<T, Refused> {
    record::opened(version, bytes)
}

/// An entry of a journal.
pub fn entry(replay: u32, args: &[u8], returned_ok: bool) -> Vec<u8> {
    let mut entry = codec::entry_buffer();
    codec::begin_entry(&mut entry, replay, CLASS);
    entry.extend_from_slice(args);
    codec::end_entry(&mut entry, returned_ok);
    entry
}

/// How a journal ends.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// At its end.
    Well,
    /// A call ended differently from the first time.
    Diverged,
    /// Its bytes are refused.
    Refused(Refused),
}

/// Does a journal again, by the functions of a table.
pub fn replayed<T>(
    state: &mut T,
    journal: &[u8],
    table: &[fn(&mut T, &mut Args<'_>) -> Option<bool>],
) -> Ended {
    let find = |number| table.get(number as usize).copied();
    match replay::replay_by(state, journal, CLASS, find) {
        Ok(()) => Ended::Well,
        Err(Lost::Diverged) => Ended::Diverged,
        Err(Lost::Refused(refused)) => Ended::Refused(refused),
    }
}
