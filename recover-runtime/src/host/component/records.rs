//! The records of objects that can be rolled back, in the memory of the component itself: what `js/records.js` keeps where
//! JavaScript is around. They do not outlive the instance; for that the host calls `save`.
//!
//! What bytes mean stands in `persist/`. A call stages its change where several records move together, and nothing in
//! [`commit`] fails.

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
}

#[derive(Default)]
struct Staged {
    /// The length of the journal with the call.
    end: Option<usize>,
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
        if listed {
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
        match staged.end {
            Some(_) => self.calls += 1,
            None => (),
        }
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
            staged.end = Some(end);
        }
        if due { DUE } else { APPENDED }
    })
}

/// Replaces snapshot and journal.
pub(crate) fn snapshot(id: u32, bytes: &[u8], stages: bool) -> Result<(), Thrown> {
    let copy = bytes.to_vec();
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
                record.apply();
            }
        }
    });
}

/// A part of a record.
pub(crate) fn bytes(id: u32, which: u32) -> Result<Vec<u8>, Thrown> {
    with(|records| {
        let record = records.of(id);
        let record = record.ok_or_else(|| component::plain("the object has no record"))?;
        record.apply();
        match (&record.missed, which) {
            (Some(reason), _) => Err(reason.clone()),
            (None, part::SNAPSHOT) => Ok(record.snapshot.clone()),
            (None, part::JOURNAL) => Ok(record.journal.clone()),
            _ => Ok(Vec::new()),
        }
    })
}

/// The parts of a record that are not empty, a bit for each.
pub(crate) fn parts(id: u32) -> u32 {
    with(|records| {
        let Some(record) = records.of(id) else {
            return 0;
        };
        record.apply();
        let journal = u32::from(!record.journal.is_empty());
        (1 << part::SNAPSHOT) | (journal << part::JOURNAL)
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
