//! The byte format of snapshots and journal entries, and why bytes are refused. Nothing of
//! JavaScript is known here. Snapshots are untrusted.
//!
//! A snapshot is `RCVR`, the format, the class, the user's version, the length of the payload, a
//! checksum over all of it, and the payload (`encode.rs`).
//!
//! A journal entry is a word with its length and whether the call returned no `Err`, a checksum,
//! the replay function, and the arguments. Zeros pad it to a whole word, because the host copies
//! words.

use std::fmt;

const MAGIC: &[u8; 4] = b"RCVR";

/// 1 had integers of variable length, and another checksum.
const FORMAT: u8 = 2;

/// Why bytes are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// They do not begin with `RCVR`.
    NotASnapshot,
    /// Another version of the runtime wrote this format.
    Format(u8),
    /// The snapshot is of another class.
    Class(String),
    /// The snapshot is of another version of the class, from which no migration leads to this one.
    Version {
        /// The class.
        class: &'static str,
        /// The version of the snapshot.
        found: u32,
        /// That of the class.
        now: u32,
    },
    /// A migration failed.
    Migration {
        /// The version that it leads from.
        from: u32,
        /// What it failed by.
        reason: String,
    },
    /// The bytes end too early, or too late.
    Length,
    /// The checksum is wrong: the bytes were changed.
    Checksum,
    /// The payload does not decode to a state of this class.
    State,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NotASnapshot => f.write_str("these bytes are no snapshot"),
            Refused::Format(format) => write!(
                f,
                "the snapshot has format {format}, and this version of recover-runtime reads {FORMAT}"
            ),
            Refused::Class(class) => write!(f, "the snapshot is of the class {class}"),
            Refused::Version { class, found, now } => {
                write!(
                    f,
                    "the snapshot is of version {found} of the class {class}, which has version {now} here; "
                )?;
                match found < now {
                    true => write!(
                        f,
                        "name a function from version {found} in the `migrate` of its #[recoverable]"
                    ),
                    false => f.write_str("a build with that version reads it"),
                }
            }
            Refused::Migration { from, reason } => {
                write!(f, "the migration from version {from} failed: {reason}")
            }
            Refused::Length => f.write_str("the snapshot ends too early or too late"),
            Refused::Checksum => f.write_str("the snapshot was changed: its checksum is wrong"),
            Refused::State => f.write_str("the snapshot holds no state of this class"),
        }
    }
}

/// The snapshot of a state, which `encode` appends; `None` if it can't be encoded.
/// `last_length` is the length of the snapshot before, as a guess of how much to reserve.
pub fn seal(
    class: &str,
    version: u32,
    last_length: usize,
    encode: impl FnOnce(&mut Vec<u8>),
) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(last_length + last_length / 16 + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.push(FORMAT);
    // No identifier is longer than 255 bytes.
    bytes.push(class.len() as u8);
    bytes.extend_from_slice(class.as_bytes());
    bytes.extend_from_slice(&version.to_le_bytes());
    let header = bytes.len();
    bytes.extend_from_slice(&[0; 8]);
    encode(&mut bytes);
    let length = bytes.len().checked_sub(header + 8)? as u32;
    bytes[header..header + 4].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&bytes[..header + 4], &bytes[header + 8..]);
    bytes[header + 4..header + 8].copy_from_slice(&sum.to_le_bytes());
    Some(bytes)
}

/// Detects bytes that were changed by accident. Nothing detects a change on purpose: whoever
/// makes one can compute the checksum.
fn checksum(first: &[u8], rest: &[u8]) -> u32 {
    folded(summed(summed(0, first), rest))
}

fn folded(state: u64) -> u32 {
    ((state ^ (state >> 32)).wrapping_mul(ODD) >> 32) as u32
}

/// A multiplier without a pattern in its bits. It is odd, so that no step loses information.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline(always)]
fn step(state: u64, word: u64) -> u64 {
    (state ^ word).wrapping_mul(ODD).rotate_left(32)
}

/// A step takes 8 bytes, because CRC-32 by a table takes as long as the rest of a snapshot. Four
/// sums at a time, because each step of one waits for the step before.
#[inline(never)]
fn summed(mut state: u64, bytes: &[u8]) -> u64 {
    let word = |word: &[u8; 8]| u64::from_le_bytes(*word);
    let (blocks, rest) = bytes.as_chunks::<32>();
    if !blocks.is_empty() {
        let mut sums = [state; 4];
        for block in blocks {
            let (words, _) = block.as_chunks();
            for (sum, bytes) in sums.iter_mut().zip(words) {
                *sum = sum.wrapping_add(word(bytes)).rotate_left(23);
            }
        }
        state = sums.into_iter().fold(0, step);
    }
    // What was just written as words is read as words: else the processor waits for its stores.
    let (words, rest) = rest.as_chunks();
    for bytes in words {
        state = state
            .wrapping_add(u32::from_le_bytes(*bytes).into())
            .rotate_left(23);
    }
    if rest.is_empty() {
        return state;
    }
    // Beside the bytes, how many they are: trailing zeros count.
    let last = rest
        .iter()
        .fold(1, |last, byte| (last << 8) | u64::from(*byte));
    step(state, last)
}

/// Checks a snapshot and returns the version of the class that it is of, and its payload.
///
/// # Errors
/// Why the bytes are refused.
pub fn open<'a>(class: &str, bytes: &'a [u8]) -> Result<(u32, &'a [u8]), Refused> {
    let mut rest = bytes;
    if take(&mut rest, 4) != Some(MAGIC) {
        return Err(Refused::NotASnapshot);
    }
    let format = byte(&mut rest)?;
    if format != FORMAT {
        return Err(Refused::Format(format));
    }
    let length = usize::from(byte(&mut rest)?);
    let found = take(&mut rest, length).ok_or(Refused::Length)?;
    if found != class.as_bytes() {
        let found = std::str::from_utf8(found).unwrap_or("?");
        return Err(Refused::Class(found.to_owned()));
    }
    let found = word(&mut rest)?;
    let length = word(&mut rest)?;
    let header = bytes.len() - rest.len();
    let sum = word(&mut rest)?;
    if rest.len() as u64 != u64::from(length) {
        return Err(Refused::Length);
    }
    if checksum(&bytes[..header], rest) != sum {
        return Err(Refused::Checksum);
    }
    Ok((found, rest))
}

/// Bytes of an entry before its arguments: length, checksum and replay function.
const ENTRY_HEADER: usize = 12;

/// Bytes of an entry up to the end of its checksum.
const CHECKSUM_END: usize = 8;

/// The bit in the length that says that the call returned no `Err`.
const RETURNED_OK: u32 = 1 << 31;

/// The factor of a class's hash.
const ENTRY_ODD: u32 = 0x7f4a_7c15;

/// A word that ties an entry to its class and replay function. The checksum begins with it.
fn mark(class: u32, replay: u32) -> u32 {
    (class ^ replay).wrapping_mul(ENTRY_ODD)
}

/// The hash of a class's name, which entries are marked with.
pub(crate) const fn number_of(class: &str) -> u32 {
    let (bytes, mut number, mut at) = (class.as_bytes(), 0_u32, 0);
    while at < bytes.len() {
        number = (number ^ bytes[at] as u32)
            .wrapping_mul(ENTRY_ODD)
            .rotate_left(15);
        at += 1;
    }
    number
}

/// A buffer for entries, with room for the arguments of most calls.
#[cold]
#[inline(never)]
pub(crate) fn entry_buffer() -> Vec<u8> {
    let mut buffer = Vec::with_capacity(256);
    buffer.resize(ENTRY_HEADER, 0);
    buffer
}

/// Begins an entry in a buffer that was one before, or is a new [`entry_buffer`]. The arguments
/// are appended next. `class` is from [`number_of`]. The mark stands where the checksum comes in
/// the end.
#[inline(always)]
pub(crate) fn begin_entry(entry: &mut Vec<u8>, replay: u32, class: u32) {
    entry.truncate(ENTRY_HEADER);
    if let Some(header) = entry.first_chunk_mut::<ENTRY_HEADER>() {
        let (first, rest) = header.split_at_mut(CHECKSUM_END);
        first[4..].copy_from_slice(&mark(class, replay).to_le_bytes());
        rest.copy_from_slice(&replay.to_le_bytes());
    }
}

/// Ends an entry.
#[inline]
pub(crate) fn end_entry(entry: &mut Vec<u8>, returned_ok: bool) -> bool {
    // The call has ended well, and nobody catches any more.
    if entry.try_reserve(3).is_err() {
        return false;
    }
    let first = entry.len() as u32 | if returned_ok { RETURNED_OK } else { 0 };
    // Three bytes always, then cut: a fill of variable length is `memory.fill`, a call in engines.
    let padded = entry.len().next_multiple_of(4);
    entry.extend_from_slice(&[0; 3]);
    entry.truncate(padded);
    let Some((header, rest)) = entry.split_first_chunk_mut::<CHECKSUM_END>() else {
        return true;
    };
    let mark = (u64::from_le_bytes(*header) >> 32) as u32;
    let sum = entry_checksum(first, mark, rest);
    *header = (u64::from(first) | (u64::from(sum) << 32)).to_le_bytes();
    true
}

/// The checksum of an entry: of its first word, its mark, and all that follows.
#[inline]
fn entry_checksum(first: u32, mark: u32, rest: &[u8]) -> u32 {
    folded(summed(u64::from(first) | (u64::from(mark) << 32), rest))
}

/// A journaled call.
pub(crate) struct Entry<'a> {
    pub(crate) returned_ok: bool,
    pub(crate) replay: u32,
    pub(crate) args: &'a [u8],
}

/// Takes the next entry off a journal of the class, once its checksum is right.
pub(crate) fn next_entry<'a>(
    journal: &mut &'a [u8],
    class: u32,
) -> Result<Option<Entry<'a>>, Refused> {
    if journal.is_empty() {
        return Ok(None);
    }
    let first = word(journal)?;
    let sum = word(journal)?;
    let length = (first & !RETURNED_OK) as usize;
    let padding = length.wrapping_neg() % 4;
    let length = length.checked_sub(CHECKSUM_END).ok_or(Refused::Length)?;
    let rest = take(journal, length + padding).ok_or(Refused::Length)?;
    let mut args = &rest[..length];
    let replay = word(&mut args)?;
    if entry_checksum(first, mark(class, replay), rest) != sum {
        return Err(Refused::Checksum);
    }
    Ok(Some(Entry {
        returned_ok: first & RETURNED_OK != 0,
        replay,
        args,
    }))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn byte(rest: &mut &[u8]) -> Result<u8, Refused> {
    take(rest, 1).map(|taken| taken[0]).ok_or(Refused::Length)
}

fn word(rest: &mut &[u8]) -> Result<u32, Refused> {
    let taken = take(rest, 4).ok_or(Refused::Length)?;
    taken
        .try_into()
        .map(u32::from_le_bytes)
        .map_err(|_| Refused::Length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Vec<u8> {
        seal("Store", 3, 0, |bytes| bytes.extend_from_slice(b"state")).unwrap()
    }

    fn opened(bytes: &[u8]) -> Result<(u32, &[u8]), Refused> {
        open("Store", bytes)
    }

    #[test]
    fn a_snapshot_that_was_sealed_opens() {
        assert_eq!(opened(&sealed()), Ok((3, &b"state"[..])));
        assert_eq!(
            seal("Store", 3, 0, Vec::clear),
            None,
            "a state that can't be encoded"
        );
    }

    #[test]
    fn a_snapshot_with_a_changed_bit_or_length_is_refused() {
        let good = sealed();
        for index in 0..good.len() {
            for bit in 0..8 {
                let mut bytes = good.clone();
                bytes[index] ^= 1 << bit;
                assert!(opened(&bytes).is_err(), "bit {bit} of byte {index}");
            }
            assert!(opened(&good[..index]).is_err(), "{index} bytes");
        }
        assert_eq!(opened(&[&good[..], &[0]].concat()), Err(Refused::Length));
    }

    #[test]
    fn a_refused_snapshot_gives_the_reason() {
        let good = sealed();
        assert_eq!(opened(b"none"), Err(Refused::NotASnapshot));
        let class = Refused::Class("Store".to_owned());
        assert_eq!(open("Other", &good), Err(class));
        let mut other = good;
        other[4] = 1;
        assert_eq!(opened(&other), Err(Refused::Format(1)));
    }

    #[test]
    fn a_journal_is_read_to_its_end_or_refused_if_changed() {
        let mut journal = Vec::new();
        for (replay, returned_ok) in [(5, true), (9, false)] {
            let mut entry = entry_buffer();
            begin_entry(&mut entry, replay, 7);
            entry.extend_from_slice(b"args");
            end_entry(&mut entry, returned_ok);
            journal.extend(entry);
        }
        let read_as = |class, mut journal: &[u8]| {
            let mut found = vec![];
            while let Some(entry) = next_entry(&mut journal, class)? {
                found.push((entry.replay, entry.returned_ok, entry.args.to_vec()));
            }
            Ok::<_, Refused>(found)
        };
        let read = |journal: &[u8]| read_as(7, journal);
        assert_eq!(read_as(8, &journal), Err(Refused::Checksum), "another's");
        let args = b"args".to_vec();
        assert_eq!(
            read(&journal),
            Ok(vec![(5, true, args.clone()), (9, false, args)])
        );
        for index in 0..journal.len() {
            let mut changed = journal.clone();
            changed[index] ^= 1;
            assert!(read(&changed).is_err(), "byte {index}");
        }
        assert!(read(&journal[..journal.len() - 1]).is_err());
    }
}
