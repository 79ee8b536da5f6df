//! The face to the macros: what generated code may name. No stability is promised for anything
//! here.

#[cfg(not(target_os = "wasi"))]
mod classes;
#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub mod component;
#[cfg(not(target_os = "wasi"))]
mod exports;
#[cfg(not(target_os = "wasi"))]
mod imports;
#[cfg(not(target_os = "wasi"))]
mod javascript;
mod persistence;

/// What is written for components alone.
#[cfg(all(feature = "component", not(target_os = "unknown")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_only {
    ($($item:item)*) => { $($item)* };
}

#[cfg(not(all(feature = "component", not(target_os = "unknown"))))]
#[doc(hidden)]
#[macro_export]
macro_rules! __recover_component_only {
    ($($item:item)*) => {};
}

pub use crate::__recover_component_only as component_only;

pub use crate::base::stack::{MAX_DEPTH, StackSlot};
pub use crate::call::failure::Failure;
pub use crate::call::limit::{limited, limited_future};
pub use crate::call::returned::{Ended, ReturnType, Returned, ValueType};
pub use crate::call::settle::OnPanic;
pub use crate::persist::{self, Class, Cloned, Persistence, Transient};
pub use crate::{
    __recover_clones as clones, __recover_codec as codec, __recover_journals as journals,
    __recover_passed as passed, __recover_persisted as persisted, __recover_persists as persists,
    __recover_replays_above as replays_above, __recover_unmet as unmet,
    __recover_unwinds as unwinds,
};
#[cfg(not(target_os = "wasi"))]
pub use javascript::*;
pub use std::boxed::Box;
pub use std::vec::Vec;

/// What wasm-bindgen's output expects of a prelude, where the user has none; never
/// a name of the user's.
pub mod traits {
    pub use crate::call::returned::EndedWell as _;
    #[cfg(not(target_os = "wasi"))]
    pub use crate::task::export::Promised as _;
    pub use std::convert::Into as _;
    pub use std::iter::{IntoIterator as _, Iterator as _};
}

/// The user's type `T`, and what generated code asks of it: `Checked<T, { <T as IsPassed>::IS }>`. Where
/// `T` lacks the trait, rustc reports that at the constant, once, with our message. The type is then an
/// error itself, and rustc reports nothing that follows from an error.
pub type Checked<T, const IS: bool> = <T as Check<IS>>::Type;

/// What is behind [`Checked`].
pub trait Check<const IS: bool> {
    /// The type itself.
    type Type: ?Sized;
}

impl<T: ?Sized> Check<true> for T {
    type Type = T;
}

/// `SHARED` says what a panic under `&T` does, asked of a concrete type.
pub struct UnwindSafety<T>(std::marker::PhantomData<T>);

impl<T: std::panic::RefUnwindSafe> UnwindSafety<T> {
    /// A panic under `&T` leaves nothing half changed that safe code can see.
    pub const SHARED: OnPanic = OnPanic::Keep;
}

/// Found only where the inherent constant does not apply.
pub trait MayTear {
    /// A panic under `&T` may leave interior state torn.
    const SHARED: OnPanic = OnPanic::Poison;
}

impl<T> MayTear for UnwindSafety<T> {}
