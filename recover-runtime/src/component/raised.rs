//! An error of the user's as a failure of a call: its class, code, fields, and the errors behind it. How an error of a
//! concrete type becomes one is chosen by autoref specialisation, as in `error/probe.rs`: the method with the most
//! references before the probe wins where its bound holds. Everything is by reference: nothing of the user's is consumed.

use crate::base::thrown::{Is, Thrown};
use crate::base::types::{Cause, Failure, Field, Kind, Value};
use crate::call::failure;
use crate::call::returned::Never;
use crate::component::error::Error;
use crate::host::component::{self, CAUSES, FRAMES, RUST, as_causes, told};
use std::any::type_name;
use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt::{Display, Write};
use std::rc::Rc;
use std::sync::Arc;

/// The class of an error of no class.
const NO_CLASS: &str = "Error";

/// An error that has a class outside of Rust, by `#[derive(ErrorClass)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of an export",
    label = "no class, and no error either",
    note = "derive `recover_runtime::ErrorClass`, or implement `std::error::Error`"
)]
pub trait ErrorClass {
    /// The error, as its caller gets it.
    fn raised(&self) -> Raised;
}

/// An error, as its caller gets it.
pub struct Raised(Thrown);

impl Raised {
    /// An error of this class, with the stable code by which programs know it.
    pub fn new(class: &str, code: &str, message: String) -> Self {
        Raised(Thrown::new(component::failure(
            Kind::Domain,
            class,
            code,
            message,
        )))
    }

    /// With a value of its own.
    pub fn field(mut self, name: &str, value: Value) -> Self {
        if let Some(failure) = self.0.given() {
            failure.fields.push(component::field(name, value));
        }
        self
    }

    /// With the errors behind it, the nearest first; of several calls the first that gives any counts.
    #[inline]
    pub fn because(self, causes: Option<Vec<Cause>>) -> Self {
        match causes {
            None => self,
            Some(causes) => self.because_of(causes),
        }
    }

    #[cold]
    #[inline(never)]
    fn because_of(mut self, causes: Vec<Cause>) -> Self {
        if let Some(failure) = self.0.given()
            && failure.causes.is_empty()
        {
            failure.causes = causes;
            cut(failure);
        }
        self
    }

    /// As the failure of a constructor, which is why each call of what it made is refused.
    #[doc(hidden)]
    pub fn into_kept_failure(self) -> failure::Failure {
        failure::Failure::Thrown(self.0.kept())
    }

    /// As the failure of a call.
    #[doc(hidden)]
    pub fn into_failure(self) -> failure::Failure {
        failure::Failure::Thrown(self.0)
    }
}

impl std::fmt::Debug for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.is() {
            Is::Given(failure) => f.debug_tuple("Raised").field(failure).finish(),
            _ => f.write_str("Raised"),
        }
    }
}

/// Leaves out what is more than the limits.
fn cut(failure: &mut Failure) {
    failure.frames.truncate(FRAMES);
    failure.causes.truncate(CAUSES);
    for cause in &mut failure.causes {
        cause.frames.truncate(FRAMES);
    }
}

thread_local! {
    /// How many errors stand before the one that is told.
    static BEFORE: Cell<usize> = const { Cell::new(0) };
}

/// An error behind the one that is told, and what is behind it. A chain may be longer than the stack: errors that are more
/// than the limit are not asked.
fn behind(error: &impl ErrorClass) -> Vec<Cause> {
    struct Outer(usize);

    impl Drop for Outer {
        fn drop(&mut self) {
            BEFORE.set(self.0);
        }
    }

    let outer = Outer(BEFORE.get());
    if outer.0 >= CAUSES {
        return Vec::new();
    }
    BEFORE.set(outer.0 + 1);
    as_causes(told(error.raised().0))
}

/// What came from elsewhere goes on as it is. Only that this instance has not ended is known better here.
impl ErrorClass for Failure {
    fn raised(&self) -> Raised {
        let mut failure = self.clone();
        failure.fatal = false;
        cut(&mut failure);
        Raised(Thrown::new(failure))
    }
}

/// The error of what returns no error.
impl ErrorClass for Never {
    fn raised(&self) -> Raised {
        match *self {}
    }
}

impl ErrorClass for Error {
    fn raised(&self) -> Raised {
        self.failure().raised()
    }
}

/// A message. A `Display` that fails loses the rest of it, and makes no panic.
fn text(error: &(impl Display + ?Sized)) -> String {
    written(&error)
}

// Here, and not in each crate of the user's.
#[cold]
#[inline(never)]
fn written(error: &dyn Display) -> String {
    let mut text = String::new();
    let _ = write!(text, "{error}");
    text
}

/// The name of a type without its path and its parameters.
fn class_of<E: ?Sized>() -> &'static str {
    let name = type_name::<E>();
    let name = name.split('<').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

fn cause(class: &str, message: String) -> Cause {
    Cause {
        kind: Kind::Domain,
        class: class.to_owned(),
        code: String::new(),
        message,
        language: RUST.to_owned(),
        location: None,
        fields: Vec::<Field>::new(),
        frames: Vec::new(),
    }
}

/// `error` and what is behind it, the first of them of this class. From the first failure of another component on, all of
/// its chain. A chain may have no end: it is cut.
fn chain(error: &(dyn StdError + 'static), mut class: &str) -> Vec<Cause> {
    let room = CAUSES.saturating_sub(BEFORE.get());
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let foreign = error.downcast_ref::<Error>().map(Error::failure);
        if let Some(failure) = foreign.or_else(|| error.downcast_ref()) {
            causes.extend(as_causes(failure.clone()));
            break;
        }
        if causes.len() == room {
            break;
        }
        causes.push(cause(class, text(error)));
        class = NO_CLASS;
        next = error.source();
    }
    causes.truncate(room);
    causes
}

/// An error and what is behind it, as one that is raised.
fn opaque(error: &(dyn StdError + 'static), class: &str) -> Raised {
    let foreign = error.downcast_ref::<Error>().map(Error::failure);
    match foreign.or_else(|| error.downcast_ref()) {
        Some(failure) => failure.raised(),
        None => Raised::new(class, "", text(error))
            .because(error.source().map(|source| chain(source, NO_CLASS))),
    }
}

/// What generated code needs in scope.
pub mod levels {
    use super::*;

    /// The traits, without their names: for code where types of the user's may have the same.
    pub mod traits {
        pub use super::{
            ByDescribe as _, ByDisplay as _, BySource as _, BySourceless as _, CausesByBox as _,
            CausesByClass as _, CausesByError as _, CausesByNothing as _, CausesByOption as _,
            ValueByDisplay as _, ValueByField as _, ValueByNothing as _, ViaClass as _,
            ViaError as _, ViaErrorRef as _, ViaErrorRefSendSync as _, ViaNothing as _,
            ViaText as _,
        };
    }

    /// A value that is asked what it can become.
    pub struct Probe<'a, E: ?Sized>(pub &'a E);

    /// `(&&&&&&Probe(error)).raised()`, level 1: a class of its own.
    pub trait ViaClass {
        /// The error, as its caller gets it.
        fn raised(&self) -> Raised;
    }

    impl<E: ErrorClass> ViaClass for &&&&&Probe<'_, E> {
        fn raised(&self) -> Raised {
            self.0.raised()
        }
    }

    /// Level 2: any other error, whose class is the name of its type.
    pub trait ViaError {
        /// The error, as its caller gets it.
        fn raised(&self) -> Raised;
    }

    impl<E: StdError + 'static> ViaError for &&&&Probe<'_, E> {
        fn raised(&self) -> Raised {
            opaque(self.0, class_of::<E>())
        }
    }

    macro_rules! wrapping {
        ($($(#[$doc:meta])* $level:ident of [$error:ty]: [$($refs:tt)+];)*) => { $(
            $(#[$doc])*
            pub trait $level {
                /// The error, as its caller gets it.
                fn raised(&self) -> Raised;
            }

            impl<E: AsRef<$error>> $level for $($refs)+ Probe<'_, E> {
                fn raised(&self) -> Raised {
                    opaque(self.0.as_ref(), NO_CLASS)
                }
            }
        )* };
    }

    wrapping! {
        /// Level 3: what wraps an error without being one.
        ViaErrorRef of [dyn StdError]: [&&&];
        /// Level 4: the same of one for threads, as anyhow's.
        ViaErrorRefSendSync of [dyn StdError + Send + Sync]: [&&];
    }

    /// Level 5: a text.
    pub trait ViaText {
        /// The error, as its caller gets it.
        fn raised(&self) -> Raised;
    }

    impl<E: AsRef<str>> ViaText for &Probe<'_, E> {
        fn raised(&self) -> Raised {
            Raised::new(NO_CLASS, "", self.0.as_ref().to_owned())
        }
    }

    /// Level 6: nothing applies. The bound is on the method, so that the compiler finds the method and reports the bound,
    /// with its message.
    pub trait ViaNothing {
        /// What can't be an error.
        type Error;

        /// Never compiles.
        fn raised(&self) -> Raised
        where
            Self::Error: ErrorClass;
    }

    impl<E> ViaNothing for Probe<'_, E> {
        type Error = E;

        fn raised(&self) -> Raised
        where
            E: ErrorClass,
        {
            self.0.raised()
        }
    }

    /// `(&&&&&Probe(source)).causes()`, level 1: a source with a class of its own.
    pub trait CausesByClass {
        /// It, and what is behind it.
        fn causes(&self) -> Option<Vec<Cause>>;
    }

    impl<E: ErrorClass> CausesByClass for &&&&Probe<'_, E> {
        fn causes(&self) -> Option<Vec<Cause>> {
            Some(behind(self.0))
        }
    }

    /// Level 2: a box of such a source, or none.
    pub trait CausesByOption {
        /// It, and what is behind it.
        fn causes(&self) -> Option<Vec<Cause>>;
    }

    impl<E: ErrorClass> CausesByOption for &&&Probe<'_, Option<E>> {
        fn causes(&self) -> Option<Vec<Cause>> {
            self.0.as_ref().map(behind)
        }
    }

    /// Level 3: any other error.
    pub trait CausesByError {
        /// It, and what is behind it.
        fn causes(&self) -> Option<Vec<Cause>>;
    }

    impl<E: StdError + 'static> CausesByError for &&Probe<'_, E> {
        fn causes(&self) -> Option<Vec<Cause>> {
            Some(chain(self.0, class_of::<E>()))
        }
    }

    /// Level 4: a box of one with a class.
    pub trait CausesByBox {
        /// It, and what is behind it.
        fn causes(&self) -> Option<Vec<Cause>>;
    }

    impl<E: ErrorClass> CausesByBox for &Probe<'_, Box<E>> {
        fn causes(&self) -> Option<Vec<Cause>> {
            Some(behind(&**self.0))
        }
    }

    /// Level 5: `Error::source` may know.
    pub trait CausesByNothing {
        /// None.
        fn causes(&self) -> Option<Vec<Cause>>;
    }

    impl<E: ?Sized> CausesByNothing for Probe<'_, E> {
        fn causes(&self) -> Option<Vec<Cause>> {
            None
        }
    }

    /// `(&&Source(error)).causes()`: what `Error::source` gives, where the type is an `Error`.
    pub struct Source<'a, E>(pub &'a E);

    /// The type is an `Error`.
    pub trait BySource {
        /// What is behind it.
        fn causes(&self) -> Option<Vec<Cause>>;
    }

    impl<E: StdError> BySource for &Source<'_, E> {
        fn causes(&self) -> Option<Vec<Cause>> {
            self.0.source().map(|source| chain(source, NO_CLASS))
        }
    }

    /// The type is not an `Error`.
    pub trait BySourceless {
        /// None.
        fn causes(&self) -> Option<Vec<Cause>>;
    }

    impl<E> BySourceless for Source<'_, E> {
        fn causes(&self) -> Option<Vec<Cause>> {
            None
        }
    }

    /// `(&&Message(error)).text()`: `Display`, or the error that says it's missing.
    pub struct Message<'a, E>(pub &'a E);

    /// The type has `Display`.
    pub trait ByDisplay {
        /// The message.
        fn text(&self) -> String;
    }

    impl<E: Display> ByDisplay for &Message<'_, E> {
        fn text(&self) -> String {
            text(self.0)
        }
    }

    /// The bound that fails, with its message.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` derives `ErrorClass` and has no message",
        label = "`Display` is missing, which `message` is made of",
        note = "derive `thiserror::Error`, or implement `std::fmt::Display` for `{Self}`"
    )]
    pub trait Describe {}

    /// The type has no `Display`.
    pub trait ByDescribe {
        /// The type.
        type Error;

        /// Never compiles.
        fn text(&self) -> String
        where
            Self::Error: Describe;
    }

    impl<E> ByDescribe for Message<'_, E> {
        type Error = E;

        fn text(&self) -> String
        where
            E: Describe,
        {
            String::new()
        }
    }

    /// `(&&&Probe(field)).value()`, level 1: what a failure has a case for.
    pub trait ValueByField {
        /// The value.
        fn value(&self) -> Value;
    }

    impl<T: ErrorField> ValueByField for &&Probe<'_, T> {
        fn value(&self) -> Value {
            self.0.value()
        }
    }

    /// Level 2: what can be shown, as its text.
    pub trait ValueByDisplay {
        /// The value.
        fn value(&self) -> Value;
    }

    impl<T: Display> ValueByDisplay for &Probe<'_, T> {
        fn value(&self) -> Value {
            Value::Text(text(self.0))
        }
    }

    /// Level 3: nothing applies; the bound is on the method, for its message.
    pub trait ValueByNothing {
        /// The field's type.
        type Field;

        /// Never compiles.
        fn value(&self) -> Value
        where
            Self::Field: ErrorField;
    }

    impl<T> ValueByNothing for Probe<'_, T> {
        type Field = T;

        fn value(&self) -> Value
        where
            T: ErrorField,
        {
            self.0.value()
        }
    }
}

/// A field's type that has a case in a failure.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` can't be told in a failure",
    label = "no number, truth value, text or bytes",
    note = "leave the field out with `skip`, or hold a number, a bool, a string, bytes, an `Option` of them, or what has \
            `Display`"
)]
pub trait ErrorField {
    /// The value.
    fn value(&self) -> Value;
}

macro_rules! fields {
    ($($case:ident as $as:ty: $($ty:ty)*;)*) => { $($(
        impl ErrorField for $ty {
            fn value(&self) -> Value {
                Value::$case(*self as $as)
            }
        }
    )*)* };
}

fields! {
    Boolean as bool: bool;
    Signed as i64: i8 i16 i32 i64 isize;
    Unsigned as u64: u8 u16 u32 u64 usize;
    Float as f64: f32 f64;
}

macro_rules! texts {
    ($($ty:ty)*) => { $(
        impl ErrorField for $ty {
            fn value(&self) -> Value {
                Value::Text(String::from(&**self))
            }
        }
    )* };
}

texts!(String &str Box<str> Rc<str> Arc<str> Cow<'_, str>);

impl ErrorField for Vec<u8> {
    fn value(&self) -> Value {
        Value::Bytes(self.clone())
    }
}

impl<T: ErrorField> ErrorField for Option<T> {
    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ErrorField::value)
    }
}
