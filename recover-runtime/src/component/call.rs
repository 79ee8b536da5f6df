//! The call of a component's export: the guard of `call/`, and a failure of `recover:error` in place of a value.
//! Constructors, whose WIT has no failure, and what a class that persists gives its host are calls, too.

// wit-bindgen takes a failure by value.
#![allow(clippy::result_large_err)]

use crate::base::types;
use crate::call::carrier::Carrier;
use crate::call::failure::Failure;
use crate::call::guard::guarded;
use crate::call::settle::OnPanic;
use crate::component::carrier::{Argument, shared_by};
use crate::component::class::Component;
use crate::component::exported::Exported;
use crate::component::resource::Resource;
use crate::host::component::{import_error, told};
use crate::persist::policy::Persistence;

/// Runs `body` on `args`, and turns whatever happens into a value or a failure. Errors name `export`, its Rust path.
///
/// # Errors
/// What the call failed by.
#[inline]
pub fn call<A: Carrier, R>(
    export: &'static str,
    args: impl FnOnce() -> A,
    body: impl Fn(&mut A) -> Result<R, Failure>,
) -> Result<R, types::Failure> {
    guarded(export, args, body).map_err(told)
}

/// Runs the constructor `body`. If it fails, the object refuses each call, with that as the cause.
#[inline]
pub fn construct<A: Carrier, T: Component>(
    export: &'static str,
    args: impl FnOnce() -> A,
    body: impl Fn(&mut A) -> Result<T, Failure>,
) -> Resource<T> {
    let made = guarded(export, args, |args| body(args).map(Resource::new));
    made.unwrap_or_else(Resource::failed)
}

/// The bytes of the state of an object, for its host.
///
/// # Errors
/// Why there are none.
#[inline(never)]
pub fn save<T: Component>(
    export: &'static str,
    resource: &Resource<T>,
) -> Result<Vec<u8>, types::Failure> {
    let receiver = || (shared_by(resource, OnPanic::Keep), ());
    call(export, receiver, |args| {
        T::Persistence::export(args.0.peek()?).map_err(Failure::Thrown)
    })
}

/// Accepts the state that a failed call left; whether one had.
///
/// # Errors
/// What its `Serialize` failed by.
#[inline(never)]
pub fn clear_poison<T: Component>(
    export: &'static str,
    resource: &Resource<T>,
) -> Result<bool, types::Failure> {
    // Nothing is entered: a poisoned object would refuse.
    call(export, || (), |()| Ok(resource.clear_poison()))
}

/// An object of the state that such bytes hold. They are judged first: they may come from anywhere.
///
/// # Errors
/// Why they are refused.
#[inline(never)]
pub fn restore<T: Exported>(
    export: &'static str,
    bytes: Vec<u8>,
) -> Result<T::Own, types::Failure> {
    let bytes = || (<Vec<u8> as Argument<false>>::carry(bytes), ());
    call(export, bytes, |args| {
        match T::Persistence::read(args.0.peek()?) {
            Ok(value) => Ok(<T as Argument<true>>::into_wire(value)),
            Err(why) => Err(Failure::Thrown(import_error(&why, T::NAME))),
        }
    })
}
