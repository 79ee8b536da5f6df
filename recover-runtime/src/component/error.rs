//! A failure that an import returned, as an error of Rust: with its class, its message, its trace, and the errors behind
//! it as `source()`. What becomes of it when it fails a call of ours is `raised.rs`'s.

use crate::base::types::{Cause, Failure, Field, Frame, Kind, Location, Value};
use std::error::Error as StdError;
use std::fmt;

/// What a call of another component, or of the host, failed by.
///
/// ```
/// use recover_runtime::component::{Error, types::Failure};
///
/// fn ask(import: impl Fn() -> Result<u32, Failure>) -> Result<u32, Error> {
///     Ok(import()? + 1)
/// }
/// assert_eq!(ask(|| Ok(1)).unwrap(), 2);
/// ```
pub struct Error {
    // Boxed: an error is moved through every frame of its way.
    failure: Box<Failure>,
    source: Option<Box<Behind>>,
}

/// An error behind an [`Error`].
pub struct Behind {
    cause: Cause,
    source: Option<Box<Behind>>,
}

impl Error {
    /// The failure as it came.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The same.
    pub fn into_failure(self) -> Failure {
        *self.failure
    }

    /// What happened.
    pub fn kind(&self) -> Kind {
        self.failure.kind
    }

    /// The name of its class, in the language that raised it.
    pub fn class(&self) -> &str {
        &self.failure.class
    }

    /// Stable, for programs.
    pub fn code(&self) -> &str {
        &self.failure.code
    }

    /// What it says.
    pub fn message(&self) -> &str {
        &self.failure.message
    }

    /// The language that raised it.
    pub fn language(&self) -> &str {
        &self.failure.language
    }

    /// Where it was raised.
    pub fn location(&self) -> Option<&Location> {
        self.failure.location.as_ref()
    }

    /// The calls that it was raised in, the innermost first.
    pub fn frames(&self) -> &[Frame] {
        &self.failure.frames
    }

    /// Its own values.
    pub fn fields(&self) -> &[Field] {
        &self.failure.fields
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Value> {
        value_of(&self.failure.fields, name)
    }

    /// The build id of the component that raised it.
    pub fn build(&self) -> Option<&str> {
        self.failure.build.as_deref()
    }

    /// Whether the very same call may succeed.
    pub fn is_retryable(&self) -> bool {
        self.failure.retryable
    }

    /// Whether the instance that was called ended.
    pub fn is_fatal(&self) -> bool {
        self.failure.fatal
    }
}

impl Behind {
    /// What happened.
    pub fn kind(&self) -> Kind {
        self.cause.kind
    }

    /// The name of its class, in the language that raised it.
    pub fn class(&self) -> &str {
        &self.cause.class
    }

    /// Stable, for programs; empty where it has none.
    pub fn code(&self) -> &str {
        &self.cause.code
    }

    /// What it says.
    pub fn message(&self) -> &str {
        &self.cause.message
    }

    /// The language that raised it.
    pub fn language(&self) -> &str {
        &self.cause.language
    }

    /// Where it was raised.
    pub fn location(&self) -> Option<&Location> {
        self.cause.location.as_ref()
    }

    /// The calls that it was raised in, the innermost first.
    pub fn frames(&self) -> &[Frame] {
        &self.cause.frames
    }

    /// Its own values.
    pub fn fields(&self) -> &[Field] {
        &self.cause.fields
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Value> {
        value_of(&self.cause.fields, name)
    }
}

fn value_of<'a>(fields: &'a [Field], name: &str) -> Option<&'a Value> {
    let found = fields.iter().find(|field| field.name == name);
    found.map(|field| &field.value)
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let causes = failure.causes.iter().rev();
        let source = causes.fold(None, |source, cause| {
            let cause = cause.clone();
            Some(Box::new(Behind { cause, source }))
        });
        Error {
            failure: Box::new(failure),
            source,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        error.into_failure()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class(), self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.failure, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|behind| behind as _)
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class(), self.message())
    }
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cause, f)
    }
}

impl StdError for Behind {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|behind| behind as _)
    }
}
