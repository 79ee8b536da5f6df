//! What a program in Rust sees of a failure that an import returned, as JSON. Nothing is told that it does not see.

use recover_runtime::component::types::{Field, Frame, Kind, Location, Value};
use recover_runtime::component::{Behind, Error};
use serde_json::{Map, Value as Json, json};
use std::error::Error as _;

/// An error, and those behind it by `source()`.
pub(crate) fn error(error: &Error) -> Json {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        causes.push(source.downcast_ref().map_or(Json::Null, behind));
        next = source.source();
    }
    json!({
        "class": error.class(), "kind": kind(error.kind()), "code": error.code(), "message": error.message(),
        "language": error.language(), "retryable": error.is_retryable(), "fatal": error.is_fatal(), "build": error.build(),
        "location": error.location().map(location), "fields": fields(error.fields()), "frames": frames(error.frames()),
        "causes": causes,
    })
}

fn behind(error: &Behind) -> Json {
    json!({
        "class": error.class(), "kind": kind(error.kind()), "code": error.code(), "message": error.message(),
        "language": error.language(), "location": error.location().map(location), "fields": fields(error.fields()),
        "frames": frames(error.frames()),
    })
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Panic => "panic",
        Kind::OutOfMemory => "out-of-memory",
        Kind::StackOverflow => "stack-overflow",
        Kind::Busy => "busy",
        Kind::Poisoned => "poisoned",
        Kind::Stale => "stale",
        Kind::Aborted => "aborted",
        Kind::RestartLimit => "restart-limit",
        Kind::Timeout => "timeout",
        Kind::Domain => "domain",
    }
}

fn location(at: &Location) -> Json {
    json!([at.file, at.line, at.column])
}

fn fields(fields: &[Field]) -> Json {
    let shown = fields
        .iter()
        .map(|field| (field.name.clone(), value(&field.value)));
    Json::Object(shown.collect::<Map<_, _>>())
}

fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => json!(value),
        Value::Signed(value) => json!(value),
        Value::Unsigned(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Text(value) => json!(value),
        Value::Bytes(value) => json!(value),
    }
}

fn frames(frames: &[Frame]) -> Json {
    let shown = |frame: &Frame| json!([frame.function, frame.location.as_ref().map(location)]);
    frames.iter().map(shown).collect()
}
