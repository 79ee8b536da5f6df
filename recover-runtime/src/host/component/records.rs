//! The records of objects that can be rolled back, in the memory of the component itself: what `js/records.js` keeps where
//! JavaScript is around. They do not outlive the instance; for that the host calls `save`.
//!
//! What bytes mean stands in `persist/`. A call stages its change where several records move together, and nothing in
//! [`commit`] fails. A record that finds no memory is missed; the lists have room for each record since it was made.

use crate::base::shared::appended::{APPENDED, DUE, NOT_APPENDED};
use crate::base::shared::part;
use crate::base::thrown::Thrown;
use crate::host::component;
use std::cell::RefCell;

/// A snapshot is due when a journal has so many bytes, and so many times those of the last snapshot.
const WORTH: usize = 16_384;
const SNAPSHOTS: usize = 4;

/// It is due, too, after so many calls: each roll-back makes them again.
const CALLS: u32 = 1024;

/// After a roll-back that made so many calls again, at the next call.
const FEW: u32 = 32;

#[derive(Default)]
struct Record {
    snapshot: Vec<u8>,
    journal: Vec<u8>,
    /// How many calls the journal has.
    calls: u32,
    /// Why the present state is not here.
    missed: Option<Thrown>,
    /// Whether a snapshot is due whatever the journal has.
    due: bool,
    /// What the present call adds.
    staged: Option<Staged>,
    /// Whether `changed` has its number.
    listed: bool,
}

#[derive(Default)]
struct Staged {
    /// Whether the journal has the call.
    appended: bool,
    snapshot: Option<Vec<u8>>,
    missed: Option<Thrown>,
}

#[derive(Default)]
struct Records {
    /// The record of number `n` is at `n - 1`.
    kept: Vec<Option<Record>>,
    free: Vec<u32>,
    /// The numbers of those that `commit` applies.
    changed: Vec<u32>,
}

thread_local! {
    static RECORDS: RefCell<Records> = const {
        RefCell::new(Records { kept: Vec::new(), free: Vec::new(), changed: Vec::new() })
    };
}

impl Records {
    fn of(&mut self, id: u32) -> Option<&mut Record> {
        let index = (id as usize).checked_sub(1)?;
        self.kept.get_mut(index)?.as_mut()
    }

    fn stage(&mut self, id: u32, listed: bool) -> Option<&mut Staged> {
        if listed && !std::mem::replace(&mut self.of(id)?.listed, true) {
            // There is room for it: see `record`.
            self.changed.push(id);
        }
        Some(self.of(id)?.staged.get_or_insert_default())
    }
}

impl Record {
    fn is_due(&self, end: usize, every: u32) -> bool {
        let calls = self.calls + 1;
        match every {
            0 => self.due || calls >= CALLS || end > WORTH.max(self.snapshot.len() * SNAPSHOTS),
            every => calls >= every,
        }
    }

    fn apply(&mut self) {
        let Some(staged) = self.staged.take() else {
            return;
        };
        self.calls += u32::from(staged.appended);
        if staged.missed.is_some() {
            self.missed = staged.missed;
        }
        if let Some(snapshot) = staged.snapshot {
            self.snapshot = snapshot;
            self.journal.clear();
            self.journal.shrink_to(WORTH);
            self.calls = 0;
            self.missed = None;
            self.due = false;
        }
    }
}

fn with<R>(ask: impl FnOnce(&mut Records) -> R) -> R {
    RECORDS.with_borrow_mut(ask)
}

/// Records are kept from the beginning.
pub(crate) fn keep() {}

/// Makes the record of a new object.
pub(crate) fn record(snapshot: &[u8]) -> Result<u32, Thrown> {
    let record = Record {
        snapshot: snapshot.to_vec(),
        ..Record::default()
    };
    with(|records| match records.free.pop() {
        Some(id) => {
            records.kept[id as usize - 1] = Some(record);
            Ok(id)
        }
        None => {
            // No list grows where a call ends. This is the call that makes the object, and may fail.
            let all = records.kept.len() + 1;
            records.free.reserve(all - records.free.len());
            records.changed.reserve(all - records.changed.len());
            records.kept.push(Some(record));
            Ok(records.kept.len() as u32)
        }
    })
}

/// Forgets the record of an object that is gone.
pub(crate) fn forget(id: u32) {
    let forgotten = with(|records| {
        let gone = (id as usize).checked_sub(1);
        let gone = gone.and_then(|index| records.kept.get_mut(index)?.take());
        if gone.is_some() {
            records.changed.retain(|changed| *changed != id);
            records.free.push(id);
        }
        gone
    });
    drop(forgotten);
}

/// Appends a call that has ended to a journal; what became of it. If a snapshot is due, or others move with it, the record
/// moves later.
pub(crate) fn append(id: u32, entry: &[u8], every: u32, stages: bool, _took: u32) -> u32 {
    with(|records| {
        let Some(record) = records.of(id) else {
            return APPENDED;
        };
        // A call on top of a state that the record lacks can't be made again.
        if record.missed.is_some() || record.journal.try_reserve(entry.len()).is_err() {
            return NOT_APPENDED;
        }
        record.apply();
        record.journal.extend_from_slice(entry);
        let end = record.journal.len();
        let due = record.is_due(end, every);
        if !due && !stages {
            record.calls += 1;
            return APPENDED;
        }
        if let Some(staged) = records.stage(id, stages) {
            staged.appended = true;
        }
        if due { DUE } else { APPENDED }
    })
}

/// Replaces snapshot and journal.
pub(crate) fn snapshot(id: u32, bytes: &[u8], stages: bool) -> Result<(), Thrown> {
    let mut copy = Vec::new();
    if copy.try_reserve_exact(bytes.len()).is_err() {
        return Err(component::no_room(bytes.len()));
    }
    copy.extend_from_slice(bytes);
    with(|records| {
        if let Some(staged) = records.stage(id, stages) {
            staged.snapshot = Some(copy);
        }
        if !stages && let Some(record) = records.of(id) {
            record.apply();
        }
    });
    Ok(())
}

/// Notes that there is no snapshot of the present state; `complete` says whether the journal leads to it all the same.
pub(crate) fn missed(id: u32, complete: bool, reason: &Thrown, stages: bool) {
    with(|records| {
        if let Some(staged) = records.stage(id, stages) {
            staged.missed = (!complete).then(|| reason.clone());
        }
        if !stages && let Some(record) = records.of(id) {
            record.apply();
        }
    });
}

/// Applies what the present call has staged, of all records together.
pub(crate) fn commit() {
    with(|records| {
        while let Some(id) = records.changed.pop() {
            if let Some(record) = records.of(id) {
                record.listed = false;
                record.apply();
            }
        }
    });
}

/// A snapshot of a record.
pub(crate) fn bytes(id: u32, which: u32) -> Result<Vec<u8>, Thrown> {
    with(|records| {
        let record = records.of(id);
        let record = record.ok_or_else(|| component::plain("the object has no record"))?;
        record.apply();
        match (&record.missed, which) {
            (Some(reason), _) => Err(reason.clone()),
            (None, part::SNAPSHOT) => Ok(record.snapshot.clone()),
            _ => Ok(Vec::new()),
        }
    })
}

/// The parts of a record that are not empty, a bit for each, and the length of its snapshot, which is in `room` then if it
/// fits. None if [`bytes`] says why.
pub(crate) fn load(id: u32, room: &mut [u8]) -> (u32, usize) {
    with(|records| {
        let Some(record) = records.of(id) else {
            return (0, 0);
        };
        record.apply();
        if record.missed.is_some() {
            return (0, 0);
        }
        let length = record.snapshot.len();
        if let Some(room) = room.get_mut(..length) {
            room.copy_from_slice(&record.snapshot);
        }
        let journal = u32::from(!record.journal.is_empty());
        ((1 << part::SNAPSHOT) | (journal << part::JOURNAL), length)
    })
}

/// The bytes of a journal.
pub(crate) fn size(id: u32, which: u32) -> usize {
    with(|records| match (records.of(id), which) {
        (Some(record), part::JOURNAL) => record.journal.len(),
        _ => 0,
    })
}

/// Copies a journal from a byte on; how much of it that is.
pub(crate) fn journal(id: u32, which: u32, from: usize, room: &mut [u8]) -> usize {
    with(|records| {
        let bytes = match (records.of(id), which) {
            (Some(record), part::JOURNAL) => record.journal.get(from..from + room.len()),
            _ => None,
        };
        bytes.map_or(0, |bytes| {
            room.copy_from_slice(bytes);
            bytes.len()
        })
    })
}

/// The journal was made again.
pub(crate) fn replayed(id: u32) {
    with(|records| {
        if let Some(record) = records.of(id) {
            record.due |= record.calls > FEW;
        }
    });
}

/// Nothing is compared: no instance follows this one.
pub(crate) fn diverged(_id: u32) {}

/// What a call consumes is gone when it ends, with its record.
pub(crate) fn claim(_id: u32) {}

/// The same.
pub(crate) fn spend() {}

/// No call is timed: the clock of a component is a call of its host.
pub(crate) fn clock() -> f64 {
    0.0
}

pub(crate) use crate::host::component::import_error;

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(id: u32) -> (Vec<u8>, Vec<u8>) {
        let snapshot = bytes(id, part::SNAPSHOT).unwrap_or_else(|_| b"missed".to_vec());
        let mut calls = vec![0; size(id, part::JOURNAL)];
        assert_eq!(journal(id, part::JOURNAL, 0, &mut calls), calls.len());
        (snapshot, calls)
    }

    #[test]
    fn a_journal_grows_until_a_snapshot_replaces_it() {
        let id = record(b"one").unwrap_or_default();
        let mut room = [0; 3];
        assert_eq!(load(id, &mut room), (1 << part::SNAPSHOT, 3));
        assert_eq!(&room, b"one");
        assert_eq!(load(id, &mut [0; 2]), (1 << part::SNAPSHOT, 3));
        assert_eq!(append(id, b"call", 3, false, 0), APPENDED);
        assert_eq!(append(id, b"call", 3, false, 0), APPENDED);
        assert_eq!(parts_of(id), (b"one".to_vec(), b"callcall".to_vec()));
        let both = (1 << part::SNAPSHOT) | (1 << part::JOURNAL);
        assert_eq!(load(id, &mut []), (both, 3));
        let mut piece = [0; 4];
        assert_eq!(journal(id, part::JOURNAL, 2, &mut piece), 4);
        assert_eq!(&piece, b"llca");
        assert_eq!(journal(id, part::JOURNAL, 5, &mut piece), 0, "less is left");
        assert_eq!(append(id, b"last", 3, false, 0), DUE);
        assert!(snapshot(id, b"two", false).is_ok());
        assert_eq!(parts_of(id), (b"two".to_vec(), Vec::new()));
        forget(id);
    }

    #[test]
    fn a_snapshot_is_due_by_size_by_calls_and_after_a_long_roll_back() {
        let id = record(b"").unwrap_or_default();
        assert_eq!(append(id, &[0; WORTH], 0, false, 0), APPENDED);
        assert_eq!(append(id, &[0; 4], 0, false, 0), DUE);
        assert!(snapshot(id, &[0; WORTH], false).is_ok());
        assert_eq!(append(id, &[0; WORTH * 4], 0, false, 0), APPENDED);
        assert!(snapshot(id, b"", false).is_ok());
        for _ in 0..=FEW {
            assert_eq!(append(id, b"call", 0, false, 0), APPENDED);
        }
        replayed(id);
        assert_eq!(append(id, b"call", 0, false, 0), DUE);
        // There was no room for it: the journal goes on.
        missed(id, true, &component::plain("no room"), false);
        assert_eq!(parts_of(id).1.len(), 4 * (FEW as usize + 2));
        forget(id);
    }

    #[test]
    fn what_several_records_gain_moves_together() {
        let [one, other] = [b"one", b"two"].map(|bytes| record(bytes).unwrap_or_default());
        assert_eq!(append(one, b"call", 0, true, 0), APPENDED);
        assert!(snapshot(other, b"new", true).is_ok());
        with(|records| {
            let kept = |id| records.kept[id as usize - 1].as_ref();
            assert_eq!(kept(one).map(|record| record.calls), Some(0));
            assert_eq!(
                kept(other).map(|record| &record.snapshot[..]),
                Some(&b"two"[..])
            );
        });
        commit();
        assert_eq!(parts_of(other).0, b"new");
        with(|records| {
            assert_eq!(records.of(one).map(|record| record.calls), Some(1));
            assert!(records.changed.is_empty());
        });
        forget(one);
        forget(other);
    }

    #[test]
    fn the_lists_have_room_for_each_record_once() {
        let made: Vec<_> = (0..40)
            .map(|_| record(b"one").unwrap_or_default())
            .collect();
        let room = with(|records| (records.changed.capacity(), records.free.capacity()));
        assert!(room.0 >= made.len() && room.1 >= made.len());
        for _ in 0..2 {
            for id in &made {
                assert_eq!(append(*id, b"call", 0, true, 0), APPENDED);
                assert!(snapshot(*id, b"two", true).is_ok());
            }
        }
        with(|records| assert_eq!(records.changed.len(), made.len(), "each once"));
        forget(made[0]);
        commit();
        assert_eq!(parts_of(made[1]), (b"two".to_vec(), Vec::new()));
        assert_eq!(append(made[1], b"call", 0, true, 0), APPENDED);
        with(|records| assert_eq!(records.changed, [made[1]], "it is listed again"));
        commit();
        made.into_iter().for_each(forget);
        let after = with(|records| (records.changed.capacity(), records.free.capacity()));
        assert_eq!(after, room, "nothing grew");
    }

    #[test]
    fn a_state_that_was_missed_is_given_to_nobody_until_there_is_another() {
        let id = record(b"one").unwrap_or_default();
        missed(id, false, &component::plain("it failed"), false);
        assert!(bytes(id, part::SNAPSHOT).is_err());
        assert_eq!(load(id, &mut []), (0, 0), "`bytes` says why");
        assert_eq!(append(id, b"call", 0, false, 0), NOT_APPENDED);
        assert!(snapshot(id, b"two", false).is_ok());
        assert_eq!(parts_of(id), (b"two".to_vec(), Vec::new()));
        forget(id);
        assert_eq!(load(id, &mut []), (0, 0));
        assert!(bytes(id, part::SNAPSHOT).is_err(), "it is gone");
        assert_eq!(append(id, b"call", 0, false, 0), APPENDED, "and needs none");
        assert_eq!(record(b"three").ok(), Some(id), "its place is taken");
        forget(id);
        forget(0);
    }
}
