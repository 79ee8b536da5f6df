//! A journal as a replay reads it: piece by piece, so that a long one takes neither as much memory again
//! nor the time to touch it. What entries mean stands in `codec.rs` and `replay.rs`.

use crate::host::around::records;
use crate::persist::codec::Refused;

/// Bytes that are read at once, if no entry is longer.
const PIECE: usize = 16 * 1024;

/// The journal of a record, and how far it was read.
pub(crate) struct Journal {
    id: u32,
    part: u32,
    /// How many bytes the host still has.
    left: usize,
    /// Where those begin.
    from: usize,
    piece: Vec<u8>,
    /// How much of the piece was read from the host.
    filled: usize,
}

impl Journal {
    /// A part of a record.
    pub(crate) fn of(id: u32, part: u32) -> Journal {
        Journal {
            id,
            part,
            left: records::size(id, part),
            from: 0,
            piece: Vec::new(),
            filled: 0,
        }
    }

    /// Whether there is more than the piece.
    pub(crate) fn has_more(&self) -> bool {
        self.left > 0
    }

    /// Reads on, behind the last `kept` bytes of the piece, where an entry begins that does not end there.
    /// Answers whether there is anything.
    pub(crate) fn read(&mut self, kept: usize) -> Result<bool, Refused> {
        self.piece.copy_within(self.filled - kept..self.filled, 0);
        self.filled = kept;
        if self.left == 0 {
            return Ok(kept > 0);
        }
        let length = kept.saturating_mul(2).max(PIECE).min(kept + self.left);
        if self.piece.len() < length {
            self.piece.resize(length, 0);
        }
        let room = self.left.min(self.piece.len() - kept);
        let into = &mut self.piece[kept..kept + room];
        // Less, if the record has moved since.
        if records::journal(self.id, self.part, self.from, into) != room {
            return Err(Refused::Length);
        }
        self.filled += room;
        self.from += room;
        self.left -= room;
        Ok(true)
    }

    /// What was read last.
    pub(crate) fn piece(&self) -> &[u8] {
        &self.piece[..self.filled]
    }
}
