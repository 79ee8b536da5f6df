//! Exported objects: how a value becomes a handle and comes back, and the
//! anchors that hold a cell while a call borrows it.
//!
//! No pointer is touched here (that is `abi`), and no error is thrown: a refusal
//! is one of three texts, which `carrier` turns into error classes and
//! which plain `#[wasm_bindgen]` code sees as they are.

use crate::abi::{Given, Handle, Object, ObjectCell};
use crate::anchor;
use crate::cell::{Access, Refusal};
use crate::failure::Failure;
use crate::guard;
use crate::host;
use crate::outcome::Outcome;
use crate::persist::Persistence;
use crate::shared::inspect::*;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;

/// What becomes of an object when a call on it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnPanic {
    /// Later calls get `PoisonedError`.
    Poison,
    /// The object stays as the panic left it.
    Keep,
    /// The object is as it was before the call. Of a class with `persist` or
    /// `rollback = "clone"` alone; a closure has nothing to go back to, and is kept.
    Rollback,
}

/// A type exported by `#[recoverable]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not exported",
    label = "this struct has no `#[recoverable]`",
    note = "put `#[recoverable]` on the struct as well as on the impl block"
)]
pub trait Recoverable: Sized + 'static {
    /// What wasm-bindgen exports in its place.
    type Handle: Handle<User = Self>;
    /// JavaScript name of the class.
    const CLASS: &'static str;
    /// What a panic under `&mut self` does.
    const EXCLUSIVE: OnPanic;
    /// What a panic under `&self` does.
    const SHARED: OnPanic;
    /// Whether a call by `&self` may change it.
    const INTERIOR: bool;
    /// How objects outlive a call that fails, and their instance.
    type Persistence: Persistence<Self>;
    /// Whether the host has patched the class.
    fn adopted() -> &'static std::thread::LocalKey<Cell<bool>>;
}

const STALE: &str = "the object was freed or consumed; create a new one";
const BUSY: &str = "the object is busy with another call; call again when that one has ended";
const POISONED: &str = "the object was left half changed by a panic; free it, or accept its state with recovery.clearPoison()";

thread_local! {
    /// The refusal that one of the texts above stands for, until it is asked for.
    static REFUSED: RefCell<Option<(&'static str, Option<JsValue>)>> = const { RefCell::new(None) };
}

#[cold]
fn refuse<T: Recoverable>(refusal: Refusal, cell: Option<&ObjectCell<T>>) -> &'static str {
    let cause = match refusal {
        Refusal::Poisoned => cell.and_then(|cell| cell.cause()),
        _ => None,
    };
    REFUSED.set(Some((T::CLASS, cause)));
    match refusal {
        Refusal::Stale => STALE,
        Refusal::Busy => BUSY,
        Refusal::Poisoned => POISONED,
    }
}

/// The failure behind an error text of a conversion.
#[cold]
pub(crate) fn failure(message: &'static str) -> Failure {
    let refusal = match message {
        STALE => Refusal::Stale,
        BUSY => Refusal::Busy,
        POISONED => Refusal::Poisoned,
        _ => return Failure::Invalid(message),
    };
    let (class, cause) = REFUSED.take().unwrap_or(("object", None));
    Failure::Refused {
        refusal,
        class,
        cause,
    }
}

/// Wraps a value for JavaScript. The first of a class has the host patch it.
pub fn export<T: Recoverable>(value: T) -> T::Handle {
    if !T::adopted().get() {
        T::Persistence::prepare();
        let probe = ObjectCell::refusing(Refusal::Stale, None);
        host::adopt(&T::Handle::new(probe).into(), T::Persistence::PERSISTS);
        T::adopted().set(true);
    }
    T::Handle::new(ObjectCell::new(value))
}

/// Takes the value out of an object whose handle JavaScript gave up.
pub fn take<T: Recoverable>(given: Given<T>) -> Result<T, &'static str> {
    match (given.object().cell(), &given) {
        (None, _) => Err(refuse::<T>(Refusal::Stale, None)),
        (Some(cell), Given::Owned(_)) => cell
            .take()
            .map_err(|refusal| refuse::<T>(refusal, Some(cell))),
        (Some(cell), _) => Err(refuse::<T>(
            cell.refusal().unwrap_or(Refusal::Busy),
            Some(cell),
        )),
    }
}

/// The value of a handle that wasm-bindgen unwrapped, unless it is poisoned.
pub fn unwrap<H: Handle>(handle: H) -> Option<H::User> {
    handle.cell().take().ok()
}

/// The values of the handles that wasm-bindgen unwrapped, or why one has none.
pub fn unwrap_all<H: Handle>(handles: Box<[H]>) -> Result<Box<[H::User]>, &'static str> {
    handles
        .into_iter()
        .map(|handle| {
            let cell = handle.cell();
            cell.take()
                .map_err(|refusal| refuse::<H::User>(refusal, Some(cell)))
        })
        .collect()
}

/// For the infallible forms of the conversions, which generated code never calls.
pub fn or_panic<T>(converted: Result<T, &'static str>) -> T {
    match converted {
        Ok(value) => value,
        Err(message) => panic!("{message}"),
    }
}

/// Drops a value that JavaScript freed. A panic goes to the host, which throws
/// it from `free()`; a finalizer has no caller to throw to.
pub fn release<T: Recoverable>(cell: &ObjectCell<T>) {
    cell.clear_poison();
    if let Ok(value) = cell.take() {
        guard::drop_reporting(value, T::CLASS);
    }
}

/// The value of a public field.
#[inline]
pub fn copied<T: Field>(field: &T) -> T {
    *field
}

/// The value of a public field with `getter_with_clone`. Why it is not inlined stands in
/// `crossing`.
#[inline(never)]
pub fn cloned<T: Clone>(field: &T) -> T {
    guard::may_unwind();
    field.clone()
}

/// Sets a public field.
#[inline]
pub fn assign<T>(field: &mut T, value: T) {
    let before = std::mem::replace(field, value);
    if std::mem::needs_drop::<T>() {
        guard::drop_apart(before);
    }
}

/// A field that a getter copies.
#[diagnostic::on_unimplemented(
    message = "a public field of type `{Self}` can't be copied out to JavaScript",
    note = "put `#[recoverable(getter_with_clone)]` on the field or the struct, `#[recoverable(skip)]` on the field, or make it private"
)]
pub trait Field: Copy {}

#[diagnostic::do_not_recommend]
impl<T: Copy> Field for T {}

/// What the host asks of an object through the hidden method of its class.
pub fn inspect<T: Recoverable>(object: &Object<T>, operation: u32) -> Outcome<u32> {
    let refusal = object
        .cell()
        .map_or(Some(Refusal::Stale), |cell| cell.refusal());
    let is = |ask: fn(&ObjectCell<T>) -> bool| Outcome::ok(object.cell().is_some_and(ask).into());
    match (operation, refusal) {
        (CHECK_FREE, Some(Refusal::Stale | Refusal::Busy)) | (CHECK_CONSUME, Some(_)) => {
            let failure = failure(refuse(refusal.unwrap_or(Refusal::Stale), object.cell()));
            Outcome::err(failure.into_error(""))
        }
        (GIVE_UP, Some(refusal)) => {
            let cause = object.cell().and_then(|cell| cell.cause());
            Outcome::ok(Object::<T>::stand_in(refusal, cause))
        }
        (CHECK_FREE | GIVE_UP, _) => {
            object.linger();
            Outcome::ok(0)
        }
        (CLEAR_POISON, _) => is(|cell| {
            let was = cell.clear_poison();
            if was {
                anchor::look(cell, |value| T::Persistence::accept(&cell.record, value));
            }
            was
        }),
        (IS_POISONED, _) => is(|cell| cell.is_poisoned()),
        (RECORD, _) => {
            let number = |cell: &ObjectCell<T>| T::Persistence::number(&cell.record);
            Outcome::ok(object.cell().map_or(0, number))
        }
        (REVIVE, _) => match T::Persistence::revive() {
            Ok(cell) => Outcome::ok(Object::given(cell)),
            Err(error) => Outcome::err(error),
        },
        (EXPORT, Some(_)) => {
            let failure = failure(refuse(refusal.unwrap_or(Refusal::Stale), object.cell()));
            Outcome::err(failure.into_error(""))
        }
        (EXPORT, None) => {
            let look = |cell| anchor::look(cell, T::Persistence::export);
            match object.cell().and_then(look) {
                Some(Err(error)) => Outcome::err(error),
                given => Outcome::ok(matches!(given, Some(Ok(true))).into()),
            }
        }
        (RELEASE, _) => {
            object.release();
            Outcome::ok(0)
        }
        (IS_BUSY, _) => Outcome::ok((refusal == Some(Refusal::Busy)).into()),
        (IS_WRITTEN, _) => is(|cell| cell.is_written()),
        (IS_STALE, _) => Outcome::ok((refusal == Some(Refusal::Stale)).into()),
        _ => Outcome::ok(0),
    }
}

/// Enters the cell of an object, or says why not.
#[inline]
pub(crate) fn enter<T: Recoverable>(
    object: &Object<T>,
    access: Access,
) -> Result<&ObjectCell<T>, &'static str> {
    match object.cell() {
        None => Err(refuse::<T>(Refusal::Stale, None)),
        Some(cell) => match cell.enter(access) {
            Ok(()) => Ok(cell),
            Err(refusal) => Err(refuse::<T>(refusal, Some(cell))),
        },
    }
}
