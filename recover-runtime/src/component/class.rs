//! What a class says of itself, and what follows for its objects. What a call does with that is not known here.

use crate::call::settle::OnPanic;
use crate::persist::policy::{Class, Persistence};

/// A struct whose values are resources.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    label = "not declared as a resource",
    note = "write `#[recoverable(component)]` on the struct"
)]
pub trait Component: Class {
    /// It is one.
    const IS: bool = true;
    /// What a panic in a call by `&mut self` does.
    const EXCLUSIVE: OnPanic;
    /// The same of a call by `&self`.
    const SHARED: OnPanic;
    /// Whether a value may change under `&self`.
    const INTERIOR: bool;
    /// How a value can be rolled back and saved.
    type Persistence: Persistence<Self>;
}

/// Whether the class as such rolls back. Only then a record is kept: the host keeps its own of what is to outlive the
/// instance.
pub(crate) const fn rolls<T: Component>() -> bool {
    matches!(T::EXCLUSIVE, OnPanic::Rollback) || matches!(T::SHARED, OnPanic::Rollback)
}

/// Whether there is a record of each object.
pub(crate) const fn records<T: Component>() -> bool {
    T::Persistence::PERSISTS && rolls::<T>()
}

/// Whether an object can be brought back to its state before a call.
pub(crate) const fn can_roll_back<T: Component>() -> bool {
    T::Persistence::ROLLS_BACK && (!T::Persistence::PERSISTS || rolls::<T>())
}

/// Fails the build where a method rolls back and its class can't.
pub const fn rolls_back<T: Component>() -> OnPanic {
    assert!(
        can_roll_back::<T>(),
        "there is nothing to roll back to; write `persist = \"journal\", on_panic = \"rollback\"` on the struct, or \
         `rollback = \"clone\"`"
    );
    OnPanic::Rollback
}

/// Whether calls by `&mut self` are noted.
pub const fn journals<T: Component>() -> bool {
    T::Persistence::JOURNALS && records::<T>()
}

/// Fails the build where the block of a resource has `save` and `restore`, and its class has no bytes.
pub const fn saves<T: Component>() {
    assert!(
        T::Persistence::PERSISTS,
        "there is nothing to save; write `persist = \"journal\"` on the struct, or remove `persist` from the block"
    );
}

/// Whether a journal of the class takes an argument that has a codec, or has none.
pub const fn journal_accepts<T: Component>(codec: bool) -> bool {
    codec || !journals::<T>()
}
