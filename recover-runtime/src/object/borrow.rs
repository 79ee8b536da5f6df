//! Objects that Rust gets as a `JsValue`: the public way to borrow one. `unsafe`: a pointer comes
//! from a handle.
//!
//! Crates that read `__wbg_ptr` off a value trust it: after the end of an instance it leads to
//! another object's memory, and a value of another class has one, too. Here the host checks both.

use crate::base::thrown::of_js;
use crate::call::settle;
use crate::host::objects;
use crate::object::anchor::Anchor;
use crate::object::class::{ObjectAbi, Recoverable};
use crate::object::convert::class_id;
use crate::object::pointer::Object;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use wasm_bindgen::convert::WasmAbi;
use wasm_bindgen::{JsError, JsValue};

/// Borrows the object of a `#[recoverable]` class that a value is a handle of, as a `&T` argument
/// does: until the guard is dropped, calls that write the object get `BusyError`.
///
/// # Errors
/// `WrongClassError` if the value is no object of the class, `StaleHandleError` if it was freed or
/// went with its instance, `BusyError` and `PoisonedError` as for an argument. Return the error
/// from the export, and the caller gets it.
///
/// ```
/// use recover_runtime::{JsValue, borrow_from_js, recoverable};
///
/// #[recoverable]
/// pub struct Store { values: Vec<u32> }
///
/// #[recoverable]
/// pub fn total(stores: Vec<JsValue>) -> Result<u32, JsValue> {
///     let mut total = 0;
///     for store in &stores {
///         total += borrow_from_js::<Store>(store)?.values.iter().sum::<u32>();
///     }
///     Ok(total)
/// }
/// ```
pub fn borrow_from_js<T: Recoverable>(value: &JsValue) -> Result<impl Deref<Target = T>, JsValue> {
    Borrowed::<T, false>::enter(value)
}

/// Borrows it as a `&mut T` argument does: until the guard is dropped, every other call on the
/// object gets `BusyError`. If a panic unwinds through the guard, the object is poisoned,
/// rolled back or kept, as its class says.
///
/// # Errors
/// As for [`borrow_from_js`].
pub fn borrow_mut_from_js<T: Recoverable>(
    value: &JsValue,
) -> Result<impl DerefMut<Target = T>, JsValue> {
    Borrowed::<T, true>::enter(value)
}

/// The guard of a borrow. It is a local of the user's, so a panic drops it before the call that it
/// belongs to is settled.
struct Borrowed<T: Recoverable, const EXCLUSIVE: bool>(ManuallyDrop<Anchor<T, EXCLUSIVE>>);

impl<T: Recoverable, const EXCLUSIVE: bool> Borrowed<T, EXCLUSIVE> {
    fn enter(value: &JsValue) -> Result<Self, JsValue> {
        let anchor = Anchor::try_enter(object::<T>(value)?)?;
        Ok(Borrowed(ManuallyDrop::new(anchor)))
    }
}

impl<T: Recoverable, const EXCLUSIVE: bool> Drop for Borrowed<T, EXCLUSIVE> {
    fn drop(&mut self) {
        // SAFETY: nothing uses the anchor after this.
        let anchor = unsafe { ManuallyDrop::take(&mut self.0) };
        if std::thread::panicking() {
            // The error of the panic is made later, by its catch.
            let cause = JsError::new("a panic unwound through a borrow of the object");
            settle::settle(anchor, of_js(cause.into()));
        }
    }
}

impl<T: Recoverable, const EXCLUSIVE: bool> Deref for Borrowed<T, EXCLUSIVE> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Recoverable> DerefMut for Borrowed<T, true> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// The object of a handle, with a count of its own.
fn object<T: Recoverable>(value: &JsValue) -> Result<Object<T>, JsValue> {
    let pointer = objects::pointer_of(value, class_id::<T>(), T::NAME)?;
    let abi = ObjectAbi::<T>::join(pointer, (), (), ());
    // SAFETY: the host read the pointer from a handle of the class and of this instance (1); a
    // handle that was freed has a null pointer.
    Ok(unsafe { Object::retain(abi) })
}
