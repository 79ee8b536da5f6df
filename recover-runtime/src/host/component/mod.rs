//! What the layers above ask of what is around the module, in a component: nobody is there to ask, so errors are made here,
//! as failures of `recover:error`, and `records.rs` keeps what `js/records.js` keeps elsewhere. The names are those of
//! `javascript.rs`.
//!
//! Messages and codes are those of `js/errors.js`. When something failed is not known here.

mod build;
#[cfg(feature = "persist")]
pub(crate) mod records;

use crate::base::cell::Refusal;
use crate::base::origin::Origin;
use crate::base::shared::exhaustion::MEMORY;
use crate::base::thrown::Thrown;
use crate::base::types::{Cause, Failure, Field, Frame, Kind, Location, Value};
use std::io::Write;

/// The language of what this crate raises.
pub(crate) const RUST: &str = "rust";

/// How many causes a failure has at most.
pub(crate) const CAUSES: usize = 8;

/// How many frames it has at most.
pub(crate) const FRAMES: usize = 64;

/// An instance begins. There is nobody to tell.
pub(crate) fn begin() {}

/// A failure of Rust's, without what only some have.
pub(crate) fn failure(kind: Kind, class: &str, code: &str, message: String) -> Failure {
    Failure {
        kind,
        class: class.to_owned(),
        code: code.to_owned(),
        message,
        language: RUST.to_owned(),
        location: None,
        retryable: false,
        fatal: false,
        build: build::id(),
        fields: Vec::new(),
        frames: Vec::new(),
        causes: Vec::new(),
    }
}

/// A field of an error.
pub(crate) fn field(name: &str, value: Value) -> Field {
    Field {
        name: name.to_owned(),
        value,
    }
}

/// The frame of the export that was called; none if there was none.
pub(crate) fn called(export: &str) -> Option<Frame> {
    (!export.is_empty()).then(|| Frame {
        function: Some(export.to_owned()),
        location: None,
        module: None,
        offset: None,
    })
}

/// A failure as a cause of another one, with its own causes behind it. What is more than the limits is left out.
pub(crate) fn as_causes(failure: &Failure) -> Vec<Cause> {
    let first = Cause {
        kind: failure.kind,
        class: failure.class.clone(),
        code: failure.code.clone(),
        message: failure.message.clone(),
        language: failure.language.clone(),
        location: failure.location.clone(),
        fields: failure.fields.clone(),
        frames: failure.frames.iter().take(FRAMES).cloned().collect(),
    };
    let causes = failure.causes.iter().take(CAUSES - 1).map(|cause| Cause {
        frames: cause.frames.iter().take(FRAMES).cloned().collect(),
        ..cause.clone()
    });
    std::iter::once(first).chain(causes).collect()
}

/// The failure of a caught panic. `exhausted` is what ran out, as `payload::exhausted` tells it.
pub(crate) fn panicked(
    message: &str,
    export: &'static str,
    at: Origin,
    value: Option<&Thrown>,
    exhausted: Option<(u32, f64, f64)>,
) -> Thrown {
    let mut failure = match exhausted {
        None => failure(Kind::Panic, "PanicError", "E_PANIC", message.to_owned()),
        Some((MEMORY, requested, limit)) => out_of_memory(requested as u64, limit as u64),
        Some((_, remaining, depth)) => stack_overflow(remaining as u64, depth as u64),
    };
    let (file, line) = (at.file_name(), at.line);
    if let Some(file) = file {
        let location = Location {
            file: file.to_owned(),
            line,
            column: at.column,
        };
        failure.location = Some(location.clone());
        failure.frames.push(Frame {
            function: None,
            location: Some(location),
            module: None,
            offset: None,
        });
    }
    failure.frames.extend(called(export));
    if let Some(value) = value.and_then(Thrown::failure) {
        failure.causes = as_causes(value);
    }
    Thrown::new(failure)
}

fn out_of_memory(requested: u64, limit: u64) -> Failure {
    let limited = match limit {
        0 => String::new(),
        limit => format!("; {limit} bytes are the limit"),
    };
    let message = format!("an allocation of {requested} bytes failed{limited}");
    let mut failure = failure(
        Kind::OutOfMemory,
        "OutOfMemoryError",
        "E_OUT_OF_MEMORY",
        message,
    );
    failure
        .fields
        .push(field("requested", Value::Unsigned(requested)));
    if limit != 0 {
        failure.fields.push(field("limit", Value::Unsigned(limit)));
    }
    failure
}

/// The failure of a record that finds no memory.
#[cfg(feature = "persist")]
fn no_room(requested: usize) -> Thrown {
    Thrown::new(out_of_memory(requested as u64, 0))
}

fn stack_overflow(remaining: u64, depth: u64) -> Failure {
    let message =
        format!("the stack ran out: {remaining} bytes remain, {depth} guarded calls deep");
    let mut failure = failure(
        Kind::StackOverflow,
        "StackOverflowError",
        "E_STACK_OVERFLOW",
        message,
    );
    let numbers = [("remaining", remaining), ("depth", depth)];
    let fields = numbers.map(|(name, number)| field(name, Value::Unsigned(number)));
    failure.fields.extend(fields);
    failure
}

/// The failure of an entry that a cell refused. Its field `object` names the object's class.
pub(crate) fn refused(
    refusal: Refusal,
    class: &str,
    export: &str,
    cause: Option<Thrown>,
) -> Thrown {
    let (kind, name, code, why) = match refusal {
        Refusal::Stale => (
            Kind::Stale,
            "StaleHandleError",
            "E_STALE_HANDLE",
            "was freed or consumed; create a new one",
        ),
        Refusal::Busy => (
            Kind::Busy,
            "BusyError",
            "E_BUSY",
            "is busy with another call; call again when that one has ended",
        ),
        Refusal::Poisoned => (
            Kind::Poisoned,
            "PoisonedError",
            "E_POISONED",
            "was left half changed by a call that failed; drop it, or accept its state by \
             `Resource::clear_poison`",
        ),
    };
    let mut failure = failure(kind, name, code, format!("this {class} {why}"));
    failure.retryable = refusal == Refusal::Busy;
    failure
        .fields
        .push(field("object", Value::Text(class.to_owned())));
    failure.frames.extend(called(export));
    if let Some(cause) = cause.as_ref().and_then(Thrown::failure) {
        failure.causes = as_causes(cause);
    }
    Thrown::new(failure)
}

/// The failure that poisons an object after an exception of another language's runtime crossed a call of it.
pub(crate) fn foreign_unwind(export: &str) -> Thrown {
    plain(&format!(
        "an exception that is no panic crossed {export} and skipped its clean-up"
    ))
}

/// There is no stack to forget: nobody takes one.
pub(crate) fn drop_stack(_stack: u32) {}

/// The failure of an argument that could not be used.
pub(crate) fn invalid(message: &str) -> Thrown {
    plain(message)
}

/// A failure that says this, of no class.
pub(crate) fn plain(message: &str) -> Thrown {
    let failure = failure(Kind::Domain, "Error", "", message.to_owned());
    Thrown::new(failure)
}

/// What stands for a failure where nobody asks.
pub(crate) fn nothing() -> Thrown {
    plain("")
}

/// A panic that has no caller: the hook that was there before ours has told of it.
pub(crate) fn drop_failed(_error: &Thrown) {}

/// Tells whoever reads the error output of a failure that has no caller.
pub(crate) fn report(error: &Thrown) {
    if let Some(failure) = error.failure() {
        // If this fails, there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "{}: {}", failure.class, failure.message);
    }
}

/// A panic that ends the instance: the host sees the trap, and the hook that was there before ours has told why.
pub(crate) fn fatal(
    _message: &str,
    _exhausted: Option<(u32, f64, f64)>,
    _at: Origin,
    _task: Option<u32>,
) {
}

/// The failure of bytes that are no state of the class. JavaScript has a kind for it, and components have none.
pub(crate) fn import_error(message: &str, class: &str) -> Thrown {
    let mut failure = failure(Kind::Domain, "ImportError", "E_IMPORT", message.to_owned());
    failure
        .fields
        .push(field("object", Value::Text(class.to_owned())));
    Thrown::new(failure)
}
