//! Reads a `failure` out of a dynamic value of wasmtime. What is malformed is refused with its reason.
//!
//! Values come by name, so a record of a later version with more fields is read as well.

use wasmtime::component::Val;

use super::make::{MOST_CAUSES, MOST_FRAMES};
use crate::types::{Cause, Failure, Field, Frame, Kind, Location, Value};

type Read<T> = Result<T, String>;

/// Reads a `failure`.
pub(crate) fn failure(value: Val) -> Read<Failure> {
    let mut fields = Fields::of(value, "failure")?;
    Ok(Failure {
        kind: kind(fields.take("kind")?)?,
        class: fields.text("class")?,
        code: fields.text("code")?,
        message: fields.text("message")?,
        language: fields.text("language")?,
        location: option(fields.take("location")?, location)?,
        retryable: flag(fields.take("retryable")?)?,
        fatal: flag(fields.take("fatal")?)?,
        build: option(fields.take("build")?, text)?,
        fields: list(fields.take("fields")?, field)?,
        frames: most(MOST_FRAMES, fields.take("frames")?, frame)?,
        causes: most(MOST_CAUSES, fields.take("causes")?, cause)?,
    })
}

/// A record, whose fields are taken by name.
struct Fields {
    of: &'static str,
    fields: Vec<(String, Val)>,
}

impl Fields {
    fn of(value: Val, of: &'static str) -> Read<Self> {
        match value {
            Val::Record(fields) => Ok(Fields { of, fields }),
            other => Err(unexpected(of, "record", &other)),
        }
    }

    fn take(&mut self, name: &str) -> Read<Val> {
        let found = self.fields.iter_mut().find(|(field, _)| field == name);
        let (_, value) = found.ok_or_else(|| format!("the {} has no `{name}`", self.of))?;
        Ok(std::mem::replace(value, Val::Bool(false)))
    }

    fn text(&mut self, name: &str) -> Read<String> {
        text(self.take(name)?)
    }
}

fn unexpected(of: &str, wanted: &str, value: &Val) -> String {
    format!("{of} is no {wanted}: {value:?}")
}

fn text(value: Val) -> Read<String> {
    match value {
        Val::String(text) => Ok(text),
        other => Err(unexpected("a text of the failure", "string", &other)),
    }
}

fn flag(value: Val) -> Read<bool> {
    match value {
        Val::Bool(flag) => Ok(flag),
        other => Err(unexpected("a flag of the failure", "bool", &other)),
    }
}

fn number(value: Val) -> Read<u64> {
    match value {
        Val::U32(number) => Ok(number.into()),
        Val::U64(number) => Ok(number),
        other => Err(unexpected("a number of the failure", "u32 or u64", &other)),
    }
}

fn small(value: Val) -> Read<u32> {
    let number = number(value)?;
    u32::try_from(number).map_err(|_| format!("a number of the failure is too large: {number}"))
}

fn option<T>(value: Val, read: impl FnOnce(Val) -> Read<T>) -> Read<Option<T>> {
    match value {
        Val::Option(value) => value.map(|value| read(*value)).transpose(),
        other => Err(unexpected("a part of the failure", "option", &other)),
    }
}

fn list<T>(value: Val, read: impl FnMut(Val) -> Read<T>) -> Read<Vec<T>> {
    match value {
        Val::List(values) => values.into_iter().map(read).collect(),
        other => Err(unexpected("a part of the failure", "list", &other)),
    }
}

/// The first ones of a list; whoever told more is not followed.
fn most<T>(most: usize, value: Val, read: impl FnMut(Val) -> Read<T>) -> Read<Vec<T>> {
    match value {
        Val::List(values) => values.into_iter().take(most).map(read).collect(),
        other => Err(unexpected("a part of the failure", "list", &other)),
    }
}

fn kind(value: Val) -> Read<Kind> {
    let Val::Enum(name) = value else {
        return Err(unexpected("the kind of the failure", "enum", &value));
    };
    Ok(match name.as_str() {
        "panic" => Kind::Panic,
        "out-of-memory" => Kind::OutOfMemory,
        "stack-overflow" => Kind::StackOverflow,
        "busy" => Kind::Busy,
        "poisoned" => Kind::Poisoned,
        "stale" => Kind::Stale,
        "aborted" => Kind::Aborted,
        "restart-limit" => Kind::RestartLimit,
        "timeout" => Kind::Timeout,
        "domain" => Kind::Domain,
        other => {
            return Err(format!(
                "the failure is of a kind that nobody knows: {other}"
            ));
        }
    })
}

fn location(value: Val) -> Read<Location> {
    let mut fields = Fields::of(value, "location")?;
    Ok(Location {
        file: fields.text("file")?,
        line: small(fields.take("line")?)?,
        column: small(fields.take("column")?)?,
    })
}

fn frame(value: Val) -> Read<Frame> {
    let mut fields = Fields::of(value, "frame")?;
    Ok(Frame {
        function: option(fields.take("function")?, text)?,
        location: option(fields.take("location")?, location)?,
        module: option(fields.take("module")?, text)?,
        offset: option(fields.take("offset")?, number)?,
    })
}

fn field(value: Val) -> Read<Field> {
    let mut fields = Fields::of(value, "field")?;
    Ok(Field {
        name: fields.text("name")?,
        value: named(fields.take("value")?)?,
    })
}

fn named(value: Val) -> Read<Value> {
    let Val::Variant(case, payload) = value else {
        return Err(unexpected("the value of a field", "variant", &value));
    };
    Ok(match (case.as_str(), payload.map(|payload| *payload)) {
        ("null", None) => Value::Null,
        ("boolean", Some(Val::Bool(value))) => Value::Boolean(value),
        ("signed", Some(Val::S64(value))) => Value::Signed(value),
        ("unsigned", Some(Val::U64(value))) => Value::Unsigned(value),
        ("float", Some(Val::Float64(value))) => Value::Float(value),
        ("text", Some(Val::String(value))) => Value::Text(value),
        ("bytes", Some(bytes @ Val::List(_))) => Value::Bytes(list(bytes, byte)?),
        (case, payload) => {
            return Err(format!(
                "the value of a field is no `value`: {case} {payload:?}"
            ));
        }
    })
}

fn byte(value: Val) -> Read<u8> {
    match value {
        Val::U8(byte) => Ok(byte),
        other => Err(unexpected("a byte of a field", "u8", &other)),
    }
}

fn cause(value: Val) -> Read<Cause> {
    let mut fields = Fields::of(value, "cause")?;
    Ok(Cause {
        kind: kind(fields.take("kind")?)?,
        class: fields.text("class")?,
        code: fields.text("code")?,
        message: fields.text("message")?,
        language: fields.text("language")?,
        location: option(fields.take("location")?, location)?,
        fields: list(fields.take("fields")?, field)?,
        frames: most(MOST_FRAMES, fields.take("frames")?, frame)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &[(&str, Val)]) -> Val {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        Val::Record(fields.collect())
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_reason() {
        let no_record = failure(Val::Bool(true)).unwrap_err();
        assert_eq!(no_record, "failure is no record: Bool(true)");
        let missing = failure(record(&[("kind", Val::Enum("panic".into()))])).unwrap_err();
        assert_eq!(missing, "the failure has no `class`");
        let unknown = failure(record(&[("kind", Val::Enum("odd".into()))])).unwrap_err();
        assert_eq!(unknown, "the failure is of a kind that nobody knows: odd");
        let large = small(Val::U64(1 << 40)).unwrap_err();
        assert_eq!(large, "a number of the failure is too large: 1099511627776");
        let named = named(Val::Variant("text".into(), None)).unwrap_err();
        assert_eq!(named, "the value of a field is no `value`: text None");
    }

    #[test]
    fn no_more_is_read_than_there_may_be() {
        let text = || Val::String(String::new());
        let none = || Val::Option(None);
        let frame = record(&[
            ("function", none()),
            ("location", none()),
            ("module", none()),
            ("offset", none()),
        ]);
        let told = [
            ("kind", Val::Enum("panic".into())),
            ("class", text()),
            ("code", text()),
            ("message", text()),
            ("language", text()),
            ("location", none()),
            ("fields", Val::List(Vec::new())),
            ("frames", Val::List(vec![frame; 100])),
        ];
        let mut whole = told.to_vec();
        whole.extend([
            ("retryable", Val::Bool(false)),
            ("fatal", Val::Bool(false)),
            ("build", none()),
            ("causes", Val::List(vec![record(&told); 100])),
        ]);
        let failure = failure(record(&whole)).unwrap();
        assert_eq!((failure.causes.len(), failure.frames.len()), (8, 64));
        assert!(failure.causes.iter().all(|cause| cause.frames.len() == 64));
    }
}
