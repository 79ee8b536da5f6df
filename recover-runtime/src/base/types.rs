//! The types of `recover:error/types`, as wit-bindgen makes them: a component's own `generate!` is told to use these
//! (`with`). Data alone lives here; who makes a failure of what is not said.
//!
//! docs/wit/recover-error/types.wit is the source, and a test of xtask compares the two. wit-bindgen's code takes the
//! fields by name and calls [`Kind::_lift`].

use std::fmt;

/// What happened.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A panic that unwound.
    Panic,
    /// Memory ran out.
    OutOfMemory,
    /// The stack ran out.
    StackOverflow,
    /// The object is in use by another call.
    Busy,
    /// A call failed halfway, and left the object as it was then.
    Poisoned,
    /// The object was freed, consumed, or ended with its instance.
    Stale,
    /// The instance ended under the call.
    Aborted,
    /// The instance was restarted too often.
    RestartLimit,
    /// The call was stopped because it took too long.
    Timeout,
    /// An error of the program's own: `class` and `fields` say which.
    Domain,
}

impl Kind {
    /// Each kind, in the order of the package.
    const ALL: [Kind; 10] = [
        Kind::Panic,
        Kind::OutOfMemory,
        Kind::StackOverflow,
        Kind::Busy,
        Kind::Poisoned,
        Kind::Stale,
        Kind::Aborted,
        Kind::RestartLimit,
        Kind::Timeout,
        Kind::Domain,
    ];

    /// What wit-bindgen's code calls to read a kind. The canonical ABI has checked the number.
    #[doc(hidden)]
    pub fn _lift(number: u8) -> Kind {
        Kind::ALL[usize::from(number)]
    }
}

/// Where in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// Its name, as the compiler was given it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1; 0 where the language does not tell.
    pub column: u32,
}

/// One call of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Its name, in the words of its language.
    pub function: Option<String>,
    /// Where it was.
    pub location: Option<Location>,
    /// The module, where there is no location.
    pub module: Option<String>,
    /// The offset of the instruction in the module.
    pub offset: Option<u64>,
}

/// What a field of an error holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Boolean(bool),
    /// An integer that may be negative.
    Signed(i64),
    /// An integer that may not.
    Unsigned(u64),
    /// A number.
    Float(f64),
    /// A string.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A named value of an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// An error behind another.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// What happened.
    pub kind: Kind,
    /// The name of its class.
    pub class: String,
    /// Stable, for programs; empty where it has none.
    pub code: String,
    /// What it says.
    pub message: String,
    /// The language that raised it.
    pub language: String,
    /// Where it was raised.
    pub location: Option<Location>,
    /// Its own values.
    pub fields: Vec<Field>,
    /// The innermost first; at most 64.
    pub frames: Vec<Frame>,
}

/// What a call failed by.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What happened.
    pub kind: Kind,
    /// The name of the error's class, such as `PanicError` or `NoKeyError`.
    pub class: String,
    /// Stable, for programs: `E_PANIC`.
    pub code: String,
    /// What it says.
    pub message: String,
    /// The language that raised it: `rust`, `python`, `javascript`.
    pub language: String,
    /// Where it was raised.
    pub location: Option<Location>,
    /// Whether the very same call may succeed.
    pub retryable: bool,
    /// Whether the instance ended.
    pub fatal: bool,
    /// The build id of the component that raised it, in hexadecimal.
    pub build: Option<String>,
    /// Its own values.
    pub fields: Vec<Field>,
    /// The innermost first; at most 64.
    pub frames: Vec<Frame>,
    /// The nearest first; at most 8.
    pub causes: Vec<Cause>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)
    }
}

/// Without the errors behind it as sources: `recover_runtime::component::Error`, which a failure converts into, has them.
impl std::error::Error for Failure {}
