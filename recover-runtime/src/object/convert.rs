//! Conversions between a value and its handle, for generated conversions and fields. No pointer
//! is touched here.

use crate::base::cell::Refusal;
use crate::base::fallible;
use crate::base::flags::{FLAGS, LEAVING, LOOKING};
use crate::call::argument::OFFERED;
use crate::call::failure::Refused;
use crate::call::settle;
use crate::host::objects;
use crate::object::class::{Above, Handle, ObjectCell, Recoverable, Refusing};
use crate::object::pointer::Given;
use crate::persist::policy::Persistence;
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi, TryFromJsValue};

/// Wraps a value for JavaScript. For the first value of a class the host patches the class.
pub fn export<T: Recoverable>(value: T) -> T::Handle {
    if cfg!(debug_assertions) && !T::adopted().get() {
        T::Persistence::prove(&value);
    }
    adopt::<T>();
    T::Handle::new(ObjectCell::new(value))
}

/// Has the host patch a class, after those that it extends.
pub(crate) fn adopt<T: Recoverable>() {
    if !T::adopted().get() {
        T::Above::adopt();
        T::Persistence::prepare();
        let probe = ObjectCell::refusing(Refusal::Stale, None);
        objects::adopt(
            &T::Handle::new(probe).into(),
            T::Persistence::PERSISTS,
            T::NAME,
            class_id::<T>(),
        );
        T::adopted().set(true);
    }
}

/// An address that no other class of the module has.
pub(crate) fn class_id<T: Recoverable>() -> usize {
    T::adopted().with(|adopted| adopted.as_ptr() as usize)
}

fn refused<T: Recoverable>(refusal: Refusal, cell: Option<&ObjectCell<T>>) -> Refused {
    Refusing { refusal, cell }.refused()
}

/// Takes the value out of an object that JavaScript offers.
fn take_value<T: Recoverable>(given: &Given<T>) -> Result<T, Refused> {
    let Some(cell) = given.object().cell() else {
        return Err(refused::<T>(Refusal::Stale, None));
    };
    let refused = |refusal| refused(refusal, Some(cell));
    if let Some(refusal) = cell.refusal() {
        return Err(refused(refusal));
    }
    let object = given.taken().map_err(Refused::thrown)?;
    let cell = object.cell().ok_or_else(|| refused(Refusal::Stale))?;
    object.linger();
    T::Persistence::consume(&cell.record);
    cell.take().map_err(refused)
}

/// Takes the value out of an object, for wasm-bindgen's conversions.
///
/// # Errors
/// The string that stands for the cell's refusal.
fn take<T: Recoverable>(given: Given<T>) -> Result<T, &'static str> {
    take_value(&given).map_err(Refused::into_string)
}

/// The same for an argument of ours. It looks whether that can be done; when every argument was
/// looked at, this is called again.
///
/// # Errors
/// The string that stands for the cell's refusal, or for an object that can be taken.
pub fn look_or_take<T: Recoverable>(given: Given<T>) -> Result<T, &'static str> {
    let flags = FLAGS.get();
    if flags & (LOOKING | LEAVING) == 0 {
        return take(given);
    }
    let cell = given.object().cell();
    match cell.map_or(Some(Refusal::Stale), |cell| cell.refusal()) {
        Some(refusal) if flags & LOOKING != 0 => Err(refused(refusal, cell).into_string()),
        _ => Err(OFFERED),
    }
}

/// The value of a handle that wasm-bindgen unwrapped, unless it is poisoned.
pub fn unwrap<H: Handle>(handle: H) -> Option<H::User> {
    handle.cell().take().ok()
}

/// What stands for a value that is no object of the class.
const WRONG: &str = "array contains a value of the wrong type";

/// The values behind handles, as JavaScript has these.
///
/// # Errors
/// The text that stands for what one of them is refused for. Then none is taken.
fn take_all<T: Recoverable>(values: Vec<JsValue>) -> Result<Box<[T]>, &'static str>
where
    T::Handle: TryFromJsValue,
{
    let can_be_taken = |value: &JsValue| objects::can_be_taken(value, class_id::<T>());
    if !values.iter().all(can_be_taken) {
        return Err(WRONG);
    }
    let taken = values.into_iter().map(|value| {
        let handle = T::Handle::try_from_js_value_ref(&value).ok_or(WRONG)?;
        let cell = handle.cell();
        T::Persistence::consume(&cell.record);
        let value = cell.take();
        value.map_err(|refusal| refused(refusal, Some(cell)).into_string())
    });
    taken.collect()
}

/// The same for an argument of ours; see [`look_or_take`].
///
/// # Errors
/// The text that stands for what one of them is refused for, or for objects that can be taken: these
/// are still where they crossed.
pub fn look_or_take_all<T: Recoverable>(values: Vec<JsValue>) -> Result<Box<[T]>, &'static str>
where
    T::Handle: TryFromJsValue,
{
    let flags = FLAGS.get();
    if flags & LOOKING != 0 {
        let can_be_taken = |value: &JsValue| objects::can_be_taken(value, class_id::<T>());
        if !values.iter().all(can_be_taken) {
            return Err(WRONG);
        }
        std::mem::forget(values);
    } else if flags & LEAVING == 0 {
        return take_all(values);
    }
    Err(OFFERED)
}

/// As [`look_or_take`], where the conversion can't refuse. Where nothing unwinds, it can't look either.
pub fn take_or_panic<T: Recoverable>(given: Given<T>) -> T {
    or_panic(match cfg!(panic = "unwind") {
        true => look_or_take(given),
        false => take(given),
    })
}

/// As [`look_or_take_all`], where the conversion can't refuse.
pub fn take_all_or_panic<T: Recoverable>(values: Vec<JsValue>) -> Box<[T]>
where
    T::Handle: TryFromJsValue,
{
    or_panic(match cfg!(panic = "unwind") {
        true => look_or_take_all(values),
        false => take_all(values),
    })
}

/// For the infallible forms of the conversions, which generated code calls only where
/// wasm-bindgen has no others.
pub fn or_panic<T>(converted: Result<T, &'static str>) -> T {
    fallible::or_unwind(converted)
}

/// Drops a value that JavaScript freed. The host throws a panic from `free()`, and reports one in
/// a finalizer, which has no caller.
pub fn release<T: Recoverable>(cell: &ObjectCell<T>) {
    // Nobody is inside: an entry of this class holds the handle. One of a class above holds that
    // class's, and its value there.
    cell.own.clear_poison();
    if let Ok(value) = cell.own.take() {
        settle::drop_reporting(value, T::NAME);
    }
}

/// The value of a public field.
#[inline]
pub fn copied<T: Field>(field: &T) -> T {
    *field
}

/// The value of a public field with `getter_with_clone`.
#[inline]
pub fn cloned<T: Clone>(field: &T) -> T {
    field.clone()
}

/// Sets a public field.
#[inline]
pub fn assign<T>(field: &mut T, value: T) {
    *field = value;
}

/// What a public field can be: JavaScript reads it, and sets it if that is `SET`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a public field of an exported struct",
    label = "no conversion to a JavaScript value and back",
    note = "put `#[recoverable]` on its struct or enum, or `#[recoverable(skip)]` on the field, or make the field private"
)]
pub trait IsField<const SET: bool> {
    /// It is one.
    const IS: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: IntoWasmAbi + FromWasmAbi> IsField<true> for T {}

#[diagnostic::do_not_recommend]
impl<T: IntoWasmAbi> IsField<false> for T {}

/// A field that a getter copies.
#[diagnostic::on_unimplemented(
    message = "a public field of type `{Self}` can't be copied out to JavaScript",
    note = "put `#[recoverable(getter_with_clone)]` on the field or the struct, `#[recoverable(skip)]` on the field, or make it private"
)]
pub trait Field: Copy {}

#[diagnostic::do_not_recommend]
impl<T: Copy> Field for T {}
