//! The decoders of foreign bytes as `fuzz/` calls them; nothing else may. They are the
//! ones that objects are imported, revived and rolled back by; only a host without wasm's
//! table of functions names replays by a place in one of its own.

pub use super::codec::{Refused, open, seal};
pub use super::replay::{Args, Codec};

use super::record;
use super::replay::{self, Lost};
use super::{State, codec};

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
pub fn entry(replay: u32, args: &[u8], well: bool) -> Vec<u8> {
    let mut entry = Vec::new();
    codec::entry_begun(&mut entry, replay, CLASS);
    entry.extend_from_slice(args);
    codec::entry_ended(&mut entry, well);
    codec::entry_summed(&mut entry);
    entry
}

/// How a journal ends.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// At its end.
    Well,
    /// A call ended otherwise than it had.
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
