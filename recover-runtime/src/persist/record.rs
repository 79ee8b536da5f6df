//! The record that the host has of an object: made when the object gets its handle, brought
//! forward by each call that ends, read when a call fails and when an instance ends.

use crate::base::shared::appended::{APPENDED, NOT_APPENDED};
use crate::base::shared::part;
use crate::base::unwind;
use crate::call::failure::Failure;
use crate::call::settle;
use crate::host::records::{
    js_append, js_bytes, js_diverged, js_import_error, js_keep, js_missed, js_parts, js_record,
    js_snapshot, js_taken,
};
use crate::host::{attach, errors};
use crate::persist::codec::Refused;
use crate::persist::policy::{Class, JournalEntry, Persistence};
use crate::persist::replay::Lost;
use crate::persist::{codec, replay};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use wasm_bindgen::JsValue;

/// A snapshot and the calls since: parts of a record.
#[derive(Clone, Copy)]
struct Generation {
    snapshot: u32,
    journal: u32,
}

const NOW: Generation = Generation {
    snapshot: part::SNAPSHOT,
    journal: part::JOURNAL,
};

/// That whose calls led to the snapshot of the one now.
const BEFORE: Generation = Generation {
    snapshot: part::SNAPSHOT_BEFORE,
    journal: part::JOURNAL_BEFORE,
};

/// A state that persists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't persist",
    label = "its state can't be encoded and decoded",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or remove `persist`"
)]
pub trait Persistable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Persistable for T {}

/// The bytes of a state. Generated for every class that is to persist, so that one which
/// can't is one error, of [`persists`], and not one at each use.
pub trait State: Class {
    /// Appends them.
    fn encode(&self, bytes: &mut Vec<u8>);
    /// The state.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// Objects that the host has a record of: of each state a snapshot, or with `JOURNALED`
/// of every so many and the calls since. A snapshot follows `EVERY` calls, or as many as
/// are worth one where that is zero. `VERSION` is the user's.
pub struct Persisted<const JOURNALED: bool, const EVERY: u32, const VERSION: u32>;

/// The record of an object, by its number.
#[derive(Default)]
pub struct Number {
    id: u32,
    /// Bytes of the last snapshot; zero where that is not known.
    last: Cell<usize>,
}

/// What an entry keeps.
#[derive(Default)]
pub struct Call {
    /// The user's code had the value.
    used: Cell<bool>,
    /// The call, for the journal.
    entry: Cell<Option<JournalEntry>>,
    /// Whether a call around it had called JavaScript.
    outer: Cell<bool>,
}

thread_local! {
    static KEPT: Cell<bool> = const { Cell::new(false) };
    /// The call under way has called JavaScript, and would again in a replay.
    static OUTSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A marked import is about to call JavaScript: such a call is not replayed.
#[inline]
pub fn outside() {
    OUTSIDE.set(true);
    if replay::is_replaying() {
        refuse_outside();
    }
}

#[cold]
fn refuse_outside() -> ! {
    panic!(
        "a call that is replayed called JavaScript, which it had not; put #[recoverable(no_journal)] on the method"
    )
}

fn keep() {
    if !KEPT.replace(true) {
        // Without it the host has no records, and says so at each.
        let _ = js_keep(&attach::links());
    }
}

impl<T, const JOURNALED: bool, const EVERY: u32, const VERSION: u32> Persistence<T>
    for Persisted<JOURNALED, EVERY, VERSION>
where
    T: State,
{
    const PERSISTS: bool = true;
    const JOURNALS: bool = JOURNALED;
    type Record = Number;
    type Call = Call;

    fn prepare() {
        keep();
    }

    fn enlist(value: &T) -> Number {
        let recorded = sealed(value, VERSION, 0).and_then(|bytes| {
            Ok(Number {
                id: js_record(bytes.as_ptr() as usize, bytes.len())?,
                last: Cell::new(bytes.len()),
            })
        });
        recorded.unwrap_or_else(|error| {
            errors::report(&error);
            Number::default()
        })
    }

    #[inline]
    fn number(record: &Number) -> u32 {
        record.id
    }

    #[inline]
    fn begin(call: &Call, _value: &T) {
        call.used.set(true);
    }

    #[inline]
    fn arm(call: &Call, entry: JournalEntry) {
        if !entry.is_empty() {
            call.outer.set(OUTSIDE.replace(false));
            call.entry.set(Some(entry));
        }
    }

    #[inline]
    fn commit(record: &Number, value: &T, call: &Call, returned_ok: bool) {
        if !call.used.get() {
            return;
        }
        let Some(mut entry) = call.entry.take() else {
            return snapshot(record, value, VERSION, false);
        };
        let outside = OUTSIDE.replace(call.outer.get());
        codec::entry_ended(&mut entry, returned_ok);
        let appended = match outside {
            true => NOT_APPENDED,
            false => js_append(record.id, entry.as_ptr() as usize, entry.len(), EVERY),
        };
        replay::spare(entry);
        if appended != APPENDED {
            snapshot(record, value, VERSION, appended != NOT_APPENDED);
        }
    }

    #[cold]
    fn accept(record: &Number, value: &T) {
        snapshot(record, value, VERSION, false);
    }

    #[cold]
    fn abandon(call: &Call) {
        if call.entry.take().is_some() {
            OUTSIDE.set(call.outer.get());
        }
    }

    #[cold]
    fn before(record: &Number, _call: &Call) -> Result<T, Option<JsValue>> {
        settle::outside_settlement(|| restored(record.id, NOW, VERSION, None)).map_err(Some)
    }

    #[cold]
    fn revive(id: u32) -> Result<(T, Number), JsValue> {
        keep();
        let led = match has(id, BEFORE.snapshot) {
            true => led(id, VERSION),
            false => None,
        };
        let value = restored(id, NOW, VERSION, led)?;
        let number = Number {
            id,
            ..Number::default()
        };
        Ok((value, number))
    }

    fn import(bytes: &JsValue) -> Result<T, Failure> {
        keep();
        let bytes = js_taken(bytes, T::NAME).map_err(Failure::Thrown)?;
        opened(VERSION, &bytes).map_err(|refused| Failure::Thrown(refusal(&refused, T::NAME)))
    }

    #[cold]
    fn export(value: &T) -> Result<Vec<u8>, JsValue> {
        sealed(value, VERSION, 0)
    }
}

/// The snapshot of a value; its `Serialize` is the user's.
fn sealed<T: State>(value: &T, version: u32, last: usize) -> Result<Vec<u8>, JsValue> {
    match unwind::catch(|| codec::seal(T::NAME, version, last, |bytes| value.encode(bytes))) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(import_error("the state can't be encoded", T::NAME)),
        Err(payload) => Err(settle::panic_error(payload, T::NAME)),
    }
}

/// `complete` if the journal leads to this value too.
#[cold]
#[inline(never)]
fn snapshot<T: State>(record: &Number, value: &T, version: u32, complete: bool) {
    // An exception of JavaScript's may leave the user's `Serialize`.
    unwind::may_unwind();
    let id = record.id;
    let taken = sealed(value, version, record.last.get()).and_then(|bytes| {
        record.last.set(bytes.len());
        js_snapshot(id, bytes.as_ptr() as usize, bytes.len())
    });
    if let Err(error) = taken {
        errors::report(&error);
        // Without a host that answers there is no record either.
        let _ = js_missed(id, complete, &error);
    }
}

/// The state that a generation of a record leads to, from its snapshot or the `state` of it.
#[cold]
#[inline(never)]
fn restored<T: State>(
    id: u32,
    generation: Generation,
    version: u32,
    state: Option<T>,
) -> Result<T, JsValue> {
    // As in `snapshot`, out of what is the user's.
    unwind::may_unwind();
    let snapshot = match state {
        None => js_bytes(id, generation.snapshot)?,
        Some(_) => Vec::new(),
    };
    let journal = match has(id, generation.journal) {
        true => js_bytes(id, generation.journal)?,
        false => Vec::new(),
    };
    let restored = unwind::catch(|| {
        let opened = || opened(version, &snapshot).map_err(Lost::Refused);
        let mut state = state.map_or_else(opened, Ok)?;
        replay::replay(&mut state, &journal)?;
        Ok(state)
    });
    match restored {
        Ok(Ok(state)) => Ok(state),
        Ok(Err(Lost::Refused(refused))) => Err(refusal(&refused, T::NAME)),
        Ok(Err(Lost::Diverged)) => Err(import_error(
            "a call that was replayed ended otherwise than it had; what is replayed must be deterministic",
            T::NAME,
        )),
        Err(payload) => Err(settle::panic_error(payload, T::NAME)),
    }
}

/// The state of the snapshot of a record, from the generation before, whose calls led to
/// it; if they do not now, that is told.
fn led<T: State>(id: u32, version: u32) -> Option<T> {
    let led = restored(id, BEFORE, version, None).and_then(|state: T| {
        let snapshot = js_bytes(id, NOW.snapshot)?;
        let same = sealed(&state, version, snapshot.len())? == snapshot;
        Ok(same.then_some(state))
    });
    let state = led.unwrap_or_default();
    if state.is_none() {
        // At worst it is not reported.
        let _ = js_diverged(id);
    }
    state
}

/// Whether a part is there and not empty: most objects have one only.
fn has(id: u32, part: u32) -> bool {
    js_parts(id) & (1 << part) != 0
}

pub(crate) fn opened<T: State>(version: u32, bytes: &[u8]) -> Result<T, Refused> {
    T::decode(codec::open(T::NAME, version, bytes)?).ok_or(Refused::State)
}

fn import_error(message: &str, class: &str) -> JsValue {
    js_import_error(message, class).unwrap_or_else(|thrown| thrown)
}

fn refusal(refused: &Refused, class: &str) -> JsValue {
    import_error(&refused.to_string(), class)
}

/// Asks of a type what a class that persists needs.
pub const fn persists<T: Persistable>() {}
