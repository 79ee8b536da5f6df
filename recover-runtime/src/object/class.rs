//! An exported class: the user's type, its handle and its cell. They refer to each other, so they
//! share a file. The other files of `object/` use them.

use crate::base::cell::{GuardedCell, Refusal};
use crate::call::failure::{Failure, Refused};
use crate::call::settle::OnPanic;
use crate::persist::policy::{Class, Persistence};
use std::cell::Cell;
use std::ops::Deref;
use wasm_bindgen::__rt::{WasmPtr, WasmRefCell};
use wasm_bindgen::JsValue;
use wasm_bindgen::convert::{FromWasmAbi, IntoWasmAbi};

/// A type exported by `#[recoverable]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not exported",
    label = "this struct has no `#[recoverable]`",
    note = "put `#[recoverable]` on the struct as well as on the impl block"
)]
pub trait Recoverable: Class {
    /// The handle, which wasm-bindgen exports in place of the type.
    type Handle: Handle<User = Self>;
    /// What a panic under `&mut self` does.
    const EXCLUSIVE: OnPanic;
    /// What a panic under `&self` does.
    const SHARED: OnPanic;
    /// Whether a call by `&self` may change the value.
    const INTERIOR: bool;
    /// How objects outlive a call that fails, and their instance.
    type Persistence: Persistence<Self>;
    /// Whether the host has patched the class.
    fn adopted() -> &'static std::thread::LocalKey<Cell<bool>>;
}

/// No class has it: wasm-bindgen's own calls do not settle what they borrow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is `#[recoverable]`; a call by `#[wasm_bindgen]` that borrows it would not see it torn by a panic",
    label = "borrowed by `#[wasm_bindgen]`",
    note = "write `#[recoverable]` in place of `#[wasm_bindgen]` here"
)]
pub trait CalledByWasmBindgen<'a> {}

/// What the guard of a `T`'s cell keeps for one call.
pub(crate) type CallOf<T> = <<T as Recoverable>::Persistence as Persistence<T>>::Call;

/// What the cell of a `T` keeps.
pub(crate) type RecordOf<T> = <<T as Recoverable>::Persistence as Persistence<T>>::Record;

/// The cell of an exported object, and the record by which the object outlives its instance.
pub struct ObjectCell<T: Recoverable> {
    cell: GuardedCell<T, JsValue>,
    pub(crate) record: RecordOf<T>,
}

impl<T: Recoverable> ObjectCell<T> {
    /// The cell of a value that gets its first handle.
    pub(crate) fn new(value: T) -> Self {
        let record = T::Persistence::enlist(&value);
        ObjectCell::revived(value, record)
    }

    /// The cell of a value that was revived from its record.
    pub(crate) fn revived(value: T, record: RecordOf<T>) -> Self {
        ObjectCell {
            cell: GuardedCell::new(value),
            record,
        }
    }

    /// A cell without a value.
    pub(crate) fn refusing(refusal: Refusal, cause: Option<JsValue>) -> Self {
        ObjectCell {
            cell: GuardedCell::refusing(refusal, cause),
            record: RecordOf::<T>::default(),
        }
    }
}

impl<T: Recoverable> Deref for ObjectCell<T> {
    type Target = GuardedCell<T, JsValue>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.cell
    }
}

/// How a pointer to an exported object of type `T` crosses.
pub type ObjectAbi<T> = WasmPtr<WasmRefCell<<T as Recoverable>::Handle>>;

/// The generated handle: what wasm-bindgen sees as the exported struct.
pub trait Handle:
    Sized
    + IntoWasmAbi<Abi = WasmPtr<WasmRefCell<Self>>>
    + FromWasmAbi<Abi = WasmPtr<WasmRefCell<Self>>>
    + Into<JsValue>
    + 'static
{
    /// The user's type.
    type User: Recoverable<Handle = Self>;
    /// Wraps a cell.
    fn new(cell: ObjectCell<Self::User>) -> Self;
    /// The cell inside.
    fn cell(&self) -> &ObjectCell<Self::User>;
}

/// Why an object did not let a call in.
pub(crate) struct Refusing<'a, T: Recoverable> {
    pub(crate) refusal: Refusal,
    /// The cell, unless the handle has none.
    pub(crate) cell: Option<&'a ObjectCell<T>>,
}

// Handed on as a value: what is asked by its address is kept in memory, by calls that are not
// refused, too.
impl<T: Recoverable> Clone for Refusing<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Recoverable> Copy for Refusing<'_, T> {}

impl<T: Recoverable> Refusing<'_, T> {
    /// The failure of the call.
    #[cold]
    #[inline(never)]
    pub(crate) fn failure(self) -> Failure {
        Failure::Refused {
            refusal: self.refusal,
            class: T::NAME,
            cause: match self.refusal {
                Refusal::Poisoned => self.cell.and_then(|cell| cell.cause()),
                _ => None,
            },
        }
    }

    /// The same, to be reported when the argument is used.
    #[cold]
    pub(crate) fn refused(self) -> Refused {
        Refused::new(self.failure())
    }
}
