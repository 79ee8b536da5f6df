//! What a call fails by: one type, which keeps the class, the causes and the trace that the component told.
//!
//! An error of the program's own is apart from those of the machinery, and both from a mistake in the
//! use of this crate. How a trap becomes one of them is not decided here (`trap.rs`).

mod make;
mod read;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

pub(crate) use make::{aborted, busy, diverged, kept, of_kind, restart_limit, stale};
pub(crate) use read::failure;

use crate::types::{Cause, Failure, Field, Frame, Kind, Location, Value};

/// What a call failed by.
#[derive(Clone)]
#[non_exhaustive]
pub enum Error {
    /// An error of the program's own: its class and its fields say which.
    Domain(DomainError),
    /// A failure of the machinery: a panic, a trap, a limit, a handle that is gone.
    Recover(RecoverError),
    /// The call was not made: this program asked for what isn't there.
    Misuse(Misuse),
}

/// An error of the program's own, such as `NoKeyError`.
#[derive(Clone)]
pub struct DomainError(Arc<Told>);

/// A failure of the machinery: `PanicError`, `OutOfMemoryError`, `StackOverflowError`, `PoisonedError`,
/// `BusyError`, `StaleHandleError`, `InstanceAbortedError`, `RestartLimitError` or `TimeoutError`.
#[derive(Clone)]
pub struct RecoverError(Arc<Told>);

/// A mistake in the use of this crate, in one line that names the fix. Nothing of the component has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse(String);

/// What was told of a failure, and what stands behind it.
struct Told {
    failure: Failure,
    source: Source,
}

enum Source {
    None,
    /// The nearest cause; it has the next one.
    Cause(CauseError),
    /// Another error of this crate.
    Error(Error),
    /// What wasmtime, or a function of the host, failed by.
    Engine(wasmtime::Error),
}

/// An error behind another, as the component told it; its `source()` is the one behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct CauseError {
    cause: Cause,
    next: Option<Box<CauseError>>,
}

impl Error {
    /// What happened; `None` for a [`Misuse`], of which no component ever tells.
    pub fn kind(&self) -> Option<Kind> {
        self.failure().map(|failure| failure.kind)
    }

    /// The name of the error's class, such as `PanicError` or `NoKeyError`.
    pub fn class(&self) -> &str {
        self.failure().map_or("Misuse", |failure| &failure.class)
    }

    /// Stable, for programs: `E_PANIC`.
    pub fn code(&self) -> &str {
        self.failure().map_or("E_MISUSE", |failure| &failure.code)
    }

    /// What is told to people.
    pub fn message(&self) -> &str {
        match self {
            Error::Misuse(misuse) => &misuse.0,
            Error::Domain(DomainError(told)) | Error::Recover(RecoverError(told)) => {
                &told.failure.message
            }
        }
    }

    /// Where it was raised, if that is known.
    pub fn location(&self) -> Option<&Location> {
        self.failure()?.location.as_ref()
    }

    /// Whether the very same call may succeed.
    pub fn retryable(&self) -> bool {
        self.failure().is_some_and(|failure| failure.retryable)
    }

    /// Whether the instance ended.
    pub fn fatal(&self) -> bool {
        self.failure().is_some_and(|failure| failure.fatal)
    }

    /// The build id of the component that raised it, in hexadecimal.
    pub fn build(&self) -> Option<&str> {
        self.failure()?.build.as_deref()
    }

    /// The named values of the error.
    pub fn fields(&self) -> &[Field] {
        self.failure().map_or(&[], |failure| &failure.fields)
    }

    /// The value of that name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let mut fields = self.fields().iter();
        fields
            .find(|field| field.name == name)
            .map(|field| &field.value)
    }

    /// The calls under way when it was raised, the innermost first.
    pub fn frames(&self) -> &[Frame] {
        self.failure().map_or(&[], |failure| &failure.frames)
    }

    /// The errors behind it, the nearest first. [`std::error::Error::source`] goes the same way.
    pub fn causes(&self) -> &[Cause] {
        self.failure().map_or(&[], |failure| &failure.causes)
    }

    /// The whole record, as another component would be told it.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Error::Misuse(_) => None,
            Error::Domain(DomainError(told)) | Error::Recover(RecoverError(told)) => {
                Some(&told.failure)
            }
        }
    }

    /// What wasmtime reported, or what a function of the host returned, where that ended the instance.
    pub fn engine(&self) -> Option<&wasmtime::Error> {
        match self {
            Error::Domain(DomainError(told)) | Error::Recover(RecoverError(told)) => {
                match &told.source {
                    Source::Engine(error) => Some(error),
                    _ => None,
                }
            }
            Error::Misuse(_) => None,
        }
    }

    pub(crate) fn misuse(text: impl Into<String>) -> Self {
        Error::Misuse(Misuse(text.into()))
    }

    fn new(failure: Failure, source: Source) -> Self {
        let told = Arc::new(Told { failure, source });
        match told.failure.kind {
            Kind::Domain => Error::Domain(DomainError(told)),
            _ => Error::Recover(RecoverError(told)),
        }
    }
}

impl From<Failure> for Error {
    fn from(mut failure: Failure) -> Self {
        failure.causes.truncate(make::MOST_CAUSES);
        failure.frames.truncate(make::MOST_FRAMES);
        for cause in &mut failure.causes {
            cause.frames.truncate(make::MOST_FRAMES);
        }
        let source = match CauseError::chain(&failure.causes) {
            Some(first) => Source::Cause(*first),
            None => Source::None,
        };
        Error::new(failure, source)
    }
}

impl DomainError {
    /// The whole record.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// Whether it is of that class.
    pub fn is(&self, class: &str) -> bool {
        self.0.failure.class == class
    }
}

impl RecoverError {
    /// The whole record.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }
}

impl CauseError {
    /// What was told of it.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    fn chain(causes: &[Cause]) -> Option<Box<CauseError>> {
        causes.iter().rev().fold(None, |next, cause| {
            Some(Box::new(CauseError {
                cause: cause.clone(),
                next,
            }))
        })
    }
}

impl fmt::Display for CauseError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.cause.message)
    }
}

impl StdError for CauseError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Misuse(misuse) => fmt::Debug::fmt(misuse, to),
            Error::Domain(DomainError(told)) | Error::Recover(RecoverError(told)) => {
                fmt::Debug::fmt(&told.failure, to)
            }
        }
    }
}

impl fmt::Debug for DomainError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.failure, to)
    }
}

impl fmt::Debug for RecoverError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.failure, to)
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl StdError for Misuse {}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Misuse(_) => None,
            Error::Domain(DomainError(told)) | Error::Recover(RecoverError(told)) => {
                match &told.source {
                    Source::None => None,
                    Source::Cause(cause) => Some(cause),
                    Source::Error(error) => Some(error),
                    Source::Engine(error) => {
                        let error: &(dyn StdError + Send + Sync + 'static) = error.as_ref();
                        Some(error)
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_a_chain_in_their_order() {
        let Some(first) = stale("ledger", "was consumed", None).failure().cloned() else {
            panic!("it has a record");
        };
        let cause = |message: &str| Cause {
            kind: Kind::Domain,
            class: String::new(),
            code: String::new(),
            message: message.to_owned(),
            language: String::new(),
            location: None,
            fields: Vec::new(),
            frames: Vec::new(),
        };
        let error = Error::from(Failure {
            causes: vec![cause("near"), cause("far")],
            ..first
        });
        let near = error.source().unwrap();
        let far = near.source().unwrap();
        assert_eq!(
            (near.to_string(), far.to_string()),
            ("near".to_owned(), "far".to_owned())
        );
        assert!(far.source().is_none());

        let Some(failure) = error.failure().cloned() else {
            panic!("it has a record");
        };
        let long = Error::from(Failure {
            causes: vec![cause("one of many"); 100],
            ..failure
        });
        assert_eq!(long.causes().len(), 8);
    }
}
