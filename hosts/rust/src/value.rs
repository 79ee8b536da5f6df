//! The values of dynamic calls: wasmtime's own, and handles that survive the end of an instance.
//!
//! Nothing here knows types or instances. A value without a handle in it is wasmtime's and passes untouched.

use wasmtime::component::Val;

use crate::handle::Handle;

/// An argument or an answer of a dynamic call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value {
    /// A value without a handle in it, whatever it is.
    Plain(Val),
    /// An object of the component.
    Handle(Handle),
    /// A list with handles in it.
    List(Vec<Value>),
    /// A record with handles in it.
    Record(Vec<(String, Value)>),
    /// A tuple with handles in it.
    Tuple(Vec<Value>),
    /// A variant with handles in it.
    Variant(String, Option<Box<Value>>),
    /// An option of a handle.
    Option(Option<Box<Value>>),
    /// A result with handles in it that is no call's own: that one becomes an answer or an error.
    Result(Result<Option<Box<Value>>, Option<Box<Value>>>),
}

/// Makes an argument list of different types: `values!["key", 1i64, &handle]`.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Value::from($value)),*]
    };
}

impl Value {
    /// The answer of a function that returns nothing.
    pub(crate) fn unit() -> Self {
        Value::Plain(Val::Tuple(Vec::new()))
    }

    /// Wasmtime's value, unless there is a handle in it.
    pub fn plain(&self) -> Option<&Val> {
        match self {
            Value::Plain(value) => Some(value),
            _ => None,
        }
    }

    /// The same, by value.
    pub fn into_plain(self) -> Option<Val> {
        match self {
            Value::Plain(value) => Some(value),
            _ => None,
        }
    }

    /// The handle, if it is one.
    pub fn into_handle(self) -> Option<Handle> {
        match self {
            Value::Handle(handle) => Some(handle),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Plain(Val::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one of any width.
    pub fn as_i64(&self) -> Option<i64> {
        match *self.plain()? {
            Val::S8(value) => Some(value.into()),
            Val::U8(value) => Some(value.into()),
            Val::S16(value) => Some(value.into()),
            Val::U16(value) => Some(value.into()),
            Val::S32(value) => Some(value.into()),
            Val::U32(value) => Some(value.into()),
            Val::S64(value) => Some(value),
            Val::U64(value) => value.try_into().ok(),
            _ => None,
        }
    }

    /// Which kind of value it is, for a message.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Value::Plain(value) => word(value),
            Value::Handle(_) => "a handle",
            Value::List(_) => "a list",
            Value::Record(_) => "a record",
            Value::Tuple(_) => "a tuple",
            Value::Variant(..) => "a variant",
            Value::Option(_) => "an option",
            Value::Result(_) => "a result",
        }
    }
}

/// Which kind of value it is, for a message.
pub(crate) fn word(value: &Val) -> &'static str {
    match value {
        Val::Bool(_) => "a bool",
        Val::S8(_) => "an s8",
        Val::U8(_) => "a u8",
        Val::S16(_) => "an s16",
        Val::U16(_) => "a u16",
        Val::S32(_) => "an s32",
        Val::U32(_) => "a u32",
        Val::S64(_) => "an s64",
        Val::U64(_) => "a u64",
        Val::Float32(_) => "an f32",
        Val::Float64(_) => "an f64",
        Val::Char(_) => "a char",
        Val::String(_) => "a string",
        Val::List(_) | Val::FixedLengthList(_) => "a list",
        Val::Map(_) => "a map",
        Val::Record(_) => "a record",
        Val::Tuple(_) => "a tuple",
        Val::Variant(..) => "a variant",
        Val::Enum(_) => "an enum",
        Val::Option(_) => "an option",
        Val::Result(_) => "a result",
        Val::Flags(_) => "flags",
        Val::Resource(_) => "a resource of wasmtime's",
        Val::Future(_) => "a future",
        Val::Stream(_) => "a stream",
        Val::ErrorContext(_) => "an error-context",
    }
}

/// About how many bytes a value takes, for the length of a journal.
pub(crate) fn weight(value: &Val) -> usize {
    let inner: usize = match value {
        Val::String(text) | Val::Enum(text) => text.len(),
        Val::List(values) | Val::Tuple(values) | Val::FixedLengthList(values) => {
            values.iter().map(weight).sum()
        }
        Val::Record(fields) => fields
            .iter()
            .map(|(name, value)| name.len() + weight(value))
            .sum(),
        Val::Map(entries) => entries
            .iter()
            .map(|(key, value)| weight(key) + weight(value))
            .sum(),
        Val::Variant(case, payload) => case.len() + payload.as_deref().map_or(0, weight),
        Val::Option(payload) | Val::Result(Ok(payload) | Err(payload)) => {
            payload.as_deref().map_or(0, weight)
        }
        Val::Flags(names) => names.iter().map(String::len).sum(),
        _ => 0,
    };
    size_of::<Val>() + inner
}

impl From<Val> for Value {
    fn from(value: Val) -> Self {
        Value::Plain(value)
    }
}

impl From<Handle> for Value {
    fn from(handle: Handle) -> Self {
        Value::Handle(handle)
    }
}

impl From<&Handle> for Value {
    fn from(handle: &Handle) -> Self {
        Value::Handle(handle.clone())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Plain(Val::String(text.to_owned()))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Plain(Val::List(bytes.iter().copied().map(Val::U8).collect()))
    }
}

macro_rules! from {
    ($($from:ty => $case:ident),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Value::Plain(Val::$case(value))
            }
        })*
    };
}

from! {
    bool => Bool, i8 => S8, u8 => U8, i16 => S16, u16 => U16, i32 => S32, u32 => U32, i64 => S64, u64 => U64,
    f32 => Float32, f64 => Float64, char => Char, String => String,
}
