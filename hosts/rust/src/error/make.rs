//! The errors that the host makes itself: their classes, codes and texts.
//!
//! When one is due is decided elsewhere.

use super::{Error, Source};
use crate::types::{Cause, Failure, Field, Frame, Kind, Value};

/// How many causes are told, as the WIT text says.
pub(crate) const MOST_CAUSES: usize = 8;
/// How many frames.
pub(crate) const MOST_FRAMES: usize = 64;

fn names(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Panic => ("PanicError", "E_PANIC"),
        Kind::OutOfMemory => ("OutOfMemoryError", "E_OUT_OF_MEMORY"),
        Kind::StackOverflow => ("StackOverflowError", "E_STACK_OVERFLOW"),
        Kind::Busy => ("BusyError", "E_BUSY"),
        Kind::Poisoned => ("PoisonedError", "E_POISONED"),
        Kind::Stale => ("StaleHandleError", "E_STALE_HANDLE"),
        Kind::Aborted => ("InstanceAbortedError", "E_INSTANCE_ABORTED"),
        Kind::RestartLimit => ("RestartLimitError", "E_RESTART_LIMIT"),
        Kind::Timeout => ("TimeoutError", "E_TIMEOUT"),
        Kind::Domain => ("DomainError", "E_DOMAIN"),
    }
}

fn plain(kind: Kind, message: String) -> Failure {
    let (class, code) = names(kind);
    Failure {
        kind,
        class: class.to_owned(),
        code: code.to_owned(),
        message,
        language: "rust".to_owned(),
        location: None,
        retryable: false,
        fatal: false,
        build: None,
        fields: Vec::new(),
        frames: Vec::new(),
        causes: Vec::new(),
    }
}

/// What an error is as a cause of another, with those behind it.
fn as_causes(error: &Error) -> Vec<Cause> {
    let Some(failure) = error.failure() else {
        return Vec::new();
    };
    let first = Cause {
        kind: failure.kind,
        class: failure.class.clone(),
        code: failure.code.clone(),
        message: failure.message.clone(),
        language: failure.language.clone(),
        location: failure.location.clone(),
        fields: failure.fields.clone(),
        frames: failure.frames.clone(),
    };
    let mut causes = vec![first];
    causes.extend_from_slice(&failure.causes);
    causes.truncate(MOST_CAUSES);
    causes
}

/// The error of a call under which the instance ended.
pub(crate) fn of_kind(
    kind: Kind,
    message: String,
    fields: &[(&str, u64)],
    mut frames: Vec<Frame>,
    engine: Option<wasmtime::Error>,
    build: Option<String>,
) -> Error {
    frames.truncate(MOST_FRAMES);
    let fields = fields.iter().map(|&(name, value)| Field {
        name: name.to_owned(),
        value: Value::Unsigned(value),
    });
    let failure = Failure {
        fatal: true,
        // What used up a limit would use it up again.
        retryable: matches!(kind, Kind::Aborted | Kind::Timeout),
        fields: fields.collect(),
        frames,
        build,
        ..plain(kind, message)
    };
    Error::new(failure, engine.map_or(Source::None, Source::Engine))
}

/// The instance was given up, for a reason of the host's.
pub(crate) fn aborted(message: &str, cause: Option<Error>) -> Error {
    let failure = Failure {
        fatal: true,
        retryable: true,
        causes: cause.as_ref().map(as_causes).unwrap_or_default(),
        ..plain(Kind::Aborted, message.to_owned())
    };
    Error::new(failure, cause.map_or(Source::None, Source::Error))
}

/// Another call is under way.
pub(crate) fn busy(message: &str) -> Error {
    let failure = Failure {
        retryable: true,
        ..plain(Kind::Busy, message.to_owned())
    };
    Error::new(failure, Source::None)
}

/// A handle whose object is gone.
pub(crate) fn stale(class: &str, why: &str, cause: Option<Error>) -> Error {
    let failure = Failure {
        fields: vec![Field {
            name: "object".to_owned(),
            value: Value::Text(class.to_owned()),
        }],
        causes: cause.as_ref().map(as_causes).unwrap_or_default(),
        ..plain(Kind::Stale, format!("this {class} {why}; create a new one"))
    };
    Error::new(failure, cause.map_or(Source::None, Source::Error))
}

/// A replay ended in another way than the call that it repeats.
pub(crate) fn diverged(message: String, cause: Option<Error>) -> Error {
    let failure = Failure {
        causes: cause.as_ref().map(as_causes).unwrap_or_default(),
        ..plain(Kind::Stale, message)
    };
    Error::new(failure, cause.map_or(Source::None, Source::Error))
}

/// The instance ended too often; the last end is the cause.
pub(crate) fn restart_limit(
    restarts: usize,
    period: std::time::Duration,
    cause: Option<Error>,
) -> Error {
    let message = format!(
        "the instance ended more often than {restarts} times in {} ms; call restart() to go on",
        period.as_millis(),
    );
    let failure = Failure {
        fatal: true,
        causes: cause.as_ref().map(as_causes).unwrap_or_default(),
        ..plain(Kind::RestartLimit, message)
    };
    Error::new(failure, cause.map_or(Source::None, Source::Error))
}

/// An error without what wasmtime keeps behind it, which may be long: it is kept for as long as the supervisor.
pub(crate) fn kept(error: &Error) -> Error {
    match error.failure() {
        Some(failure) if error.engine().is_some() => Error::from(failure.clone()),
        _ => error.clone(),
    }
}
