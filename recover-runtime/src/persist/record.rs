//! The host's record of an object. It is made when the object gets its handle, updated by each
//! call that ends, and read when a call fails or an instance ends.

use crate::base::flags::{CONSUMED, CONVERTING, FLAGS};
#[cfg(panic = "unwind")]
use crate::base::payload::OutOfMemory;
use crate::base::shared::appended::{APPENDED, NOT_APPENDED};
use crate::base::shared::part;
use crate::base::thrown::Thrown;
use crate::base::unwind;
#[cfg(not(target_os = "wasi"))]
use crate::call::failure::Failure;
use crate::call::settle;
use crate::host::around::{self, records};
#[cfg(not(target_os = "wasi"))]
use crate::host::records::js_taken;
use crate::persist::codec::Refused;
use crate::persist::hint::{self, Hint};
use crate::persist::older::unread;
use crate::persist::policy::{Class, JournalEntry, Persistence, Whole};
use crate::persist::replay::Lost;
use crate::persist::{codec, replay, timing};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::cell::{Cell, OnceCell};
use std::marker::PhantomData;
use std::rc::Weak;
#[cfg(not(target_os = "wasi"))]
use wasm_bindgen::JsValue;

/// A snapshot and the journal of the calls after it: two parts of a record.
#[derive(Clone, Copy)]
struct Generation {
    snapshot: u32,
    journal: u32,
}

const CURRENT: Generation = Generation {
    snapshot: part::SNAPSHOT,
    journal: part::JOURNAL,
};

/// The generation before: its journal led to the snapshot of the current one.
const PREVIOUS: Generation = Generation {
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

/// The bytes of a state. Generated for every class with `persist`: if its state can't be encoded,
/// there is one error, from [`persists`], in place of one at each use.
pub trait State: Class {
    /// Appends the encoded state.
    fn encode(&self, bytes: &mut Vec<u8>);
    /// Decodes a state.
    fn decode(bytes: &[u8]) -> Option<Self>;
    /// Whether there are migrations from older versions.
    const MIGRATES: bool = false;
    /// The state in the payload of another version, `found`, brought to version `now`.
    ///
    /// # Errors
    /// Why the bytes are refused.
    #[cold]
    fn older(found: u32, now: u32, _payload: &[u8]) -> Result<Self, Refused> {
        Err(unread::<Self>(found, now))
    }
    /// Whether [`State::restore`] can do it.
    const RESTORES: bool = false;
    /// Takes over what `before` has, where others may be reading `self`: whether all of it could be.
    fn restore(&self, _before: Self) -> bool {
        false
    }
    /// Replays the next call, of a class that this one extends.
    ///
    /// # Errors
    /// Why it can't be replayed.
    fn replay_above(&mut self, _journal: &mut &[u8]) -> Result<bool, Lost> {
        Err(Lost::Refused(Refused::Checksum))
    }
}

/// The persistence of objects that the host has a record of. Without `JOURNALED` the record is a
/// snapshot of the last state; with it, an older snapshot and the journal of the calls since.
/// The next snapshot is taken after `EVERY` calls; if that is zero, the host decides by the size
/// of the journal and by how long its calls took. `VERSION` is the user's.
pub struct Persisted<const JOURNALED: bool, const EVERY: u32, const VERSION: u32>;

/// The number of an object's record.
#[derive(Default)]
pub struct Number {
    id: Cell<u32>,
    /// Length of the last snapshot in bytes; zero if it is not known.
    last_length: Cell<usize>,
    /// The object, if its class extends the one that this is the number for.
    whole: OnceCell<Weak<dyn Whole>>,
}

/// What the guard of a cell keeps for one call.
#[derive(Default)]
pub struct Call {
    /// Whether the user's code was given the value.
    used: Cell<bool>,
    /// The call, for the journal.
    entry: Cell<Option<JournalEntry>>,
    /// Whether the call around this one has called JavaScript.
    outer_called_js: Cell<bool>,
}

thread_local! {
    /// Whether the host was asked to keep records.
    static KEPT: Cell<bool> = const { Cell::new(false) };
    /// Whether the call under way has called JavaScript. A replay would call it again.
    static CALLED_JS: Cell<bool> = const { Cell::new(false) };
}

/// Called before a marked import calls JavaScript. Such a call is not journaled, and may not
/// happen in a replay.
#[inline]
pub fn outside() {
    CALLED_JS.set(true);
    if replay::is_replaying() {
        refuse_outside();
    }
}

#[cold]
fn refuse_outside() -> ! {
    panic!(
        "a replayed call called JavaScript, which it did not do the first time; put #[recoverable(no_journal)] on the method"
    )
}

fn ask_host_for_records() {
    if !KEPT.get() {
        records::keep();
        KEPT.set(true);
    }
}

impl<T, const JOURNALED: bool, const EVERY: u32, const VERSION: u32> Persistence<T>
    for Persisted<JOURNALED, EVERY, VERSION>
where
    T: State,
{
    const PERSISTS: bool = true;
    const JOURNALS: bool = JOURNALED;
    const CHECKPOINTS: bool = T::RESTORES;
    type Record = Number;
    type Call = Call;

    fn prepare() {
        ask_host_for_records();
    }

    #[cold]
    fn prove(value: &T) {
        prove(value, VERSION);
    }

    fn enlist(value: &T) -> Number {
        let sealed = unwind::catch(|| seal(value, VERSION, 0));
        #[cfg(panic = "unwind")]
        let sealed = match sealed {
            // Without a record it would be an object that does not persist. The call fails instead, and
            // may succeed when others have made room.
            Err(payload) if payload.is::<OutOfMemory>() => std::panic::resume_unwind(payload),
            sealed => sealed,
        };
        let recorded = encoded::<T>(sealed).and_then(|bytes| {
            Ok(Number {
                id: Cell::new(records::record(&bytes)?),
                last_length: Cell::new(bytes.len()),
                whole: OnceCell::new(),
            })
        });
        recorded.unwrap_or_else(|error| {
            around::report(&error);
            Number::default()
        })
    }

    #[inline]
    fn number(record: &Number) -> u32 {
        record.id.get()
    }

    #[cold]
    fn snapshot(record: &Number, value: &T, complete: bool) {
        snapshot(record, value, VERSION, complete);
    }

    #[cold]
    fn link(record: &Number, number: u32, whole: &Weak<dyn Whole>) {
        record.id.set(number);
        record.whole.get_or_init(|| whole.clone());
    }

    #[inline]
    fn begin(call: &Call, _value: &T) {
        call.used.set(true);
    }

    #[inline]
    fn arm(call: &Call, entry: JournalEntry) {
        if !entry.is_empty() {
            call.outer_called_js.set(CALLED_JS.replace(false));
            call.entry.set(Some(entry));
        }
    }

    #[inline]
    fn commit(record: &Number, value: &T, call: &Call, returned_ok: bool) {
        if !call.used.get() {
            return;
        }
        let Some(entry) = call.entry.take() else {
            return snapshot(record, value, VERSION, false);
        };
        let called_js = CALLED_JS.replace(call.outer_called_js.get());
        let appended = append(record.id.get(), entry, called_js, returned_ok, EVERY);
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
            CALLED_JS.set(call.outer_called_js.get());
        }
    }

    #[cold]
    fn consume(record: &Number) {
        let flags = FLAGS.get();
        if flags & CONVERTING != 0 && record.id.get() != 0 {
            FLAGS.set(flags | CONSUMED);
            records::claim(record.id.get());
        }
    }

    #[cold]
    fn before(record: &Number, _call: &Call) -> Result<T, Option<Thrown>> {
        let rebuild = || match record.whole.get() {
            Some(whole) => {
                let whole = whole.upgrade().ok_or(None)?;
                let value = whole.before(TypeId::of::<T>())?.downcast::<T>();
                value.map(|value| *value).map_err(|_| None)
            }
            None => rebuilt(record.id.get(), VERSION, None).map_err(Some),
        };
        match settle::outside_settlement(|| caught(rebuild)) {
            Ok(before) => before,
            // Memory ran out once more.
            Err(payload) => Err(Some(settle::panic_error(payload, T::NAME))),
        }
    }

    #[cold]
    fn restore(record: &Number, call: &Call, value: &T) -> Result<(), Option<Thrown>> {
        if !T::RESTORES {
            return Err(None);
        }
        let before = Self::before(record, call)?;
        // Values of the user's are dropped there.
        let restored = settle::outside_settlement(|| unwind::catch(|| value.restore(before)));
        match restored {
            Ok(true) => Ok(()),
            Ok(false) => Err(None),
            Err(payload) => Err(Some(settle::panic_error(payload, T::NAME))),
        }
    }

    #[cold]
    fn revive(id: u32) -> Result<(T, Number), Thrown> {
        ask_host_for_records();
        let current_state = match has_part(id, PREVIOUS.snapshot) {
            true => replayed_from_previous(id, VERSION),
            false => None,
        };
        let value = rebuilt(id, VERSION, current_state)?;
        let number = Number {
            id: Cell::new(id),
            ..Number::default()
        };
        Ok((value, number))
    }

    #[cfg(not(target_os = "wasi"))]
    fn import(bytes: &JsValue) -> Result<T, Failure> {
        ask_host_for_records();
        let bytes = js_taken(bytes, T::NAME).map_err(Failure::thrown)?;
        opened(VERSION, &bytes).map_err(|refused| Failure::Thrown(refusal(&refused, T::NAME)))
    }

    fn read(bytes: &[u8]) -> Result<T, String> {
        opened(VERSION, bytes).map_err(|refused| refused.to_string())
    }

    #[cold]
    fn export(value: &T) -> Result<Vec<u8>, Thrown> {
        sealed(value, VERSION, 0)
    }
}

/// Appends the entry of a call that has ended to the journal, if it may be replayed; returns what
/// became of it.
#[inline(never)]
fn append(id: u32, mut entry: JournalEntry, called_js: bool, returned_ok: bool, every: u32) -> u32 {
    let took = timing::ended(entry.replay, entry.began);
    let ended = codec::end_entry(&mut entry, returned_ok);
    let appended = match called_js || !ended {
        true => NOT_APPENDED,
        false => {
            // Other entries of a call that returned have ended before that of its receiver.
            let stages = settle::stages(returned_ok);
            if stages {
                settle::set_staged();
            }
            records::append(id, &entry, every, stages, took)
        }
    };
    replay::spare(entry);
    appended
}

/// The snapshot of a value. Its `Serialize` is the user's code, and may panic.
fn sealed<T: State>(value: &T, version: u32, last: usize) -> Result<Vec<u8>, Thrown> {
    encoded::<T>(unwind::catch(|| seal(value, version, last)))
}

fn seal<T: State>(value: &T, version: u32, last: usize) -> Option<Vec<u8>> {
    codec::seal(T::NAME, version, last, |bytes| value.encode(bytes))
}

/// The bytes, or the error of what a `Serialize` failed by.
fn encoded<T: State>(
    sealed: Result<Option<Vec<u8>>, Box<dyn Any + Send>>,
) -> Result<Vec<u8>, Thrown> {
    match sealed {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(import_error("the state can't be encoded", T::NAME)),
        Err(payload) => Err(settle::panic_error(payload, T::NAME)),
    }
}

/// Bytes of a state that is read back to see whether that can be done. What was read stays in the memory for ever.
const PROVED: usize = 64 * 1024;

/// Panics if the state of a value is written but can't be read back, and names what does that. A
/// `Serialize` or `Deserialize` of the user's that fails by itself is no mistake: it is reported when
/// it matters.
#[cold]
#[inline(never)]
fn prove<T: State>(value: &T, version: u32) {
    // As in `snapshot`.
    unwind::may_unwind();
    hint::take();
    let why = match unwind::catch(|| seal(value, version, 0)) {
        Ok(None) if hint::take() == Hint::Length => {
            "can't be written: serde does not say how many fields or elements there are; take \
             `#[serde(flatten)]` out of it and of what it holds, and give a `serialize_with` to a \
             sequence that does not tell its length"
        }
        Ok(Some(bytes)) => {
            let Ok((_, payload)) = codec::open(T::NAME, &bytes) else {
                return;
            };
            if payload.len() > PROVED {
                return;
            }
            match (unwind::catch(|| T::decode(payload)), hint::take()) {
                // Nobody made it: its destructor may tell of what never was.
                (Ok(Some(read)), _) => return std::mem::forget(read),
                (Err(_), _) | (Ok(None), Hint::Stack) => return,
                (Ok(None), Hint::Next) => {
                    "is written but can't be read back: its bytes have no names and no types, for which \
                     serde asks; take `#[serde(tag)]`, `#[serde(untagged)]` and `#[serde(flatten)]` \
                     out of it and of what it holds, and a `serde_json::Value`"
                }
                (Ok(None), _) => {
                    "is written but can't be read back: serde writes other fields than it reads; take \
                     `#[serde(skip_serializing_if)]` out of it and of what it holds, and write \
                     `#[serde(skip)]` in place of `skip_serializing` or `skip_deserializing`"
                }
            }
        }
        _ => return,
    };
    panic!(
        "a failure would lose each `{}`, because its state {why}",
        T::NAME
    );
}

/// Replaces the record's snapshot and journal by a snapshot of `value`. `complete` says whether
/// a replay of the journal would give the same value.
#[cold]
#[inline(never)]
fn snapshot<T: State>(record: &Number, value: &T, version: u32, complete: bool) {
    // A JavaScript exception may leave the user's `Serialize`, through the catch.
    unwind::may_unwind();
    if let Some(whole) = record.whole.get() {
        // If the object was collected meanwhile, it has no record.
        return whole.upgrade().map_or((), |whole| whole.snapshot(complete));
    }
    let id = record.id.get();
    let stages = settle::stages(false);
    let taken = sealed(value, version, record.last_length.get()).and_then(|bytes| {
        record.last_length.set(bytes.len());
        records::snapshot(id, &bytes, stages)
    });
    if let Err(error) = taken {
        around::report(&error);
        records::missed(id, complete, &error, stages);
    }
    if stages {
        settle::set_staged();
    }
}

/// The current state. If replaying its journal took long, the host has the next call make a
/// snapshot, so that the same calls are not replayed for ever.
fn rebuilt<T: State>(id: u32, version: u32, state: Option<T>) -> Result<T, Thrown> {
    let value = restored(id, CURRENT, version, state)?;
    if has_part(id, CURRENT.journal) {
        records::replayed(id);
    }
    Ok(value)
}

/// Runs `body`. Its catch is in a frame of its own, so that callers keep their landing pads.
#[cold]
#[inline(never)]
fn caught<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    unwind::may_unwind();
    unwind::catch(body)
}

/// The state that replaying the journal of `generation` gives. The replay begins at `state`, or
/// else at the snapshot of the generation.
#[cold]
#[inline(never)]
fn restored<T: State>(
    id: u32,
    generation: Generation,
    version: u32,
    state: Option<T>,
) -> Result<T, Thrown> {
    // A JavaScript exception may leave the user's `Deserialize`, or a replayed call, through the
    // catch.
    unwind::may_unwind();
    let snapshot = match state {
        None => records::bytes(id, generation.snapshot)?,
        Some(_) => Vec::new(),
    };
    let journal = match has_part(id, generation.journal) {
        true => records::bytes(id, generation.journal)?,
        false => Vec::new(),
    };
    let restored = unwind::catch(|| {
        let opened = || opened(version, &snapshot).map_err(Lost::Refused);
        let mut state = state.map_or_else(opened, Ok)?;
        replay::replay(&mut state, &journal, T::replay_above)?;
        Ok(state)
    });
    match restored {
        Ok(Ok(state)) => Ok(state),
        Ok(Err(Lost::Refused(refused))) => Err(refusal(&refused, T::NAME)),
        Ok(Err(Lost::Diverged)) => Err(import_error(
            "a replayed call ended differently from the first time; calls that are replayed must be deterministic",
            T::NAME,
        )),
        Err(payload) => Err(settle::panic_error(payload, T::NAME)),
    }
}

/// The state that a replay of the previous generation gives, if it is that of the current
/// snapshot. If it is not, a call was not deterministic, and the host reports that. What an older
/// version of the class wrote is not compared: this one writes other bytes.
fn replayed_from_previous<T: State>(id: u32, version: u32) -> Option<T> {
    if T::MIGRATES && !is_of(id, T::NAME, version) {
        return None;
    }
    let replayed = restored(id, PREVIOUS, version, None).and_then(|state: T| {
        let snapshot = records::bytes(id, CURRENT.snapshot)?;
        let same = sealed(&state, version, snapshot.len())? == snapshot;
        Ok(same.then_some(state))
    });
    let state = replayed.unwrap_or_default();
    if state.is_none() {
        records::diverged(id);
    }
    state
}

/// Whether the current snapshot is of a version of the class.
#[cold]
fn is_of(id: u32, class: &str, version: u32) -> bool {
    let snapshot = records::bytes(id, CURRENT.snapshot).unwrap_or_default();
    codec::open(class, &snapshot).is_ok_and(|(found, _)| found == version)
}

/// Whether a part of the record exists and is not empty. Most objects have only one part.
fn has_part(id: u32, part: u32) -> bool {
    records::parts(id) & (1 << part) != 0
}

/// Replays calls on the parent of a value, looked up on a concrete type. One that does not persist is
/// one error, from `check_parent`, in place of one here, too.
pub struct Replayer<T>(PhantomData<T>);

impl<T: State> Replayer<T> {
    /// Replays the next call.
    ///
    /// # Errors
    /// Why it can't be replayed.
    pub fn replay(parent: &mut T, journal: &mut &[u8]) -> Result<bool, Lost> {
        replay::step(parent, journal, T::replay_above)
    }
}

/// The answer for a type that does not persist.
pub trait NoReplayer<T> {
    /// Replays nothing.
    ///
    /// # Errors
    /// Always.
    fn replay(_parent: &mut T, _journal: &mut &[u8]) -> Result<bool, Lost> {
        Err(Lost::Refused(Refused::Checksum))
    }
}

impl<T> NoReplayer<T> for Replayer<T> {}

pub(crate) fn opened<T: State>(version: u32, bytes: &[u8]) -> Result<T, Refused> {
    match codec::open(T::NAME, bytes)? {
        (found, payload) if found == version => T::decode(payload).ok_or(Refused::State),
        (found, payload) => T::older(found, version, payload),
    }
}

fn import_error(message: &str, class: &'static str) -> Thrown {
    records::import_error(message, class)
}

fn refusal(refused: &Refused, class: &'static str) -> Thrown {
    import_error(&refused.to_string(), class)
}

/// Checks that a type has what a class with `persist` needs.
pub const fn persists<T: Persistable>() {}
