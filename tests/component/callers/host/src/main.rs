//! A host in Rust that calls the fixture: `calling-host COMPONENT TEXT…` prints a line of JSON for each, of what a program
//! sees of the failure.

use recover_host::types::{Field, Frame, Kind, Location, Value as FieldValue};
use recover_host::{
    BlockingSupervisor, CauseError, Error, Limits, Supervisor, Value, Wasi, values,
};
use serde_json::{Map, Value as Json, json};
use std::error::Error as StdError;
use wasmtime::component::{Component, Val};

const LEDGERS: &str = "recover:fixture/ledgers";

fn main() -> Result<(), Box<dyn StdError>> {
    let mut arguments = std::env::args().skip(1);
    let component = arguments
        .next()
        .ok_or("usage: calling-host COMPONENT TEXT…")?;
    let limits = Limits::default();
    let engine = limits.engine()?;
    let component = Component::from_file(&engine, component)?;
    let linker = Wasi::blocking_linker(&engine)?;
    let app = Supervisor::builder(&component, linker, Wasi::default)
        .limits(limits)
        .build_blocking()?;
    for text in arguments {
        match fail(&app, &text) {
            Ok(returned) => println!("{}", json!({ "returned": format!("{returned:?}") })),
            Err(error) => println!("{}", shown(&error)),
        }
    }
    Ok(())
}

/// Has the fixture fail.
fn fail(app: &BlockingSupervisor<Wasi>, text: &str) -> Result<Value, Error> {
    let how = |text: &str| Value::from(Val::Enum(text.into()));
    match text {
        "parse" => app.call(LEDGERS, "parse", values!["12x"]),
        "get" => {
            let ledger = app.construct(LEDGERS, "ledger", values!["ann"])?;
            app.method(&ledger, "get", values!["tea"])
        }
        "poisoned" => {
            let draft = app.construct(LEDGERS, "draft", vec![])?;
            match app.method(&draft, "fail", vec!["torn".into(), how("panic")]) {
                Ok(returned) => Ok(returned),
                Err(_) => app.method(&draft, "text", vec![]),
            }
        }
        _ => app.call(LEDGERS, "fail", vec![how(text)]),
    }
}

/// An error, and those behind it by `source()`.
fn shown(error: &Error) -> Json {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        causes.push(source.downcast_ref().map_or(Json::Null, behind));
        next = source.source();
    }
    json!({
        "class": error.class(), "kind": error.kind().map(kind), "code": error.code(), "message": error.message(),
        "language": error.failure().map(|failure| failure.language.clone()), "retryable": error.retryable(),
        "fatal": error.fatal(), "build": error.build(), "location": error.location().map(location),
        "fields": fields(error.fields()), "frames": frames(error.frames()), "causes": causes,
    })
}

fn behind(error: &CauseError) -> Json {
    let cause = error.cause();
    json!({
        "class": cause.class, "kind": kind(cause.kind), "code": cause.code, "message": cause.message,
        "language": cause.language, "location": cause.location.as_ref().map(location), "fields": fields(&cause.fields),
        "frames": frames(&cause.frames),
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

fn value(value: &FieldValue) -> Json {
    match value {
        FieldValue::Null => Json::Null,
        FieldValue::Boolean(value) => json!(value),
        FieldValue::Signed(value) => json!(value),
        FieldValue::Unsigned(value) => json!(value),
        FieldValue::Float(value) => json!(value),
        FieldValue::Text(value) => json!(value),
        FieldValue::Bytes(value) => json!(value),
    }
}

fn frames(frames: &[Frame]) -> Json {
    let shown = |frame: &Frame| json!([frame.function, frame.location.as_ref().map(location)]);
    frames.iter().map(shown).collect()
}
