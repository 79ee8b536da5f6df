//! What the layers above ask of what is around the module, in a component: nobody is there to ask, so errors are made here,
//! as failures of `recover:error`, and `records.rs` keeps what `js/records.js` keeps elsewhere. The names are those of
//! `javascript.rs`.
//!
//! Messages and codes are those of `js/errors.js`. When something failed is not known here.

mod build;
#[cfg(feature = "persist")]
pub(crate) mod records;

use crate::base::cell::Refusal;
use crate::base::made::{Made, What};
use crate::base::origin::Origin;
use crate::base::shared::exhaustion::MEMORY;
use crate::base::thrown::{Is, Thrown};
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
    // As in `written`.
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
        Ok(Is::Js(_)) => told(plain("a value of JavaScript, which a component has none of")),
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
    // Not dropped if memory runs out for good: the code for that would be half of this function.
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

/// The digits of a number. `Display` would bring much along.
#[cold]
#[inline(never)]
fn digits(mut number: u64) -> String {
    let mut digits = String::new();
    loop {
        digits.insert(0, char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return digits;
        }
    }
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
    let (bytes, most) = (digits(requested), digits(limit));
    let limited = ["; ", &most, " bytes are the limit"];
    let [a, b, c] = if limit == 0 { [""; 3] } else { limited };
    let mut failure = made(
        &OUT_OF_MEMORY,
        &["an allocation of ", &bytes, " bytes failed", a, b, c],
    );
    let name = if limit == 0 { "" } else { "limit" };
    failure.numbers = [("requested", requested), (name, limit)];
    failure
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
    let (left, calls) = (digits(remaining), digits(depth));
    let mut failure = made(
        &STACK_OVERFLOW,
        &[
            "the stack ran out: ",
            &left,
            " bytes remain, ",
            &calls,
            " guarded calls deep",
        ],
    );
    failure.numbers = [("remaining", remaining), ("depth", depth)];
    failure
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
