//! What a call gave or failed by, in the words of the rows: JSON. Nothing is compared here.

use std::path::Path;

use recover_host::{Error, Kind, Value, types};
use serde_json::{Map, Value as Json, json};
use wasmtime::component::Val;

/// A value as JSON has it: a record is a list of its fields.
pub(crate) fn value(value: Value) -> Json {
    value.into_plain().map_or(Json::Null, |value| plain(&value))
}

fn plain(value: &Val) -> Json {
    match value {
        Val::Bool(value) => json!(value),
        Val::U32(value) => json!(value),
        Val::S64(value) => json!(value),
        Val::String(text) => json!(text),
        Val::List(values) => values.iter().map(plain).collect(),
        Val::Record(fields) => fields.iter().map(|(_, value)| plain(value)).collect(),
        other => panic!("no row has such a value: {other:?}"),
    }
}

/// What an error is: the five that every outcome has, and of the others those that are expected.
pub(crate) fn outcome(error: &Error, expected: &Map<String, Json>) -> Map<String, Json> {
    let file =
        |place: &types::Location| Some(Path::new(&place.file).file_name()?.to_str()?.to_owned());
    let field = |field: &types::Field| (field.name.clone(), field_value(&field.value));
    let told = json!({
        "class": error.class(),
        "kind": error.kind().map(word),
        "code": error.code(),
        "fatal": error.fatal(),
        "retryable": error.retryable(),
        "message": error.message(),
        "fields": error.fields().iter().map(field).collect::<Map<_, _>>(),
        "causes": error.causes().iter().map(|one| json!([one.class, one.message])).collect::<Vec<_>>(),
        "file": error.location().and_then(file),
    });
    let Json::Object(told) = told else {
        unreachable!("it is one")
    };
    let is_asked = |key: &str| super::WHOLE.contains(&key) || expected.contains_key(key);
    told.into_iter().filter(|(key, _)| is_asked(key)).collect()
}

fn field_value(value: &types::Value) -> Json {
    match value {
        types::Value::Text(text) => json!(text),
        types::Value::Unsigned(number) => json!(number),
        types::Value::Signed(number) => json!(number),
        other => panic!("no row has such a field: {other:?}"),
    }
}

fn word(kind: Kind) -> &'static str {
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
