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
use crate::base::thrown::{Is, Made, Thrown, What};
use crate::base::types::{Cause, Failure, Field, Frame, Kind, Location, Value};
use std::io::Write;
use std::mem::ManuallyDrop;

/// The language of what this crate raises.
pub(crate) const RUST: &str = "rust";

/// How many causes a failure has at most.
pub(crate) const CAUSES: usize = 8;

/// How many frames it has at most.
pub(crate) const FRAMES: usize = 64;

/// An instance begins. There is nobody to tell.
pub(crate) fn begin() {}

/// A failure of Rust's, without what only some have.
#[cold]
#[inline(never)]
pub(crate) fn failure(kind: Kind, class: &str, code: &str, message: String) -> Failure {
    // Not dropped if memory runs out: the code for that would be most of this function.
    let mut failure = ManuallyDrop::new(Failure {
        kind,
        class: String::new(),
        code: String::new(),
        message,
        language: String::new(),
        location: None,
        retryable: false,
        fatal: false,
        build: None,
        fields: Vec::new(),
        frames: Vec::new(),
        causes: Vec::new(),
    });
    failure.class.push_str(class);
    failure.code.push_str(code);
    failure.language.push_str(RUST);
    failure.build = build::id();
    ManuallyDrop::into_inner(failure)
}

/// A field of an error.
#[cold]
#[inline(never)]
pub(crate) fn field(name: &str, value: Value) -> Field {
    Field {
        name: name.to_owned(),
        value,
    }
}

/// A failure as a cause of another one, with its own causes behind it. What is more than the limits is left out.
#[cold]
#[inline(never)]
pub(crate) fn as_causes(failure: Failure) -> Vec<Cause> {
    let mut causes = failure.causes;
    causes.truncate(CAUSES - 1);
    // As in `failure`.
    let mut causes = ManuallyDrop::new(causes);
    let first = Cause {
        kind: failure.kind,
        class: failure.class,
        code: failure.code,
        message: failure.message,
        language: failure.language,
        location: failure.location,
        fields: failure.fields,
        frames: failure.frames,
    };
    causes.insert(0, first);
    for cause in causes.iter_mut() {
        cause.frames.truncate(FRAMES);
    }
    ManuallyDrop::into_inner(causes)
}

/// The failure that an error is; none is a value of JavaScript.
#[cold]
#[inline(never)]
pub(crate) fn told(error: Thrown) -> Failure {
    match error.into_is() {
        Ok(Is::Given(failure) | Is::Kept(failure, _)) => failure,
        Ok(Is::Made(made)) => written(&made),
        #[cfg(not(target_os = "wasi"))]
        Ok(Is::Js(_)) => told(plain(
            "a value of JavaScript, which a component has none of",
        )),
        Err(shared) => match shared.is() {
            Is::Kept(failure, copy) => copy(failure),
            // Nobody else has it: see `Thrown::new`.
            Is::Given(_) => told(nothing()),
            Is::Made(made) => written(made),
            #[cfg(not(target_os = "wasi"))]
            Is::Js(_) => told(nothing()),
        },
    }
}

/// The record of a failure of ours.
#[cold]
#[inline(never)]
fn written(made: &Made) -> Failure {
    let What { kind, class, code } = *made.what;
    // As in `failure`.
    let failure = failure(kind, class, code, made.message.clone());
    let mut failure = ManuallyDrop::new(failure);
    failure.retryable = kind == Kind::Busy;
    if let Some(file) = made.at.file_name() {
        let place = || {
            Some(Location {
                file: file.to_owned(),
                line: made.at.line,
                column: made.at.column,
            })
        };
        failure.location = place();
        failure.frames.push(frame(None, place()));
    }
    if !made.export.is_empty() {
        let export = Some(made.export.to_owned());
        failure.frames.push(frame(export, None));
    }
    if !made.object.is_empty() {
        let object = Value::Text(made.object.to_owned());
        failure.fields.push(field("object", object));
    }
    for (name, number) in made.numbers {
        if !name.is_empty() {
            failure.fields.push(field(name, Value::Unsigned(number)));
        }
    }
    if let Some(cause) = &made.cause {
        failure.causes = as_causes(told(cause.clone()));
    }
    ManuallyDrop::into_inner(failure)
}

#[cold]
#[inline(never)]
fn frame(function: Option<String>, location: Option<Location>) -> Frame {
    Frame {
        function,
        location,
        module: None,
        offset: None,
    }
}

/// A failure of which only this is known.
#[cold]
#[inline(never)]
fn made(what: &'static What, parts: &[&str]) -> Made {
    let mut message = String::new();
    for part in parts {
        message.push_str(part);
    }
    Made {
        what,
        message,
        export: "",
        at: Origin::default(),
        object: "",
        numbers: [("", 0); 2],
        cause: None,
    }
}

/// Goes on with a number, and what follows it. `Display` would bring much along.
#[cold]
#[inline(never)]
fn count(message: &mut String, number: u64, text: &str) {
    let mut unit = 1;
    while number / unit >= 10 {
        unit *= 10;
    }
    while unit != 0 {
        message.push(char::from(b'0' + (number / unit % 10) as u8));
        unit /= 10;
    }
    message.push_str(text);
}

const PANIC: What = What {
    kind: Kind::Panic,
    class: "PanicError",
    code: "E_PANIC",
};

/// The failure of a caught panic. `exhausted` is what ran out, as `payload::exhausted` tells it.
pub(crate) fn panicked(
    message: &str,
    export: &'static str,
    at: Origin,
    value: Option<&Thrown>,
    exhausted: Option<(u32, f64, f64)>,
) -> Thrown {
    let failure = match exhausted {
        None => made(&PANIC, &[message]),
        Some((MEMORY, requested, limit)) => out_of_memory(requested as u64, limit as u64),
        Some((_, remaining, depth)) => stack_overflow(remaining as u64, depth as u64),
    };
    Thrown::made(Made {
        export,
        at,
        cause: value.cloned(),
        ..failure
    })
}

const OUT_OF_MEMORY: What = What {
    kind: Kind::OutOfMemory,
    class: "OutOfMemoryError",
    code: "E_OUT_OF_MEMORY",
};

#[cold]
#[inline(never)]
fn out_of_memory(requested: u64, limit: u64) -> Made {
    let mut failure = ManuallyDrop::new(made(&OUT_OF_MEMORY, &["an allocation of "]));
    count(&mut failure.message, requested, " bytes failed");
    if limit != 0 {
        failure.message.push_str("; ");
        count(&mut failure.message, limit, " bytes are the limit");
    }
    let name = if limit == 0 { "" } else { "limit" };
    failure.numbers = [("requested", requested), (name, limit)];
    ManuallyDrop::into_inner(failure)
}

/// The failure of a record that finds no memory.
#[cfg(feature = "persist")]
fn no_room(requested: usize) -> Thrown {
    Thrown::made(out_of_memory(requested as u64, 0))
}

const STACK_OVERFLOW: What = What {
    kind: Kind::StackOverflow,
    class: "StackOverflowError",
    code: "E_STACK_OVERFLOW",
};

#[cold]
#[inline(never)]
fn stack_overflow(remaining: u64, depth: u64) -> Made {
    let mut failure = ManuallyDrop::new(made(&STACK_OVERFLOW, &["the stack ran out: "]));
    count(&mut failure.message, remaining, " bytes remain, ");
    count(&mut failure.message, depth, " guarded calls deep");
    failure.numbers = [("remaining", remaining), ("depth", depth)];
    ManuallyDrop::into_inner(failure)
}

const STALE: (What, &str) = (
    What {
        kind: Kind::Stale,
        class: "StaleHandleError",
        code: "E_STALE_HANDLE",
    },
    " was freed or consumed; create a new one",
);
const BUSY: (What, &str) = (
    What {
        kind: Kind::Busy,
        class: "BusyError",
        code: "E_BUSY",
    },
    " is busy with another call; call again when that one has ended",
);
const POISONED: (What, &str) = (
    What {
        kind: Kind::Poisoned,
        class: "PoisonedError",
        code: "E_POISONED",
    },
    " was left half changed by a call that failed; drop it, or accept its state by `Resource::clear_poison`",
);

/// The failure of an entry that a cell refused. Its field `object` names the object's class.
pub(crate) fn refused(
    refusal: Refusal,
    class: &'static str,
    export: &'static str,
    cause: Option<Thrown>,
) -> Thrown {
    let (what, why) = match refusal {
        Refusal::Stale => const { &STALE },
        Refusal::Busy => const { &BUSY },
        Refusal::Poisoned => const { &POISONED },
    };
    let failure = made(what, &["this ", class, why]);
    Thrown::made(Made {
        export,
        object: class,
        cause,
        ..failure
    })
}

/// The failure that poisons an object after an exception of another language's runtime crossed a call of it.
pub(crate) fn foreign_unwind(export: &str) -> Thrown {
    let parts = [
        "an exception that is no panic crossed ",
        export,
        " and skipped its clean-up",
    ];
    Thrown::made(made(&PLAIN, &parts))
}

/// There is no stack to forget: nobody takes one.
pub(crate) fn drop_stack(_stack: u32) {}

/// The failure of an argument that could not be used.
pub(crate) fn invalid(message: &str) -> Thrown {
    plain(message)
}

const PLAIN: What = What {
    kind: Kind::Domain,
    class: "Error",
    code: "",
};

/// A failure that says this, of no class.
#[cold]
#[inline(never)]
pub(crate) fn plain(message: &str) -> Thrown {
    Thrown::made(made(&PLAIN, &[message]))
}

/// What stands for a failure where nobody asks.
pub(crate) fn nothing() -> Thrown {
    plain("")
}

/// A panic that has no caller: the hook that was there before ours has told of it.
pub(crate) fn drop_failed(_error: &Thrown) {}

/// Tells whoever reads the error output of a failure that has no caller.
pub(crate) fn report(error: &Thrown) {
    let (class, message) = match error.is() {
        Is::Given(failure) | Is::Kept(failure, _) => (&*failure.class, &failure.message),
        Is::Made(made) => (made.what.class, &made.message),
        #[cfg(not(target_os = "wasi"))]
        Is::Js(_) => return,
    };
    // If this fails, there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{class}: {message}");
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
pub(crate) fn import_error(message: &str, class: &'static str) -> Thrown {
    let failure = made(&IMPORT, &[message]);
    Thrown::made(Made {
        object: class,
        ..failure
    })
}

const IMPORT: What = What {
    kind: Kind::Domain,
    class: "ImportError",
    code: "E_IMPORT",
};

#[cfg(test)]
mod tests {
    use super::*;

    fn message(made: &Made) -> &str {
        &made.message
    }

    #[test]
    fn numbers_stand_in_messages_as_they_are_written() {
        let failed = out_of_memory(u64::MAX, 0);
        assert_eq!(
            message(&failed),
            format!("an allocation of {} bytes failed", u64::MAX)
        );
        let limited = out_of_memory(10, 9_007);
        assert_eq!(
            message(&limited),
            "an allocation of 10 bytes failed; 9007 bytes are the limit"
        );
        assert_eq!(
            message(&stack_overflow(0, 100)),
            "the stack ran out: 0 bytes remain, 100 guarded calls deep"
        );
    }

    #[test]
    fn what_is_kept_is_told_again_and_what_is_not_is_told_once() {
        let raised = || Thrown::new(failure(Kind::Domain, "Mine", "E_MINE", "no".to_owned()));
        assert_eq!(told(raised()).class, "Mine");
        let cause = raised().kept();
        for _ in 0..2 {
            let refused = refused(Refusal::Poisoned, "Ledger", "new", Some(cause.clone()));
            let refused = told(refused);
            assert_eq!(refused.causes.len(), 1);
            assert_eq!(refused.causes[0].class, "Mine");
            assert_eq!(refused.fields[0].value, Value::Text("Ledger".to_owned()));
        }
    }
}
