//! An exported class: the user's type, its handle and its cell, which name each other and so
//! share a file. What is done with them stands in the other files of `object/`.

use crate::base::cell::{GuardedCell, Refusal};
use crate::call::failure::Refused;
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
    /// What wasm-bindgen exports in its place.
    type Handle: Handle<User = Self>;
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

/// What an entry into a cell of a `T` keeps until it ends.
pub(crate) type CallOf<T> = <<T as Recoverable>::Persistence as Persistence<T>>::Call;

/// What a cell of a `T` keeps.
pub(crate) type RecordOf<T> = <<T as Recoverable>::Persistence as Persistence<T>>::Record;

/// The cell of an exported object, and what there is for it to outlive its instance.
pub struct ObjectCell<T: Recoverable> {
    cell: GuardedCell<T, JsValue>,
    pub(crate) record: RecordOf<T>,
}

impl<T: Recoverable> ObjectCell<T> {
    /// The cell of a value that gets a handle.
    pub(crate) fn new(value: T) -> Self {
        let record = T::Persistence::enlist(&value);
        ObjectCell::revived(value, record)
    }

    /// The same for one that has a record.
    pub(crate) fn revived(value: T, record: RecordOf<T>) -> Self {
        ObjectCell {
            cell: GuardedCell::new(value),
            record,
        }
    }

    /// One without a value.
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

/// Why the cell of an object, if there is one, did not let a call in.
#[cold]
pub(crate) fn refused<T: Recoverable>(refusal: Refusal, cell: Option<&ObjectCell<T>>) -> Refused {
    let cause = match refusal {
        Refusal::Poisoned => cell.and_then(|cell| cell.cause()),
        _ => None,
    };
    Refused::by_cell(refusal, T::NAME, cause)
}
