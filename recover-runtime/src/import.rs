//! Marked imports: a JavaScript exception becomes an unwind, and [`catch_js`] stops it.
//!
//! The generated import has `catch` and returns [`Caught`]. The generated wrapper hands that to
//! a function of this file, which leaves the value or unwinds. Imports that are not marked are
//! no business of this file: see `call/guard.rs`.

#[cfg(panic = "unwind")]
use crate::base::payload::JsThrow;
use crate::host::caught::Caught;
use crate::host::objects;
use crate::task::fiber;
use crate::task::promise::JsFuture;
use std::marker::PhantomData;
use wasm_bindgen::convert::TryFromJsValue;
use wasm_bindgen::{JsCast, JsValue};

/// `SLOT` says whether a value crosses as a slot of the table of JavaScript values. It is looked up
/// on a concrete type.
pub struct Crosses<T>(PhantomData<T>);

impl<T: JsCast> Crosses<T> {
    /// The value crosses as a slot.
    pub const SLOT: bool = true;

    /// The value that a promise settled with. Its type is not checked, as in any import.
    pub fn settled(value: JsValue) -> Result<T, JsValue> {
        Ok(value.unchecked_into())
    }
}

/// Found only where the inherent items do not apply.
pub trait ByValue {
    /// The value does not cross as a slot.
    const SLOT: bool = false;
}

impl<T> ByValue for Crosses<T> {}

/// As [`ByValue`], for the value that a promise settles with.
pub trait Converts<T> {
    /// The value, or the error if it is not of the type. No conversion here throws.
    fn settled(value: JsValue) -> Result<T, JsValue>;
}

impl<T: TryFromJsValue> Converts<T> for Crosses<T> {
    fn settled(value: JsValue) -> Result<T, JsValue> {
        T::try_from_js_value(value).map_err(|_| {
            let ty = std::any::type_name::<T>();
            objects::invalid(&format!("the promise of an import gave no {ty}"))
        })
    }
}

/// The value of an import, or the unwind that its exception becomes.
#[inline(always)]
pub fn imported<T, const SLOT: bool>(called: Result<Caught<T, SLOT>, JsValue>) -> T {
    match called {
        Ok(value) => value.into_inner(),
        Err(error) => raise(error),
    }
}

/// The same for an import without a value.
#[inline(always)]
pub fn called(called: Result<(), JsValue>) {
    if let Err(error) = called {
        raise(error)
    }
}

/// The `Result` that the user's own `catch` asks for.
#[inline(always)]
pub fn caught<T, E: From<JsValue>, const SLOT: bool>(
    called: Result<Caught<T, SLOT>, JsValue>,
) -> Result<T, E> {
    Ok(called?.into_inner())
}

/// The value of the promise that an import returned. What the import throws and what the promise
/// rejects with both unwind.
pub async fn awaited<T>(
    called: Result<Caught<JsValue, true>, JsValue>,
    convert: fn(JsValue) -> Result<T, JsValue>,
) -> T {
    match awaited_or(called, convert).await {
        Ok(value) => value,
        Err(error) => raise(error),
    }
}

/// The same for the user's own `catch`.
pub async fn awaited_or<T, E: From<JsValue>>(
    called: Result<Caught<JsValue, true>, JsValue>,
    convert: fn(JsValue) -> Result<T, JsValue>,
) -> Result<T, E> {
    Ok(convert(JsFuture::from(called?.into_inner()).await?)?)
}

/// The same for a synchronous import that suspends: the stack waits for the promise.
pub fn waited<T>(
    called: Result<Caught<JsValue, true>, JsValue>,
    convert: fn(JsValue) -> Result<T, JsValue>,
) -> T {
    match waited_or(called, convert) {
        Ok(value) => value,
        Err(error) => raise(error),
    }
}

/// The same for the user's own `catch`.
pub fn waited_or<T, E: From<JsValue>>(
    called: Result<Caught<JsValue, true>, JsValue>,
    convert: fn(JsValue) -> Result<T, JsValue>,
) -> Result<T, E> {
    Ok(convert(fiber::wait(&called?.into_inner())?)?)
}

/// Ignores the value of a promise.
pub fn no_value(_: JsValue) -> Result<(), JsValue> {
    Ok(())
}

/// Unwinds with `error`. That is not a panic, so the hook is not called. In an abort build the error
/// is thrown through the callers, as plain wasm-bindgen does.
#[cold]
#[inline(never)]
fn raise(error: JsValue) -> ! {
    #[cfg(panic = "unwind")]
    std::panic::resume_unwind(Box::new(JsThrow(error)));
    #[cfg(not(panic = "unwind"))]
    {
        crate::task::poll::leave();
        crate::host::instance::state_unknown();
        crate::call::outcome::throw(error)
    }
}

/// Runs `body` and catches a JavaScript exception that a marked import throws in it. Returns the
/// same value that JavaScript threw.
///
/// Without it such an exception unwinds through Rust, running every destructor, and
/// reaches the JavaScript that called the export. It does not catch panics, nor exceptions
/// that an import without `#[recoverable]` throws.
///
/// `body` need not be `UnwindSafe`. What it borrowed may be half changed when it
/// ends with `Err`, as after any `?` in it.
///
/// In builds with `panic = "abort"` nothing can be caught: there `catch_js` returns
/// `Ok`, or the exception passes it. An import that is to be handled in such a build has
/// `catch` and returns a `Result`.
///
/// # Errors
/// What JavaScript threw, of whatever type.
///
/// ```no_run
/// use recover_runtime::{JsValue, catch_js, recoverable};
///
/// #[recoverable]
/// extern "C" {
///     #[recoverable(js_namespace = JSON)]
///     fn parse(json: &str) -> JsValue;
/// }
///
/// fn parse_or_null(json: &str) -> JsValue {
///     catch_js(|| parse(json)).unwrap_or(JsValue::NULL)
/// }
/// # parse_or_null("{");
/// ```
pub fn catch_js<R>(body: impl FnOnce() -> R) -> Result<R, JsValue> {
    #[cfg(panic = "unwind")]
    {
        use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
        catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
            match payload.downcast::<JsThrow>() {
                Ok(thrown) => thrown.0,
                Err(panic) => resume_unwind(panic),
            }
        })
    }
    #[cfg(not(panic = "unwind"))]
    {
        Ok(body())
    }
}
