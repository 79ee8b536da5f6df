//! Answers what the host asks of an object through the hidden method of its class. The numbers
//! are shared with `js/objects.js`. `unsafe`: a value that left the memory is put back.

use crate::base::cell::Refusal;
use crate::base::shared::inspect::{
    CHECK_CONSUME, CHECK_FREE, CLEAR_POISON, EVICT, IS_BUSY, IS_POISONED, IS_STALE, IS_WRITTEN,
    RECORD, RELEASE, REVIVE, STATE, UPCAST,
};
use crate::base::thrown::{Thrown, into_js};
use crate::base::unwind;
use crate::call::outcome::Outcome;
use crate::call::settle;
use crate::object::class::{Above, ObjectCell, Recoverable, Refusing};
#[cfg(feature = "durable")]
use crate::object::convert;
use crate::object::entry;
use crate::object::pointer::Object;
use crate::persist::policy::Persistence;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::IntoWasmAbi;

/// Answers the host's `operation` on an object.
pub fn inspect<T: Recoverable>(object: &Object<T>, operation: u32, argument: u32) -> Outcome<u32> {
    let refusal = object
        .cell()
        .map_or(Some(Refusal::Stale), |cell| cell.refusal());
    let is = |ask: fn(&ObjectCell<T>) -> bool| Outcome::ok(object.cell().is_some_and(ask).into());
    match (operation, refusal) {
        (CHECK_FREE, Some(Refusal::Stale | Refusal::Busy)) | (CHECK_CONSUME, Some(_)) => {
            Outcome::err(refused(refusal, object.cell()))
        }
        (CHECK_FREE | CHECK_CONSUME, _) => {
            object.linger();
            Outcome::ok(0)
        }
        (CLEAR_POISON, _) => is(|cell| {
            let was = cell.clear_poison();
            if was {
                entry::look(cell, |value| T::Persistence::accept(&cell.record, value));
            }
            was
        }),
        (IS_POISONED, _) => is(|cell| cell.is_poisoned()),
        (RECORD, _) => {
            object.link();
            let number = |cell: &ObjectCell<T>| T::Persistence::number(&cell.record);
            Outcome::ok(object.cell().map_or(0, number))
        }
        (REVIVE, _) => match revived(object, argument) {
            Ok(answer) => Outcome::ok(answer),
            Err(error) => Outcome::err(into_js(error)),
        },
        (EVICT, None) if T::Persistence::PERSISTS => {
            Outcome::ok(object.cell().is_some_and(ObjectCell::evict).into())
        }
        (RELEASE, _) => {
            object.release();
            Outcome::ok(0)
        }
        (UPCAST, _) if T::Above::IS_DERIVED => {
            Outcome::ok(object.cell().map_or(0, |cell| cell.above.upcast(argument)))
        }
        // Where the state of each object is, for who reads a memory that was kept.
        (STATE, _) if T::Persistence::PERSISTS => Outcome::ok(
            object
                .cell()
                .map_or(0, |cell| cell.own.state_address() as u32),
        ),
        (IS_BUSY, _) => Outcome::ok((refusal == Some(Refusal::Busy)).into()),
        (IS_WRITTEN, _) => is(|cell| cell.is_written()),
        (IS_STALE, _) => Outcome::ok((refusal == Some(Refusal::Stale)).into()),
        _ => Outcome::ok(0),
    }
}

/// Revives an object: in a new cell, whose pointer is the answer, or in the one that it left. Memory
/// that runs out is an error of the call that uses the object.
#[cold]
#[inline(never)]
fn revived<T: Recoverable>(object: &Object<T>, record: u32) -> Result<u32, Thrown> {
    // A JavaScript exception may leave code of the user's, through the catch.
    unwind::may_unwind();
    let revived = unwind::catch(|| {
        // Other code has the class elsewhere, which the host is told before it is asked for an object of it.
        #[cfg(feature = "durable")]
        convert::adopt::<T>();
        let (value, record) = T::Persistence::revive(record)?;
        Ok(match object.cell() {
            None => Object::given(ObjectCell::revived(value, record)),
            Some(cell) => put_back(cell, value).into(),
        })
    });
    revived.unwrap_or_else(|payload| Err(settle::panic_error(payload, T::NAME)))
}

/// Puts a value that left the memory back.
fn put_back<T: Recoverable>(cell: &ObjectCell<T>, mut value: T) -> bool {
    if cell.own.refusal() != Some(Refusal::Stale) {
        return false;
    }
    // SAFETY: the object left with its parents: their values are gone.
    unsafe { cell.above.settle(&mut value, None) };
    cell.own.put_back(value).is_ok()
}

/// The bytes of an object's current state, for `recovery.export`.
pub fn exported<T: Recoverable>(object: &Object<T>) -> Outcome<Vec<u8>> {
    let cell = object.cell();
    let state = match cell.map(|cell| (cell.refusal(), cell)) {
        Some((None, cell)) => entry::look(cell, T::Persistence::export),
        _ => None,
    };
    match state {
        Some(Ok(bytes)) => handed(bytes, T::NAME),
        Some(Err(error)) => Outcome::err(into_js(error)),
        None => {
            let refusal = cell.and_then(|cell| cell.refusal());
            Outcome::err(refused(refusal, cell))
        }
    }
}

/// Hands bytes to JavaScript. That may take memory, to give back what they don't need.
fn handed(bytes: Vec<u8>, class: &'static str) -> Outcome<Vec<u8>> {
    match unwind::catch(|| bytes.into_abi()) {
        Ok(bytes) => Outcome::ok(bytes),
        Err(payload) => Outcome::err(into_js(settle::panic_error(payload, class))),
    }
}

/// The value that `recovery.export` gave the bytes of, for tests on the host: those that `cargo
/// recover replay --test` prints.
///
/// # Errors
/// Why the bytes are refused: they are of another class, or of another version of it, or changed.
pub fn captured<T: Recoverable>(bytes: &[u8]) -> Result<T, String> {
    T::Persistence::read(bytes)
}

/// The error for an object that is not as the host needs it.
#[inline(never)]
fn refused<T: Recoverable>(refusal: Option<Refusal>, cell: Option<&ObjectCell<T>>) -> JsValue {
    let refusal = refusal.unwrap_or(Refusal::Stale);
    into_js(Refusing { refusal, cell }.failure().into_error(""))
}
