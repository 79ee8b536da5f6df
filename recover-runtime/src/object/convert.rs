//! Conversions between a value and its handle, for generated conversions and fields. No pointer
//! is touched here.

use crate::base::cell::Refusal;
use crate::base::fallible;
use crate::base::unwind;
use crate::call::argument::{Owned, claiming};
use crate::call::failure::Refused;
use crate::call::settle;
use crate::host::objects;
use crate::object::class::{Handle, ObjectCell, Recoverable, Refusing};
use crate::object::pointer::Given;
use crate::persist::policy::Persistence;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::TryFromJsValue;

/// Wraps a value for JavaScript. For the first value of a class the host patches the class.
pub fn export<T: Recoverable>(value: T) -> T::Handle {
    if !T::adopted().get() {
        T::Persistence::prepare();
        let probe = ObjectCell::refusing(Refusal::Stale, None);
        objects::adopt(&T::Handle::new(probe).into(), T::Persistence::PERSISTS);
        T::adopted().set(true);
    }
    T::Handle::new(ObjectCell::new(value))
}

fn refused<T: Recoverable>(refusal: Refusal, cell: Option<&ObjectCell<T>>) -> Refused {
    Refusing { refusal, cell }.refused()
}

/// Takes the value out of an object whose handle JavaScript gave up.
fn take_value<T: Recoverable>(given: Given<T>) -> Result<T, Refused> {
    match (given.object().cell(), &given) {
        (None, _) => Err(refused::<T>(Refusal::Stale, None)),
        (Some(cell), Given::Owned(_)) => {
            let value = cell.take();
            T::Persistence::consume(&cell.record);
            value.map_err(|refusal| refused(refusal, Some(cell)))
        }
        (Some(cell), _) => Err(refused(cell.refusal().unwrap_or(Refusal::Busy), Some(cell))),
    }
}

/// Takes the value out of an object, for wasm-bindgen's conversions.
///
/// # Errors
/// The string that stands for the cell's refusal.
pub fn take<T: Recoverable>(given: Given<T>) -> Result<T, &'static str> {
    take_value(given).map_err(Refused::into_string)
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
            let value = cell.take();
            <H::User as Recoverable>::Persistence::consume(&cell.record);
            value.map_err(|refusal| refused(refusal, Some(cell)).into_string())
        })
        .collect()
}

/// The values behind handles, as JavaScript has these.
///
/// # Errors
/// The text that stands for what one of them is refused for.
pub fn unwrap_values<T: Recoverable>(values: Vec<JsValue>) -> Result<Box<[T]>, &'static str>
where
    T::Handle: TryFromJsValue,
{
    let handle = |value: JsValue| {
        let handle = T::Handle::try_from_js_value_ref(&value);
        handle.ok_or("array contains a value of the wrong type")
    };
    unwrap_all(values.into_iter().map(handle).collect::<Result<_, _>>()?)
}

/// For the infallible forms of the conversions, which generated code calls only where
/// wasm-bindgen has no others.
pub fn or_panic<T>(converted: Result<T, &'static str>) -> T {
    fallible::or_unwind(converted)
}

/// Drops a value that JavaScript freed. The host throws a panic from `free()`, and reports one in
/// a finalizer, which has no caller.
pub fn release<T: Recoverable>(cell: &ObjectCell<T>) {
    cell.clear_poison();
    if let Ok(value) = cell.take() {
        settle::drop_reporting(value, T::NAME);
    }
}

/// The value of a public field.
#[inline]
pub fn copied<T: Field>(field: &T) -> T {
    *field
}

/// The value of a public field with `getter_with_clone`. `call/guard.rs` says why it is not
/// inlined.
#[inline(never)]
pub fn cloned<T: Clone>(field: &T) -> T {
    unwind::may_unwind();
    field.clone()
}

/// Sets a public field.
#[inline]
pub fn assign<T>(field: &mut T, value: T) {
    let before = std::mem::replace(field, value);
    if std::mem::needs_drop::<T>() {
        unwind::drop_behind_boundary(before);
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

impl<T: Recoverable> Owned<T> {
    /// The `self` of a method that consumes its object.
    #[inline]
    pub fn of(given: Given<T>) -> Self {
        Owned::new(match T::Persistence::PERSISTS {
            true => claiming(|| take_value(given)),
            false => take_value(given),
        })
    }
}
