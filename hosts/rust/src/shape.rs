//! The types of a component's functions, unfolded once, so that arguments are checked before a call.
//!
//! Wasmtime checks them too, but only while it copies them in: what it refuses there has ended the instance.
//! Nothing is called here.

use std::sync::Arc;

use wasmtime::component::{ResourceType, Type, Val};

use crate::value::{Value, word};

/// The number of a resource's class in the catalog.
pub(crate) type ClassIndex = usize;

/// A type.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    Float32,
    Float64,
    Char,
    String,
    List(Box<Shape>),
    Fixed(Box<Shape>, usize),
    Map(Box<(Shape, Shape)>),
    Record(Vec<(String, Shape)>),
    Tuple(Vec<Shape>),
    Variant(Vec<(String, Option<Shape>)>),
    Enum(Vec<String>),
    Option(Box<Shape>),
    Result(Option<Box<Shape>>, Option<Box<Shape>>),
    Flags(Vec<String>),
    Own(ClassIndex, Arc<str>),
    Borrow(ClassIndex, Arc<str>),
    /// What can't be held across ends: a resource that the component doesn't export, a stream, a future.
    Foreign(&'static str),
}

impl Shape {
    pub(crate) fn of(ty: &Type, classes: &[(ResourceType, Arc<str>)]) -> Self {
        let of = |ty: &Type| Shape::of(ty, classes);
        let boxed = |ty: &Type| Box::new(Shape::of(ty, classes));
        let class = |resource: &ResourceType, shape: fn(ClassIndex, Arc<str>) -> Shape| {
            let found = classes.iter().position(|(one, _)| one == resource);
            found.map_or(Shape::Foreign("a resource that is not exported"), |at| {
                shape(at, Arc::clone(&classes[at].1))
            })
        };
        match ty {
            Type::Bool => Shape::Bool,
            Type::S8 => Shape::S8,
            Type::U8 => Shape::U8,
            Type::S16 => Shape::S16,
            Type::U16 => Shape::U16,
            Type::S32 => Shape::S32,
            Type::U32 => Shape::U32,
            Type::S64 => Shape::S64,
            Type::U64 => Shape::U64,
            Type::Float32 => Shape::Float32,
            Type::Float64 => Shape::Float64,
            Type::Char => Shape::Char,
            Type::String => Shape::String,
            Type::List(list) => Shape::List(boxed(&list.ty())),
            Type::FixedLengthList(list) => Shape::Fixed(boxed(&list.ty()), list.len() as usize),
            Type::Map(map) => Shape::Map(Box::new((of(&map.key()), of(&map.value())))),
            Type::Record(record) => Shape::Record(
                record
                    .fields()
                    .map(|field| (field.name.to_owned(), of(&field.ty)))
                    .collect(),
            ),
            Type::Tuple(tuple) => Shape::Tuple(tuple.types().map(|ty| of(&ty)).collect()),
            Type::Variant(variant) => {
                let cases = variant.cases();
                Shape::Variant(
                    cases
                        .map(|case| (case.name.to_owned(), case.ty.as_ref().map(of)))
                        .collect(),
                )
            }
            Type::Enum(names) => Shape::Enum(names.names().map(str::to_owned).collect()),
            Type::Option(option) => Shape::Option(boxed(&option.ty())),
            Type::Result(result) => Shape::Result(
                result.ok().as_ref().map(boxed),
                result.err().as_ref().map(boxed),
            ),
            Type::Flags(flags) => Shape::Flags(flags.names().map(str::to_owned).collect()),
            Type::Own(resource) => class(resource, Shape::Own),
            Type::Borrow(resource) => class(resource, Shape::Borrow),
            Type::Future(_) => Shape::Foreign("a future"),
            Type::Stream(_) => Shape::Foreign("a stream"),
            Type::ErrorContext => Shape::Foreign("an error-context"),
        }
    }

    /// Whether a handle, or what can't be held, may be in a value of it.
    pub(crate) fn has_handles(&self) -> bool {
        match self {
            Shape::List(inner) | Shape::Fixed(inner, _) | Shape::Option(inner) => {
                inner.has_handles()
            }
            Shape::Map(inner) => inner.0.has_handles() || inner.1.has_handles(),
            Shape::Record(fields) => fields.iter().any(|(_, shape)| shape.has_handles()),
            Shape::Tuple(shapes) => shapes.iter().any(Shape::has_handles),
            Shape::Variant(cases) => cases
                .iter()
                .flat_map(|(_, shape)| shape)
                .any(Shape::has_handles),
            Shape::Result(ok, err) => ok.iter().chain(err).any(|shape| shape.has_handles()),
            Shape::Own(..) | Shape::Borrow(..) | Shape::Foreign(_) => true,
            _ => false,
        }
    }

    /// Whether it is `recover:error/types.failure`: a record with its fields.
    pub(crate) fn is_failure(&self) -> bool {
        let Shape::Record(fields) = self else {
            return false;
        };
        let wanted = [
            "kind",
            "class",
            "code",
            "message",
            "language",
            "retryable",
            "fatal",
            "frames",
            "causes",
        ];
        wanted
            .iter()
            .all(|wanted| fields.iter().any(|(name, _)| name == wanted))
    }

    /// Whether a value is of it, else what is wrong.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Shape::Own(class, name) | Shape::Borrow(class, name), Value::Handle(handle)) => {
                match handle.class_index() == *class {
                    true => Ok(()),
                    false => Err(format!("expected a {name}, found a {}", handle.class())),
                }
            }
            (_, Value::Plain(value)) => self.check_plain(value),
            (Shape::List(inner), Value::List(values)) => each(values, |value| inner.check(value)),
            (Shape::Tuple(shapes), Value::Tuple(values)) if shapes.len() == values.len() => shapes
                .iter()
                .zip(values)
                .try_for_each(|(shape, value)| shape.check(value)),
            (Shape::Record(shapes), Value::Record(values)) => {
                in_record(shapes, values, |shape, value| shape.check(value))
            }
            (Shape::Option(inner), Value::Option(value)) => {
                value.as_deref().map_or(Ok(()), |value| inner.check(value))
            }
            (Shape::Variant(cases), Value::Variant(case, payload)) => {
                in_variant(cases, case, payload.as_deref(), |shape, value| {
                    shape.check(value)
                })
            }
            (Shape::Result(ok, _), Value::Result(Ok(value))) => {
                payload_of(ok, value.as_deref(), |s, v| s.check(v))
            }
            (Shape::Result(_, err), Value::Result(Err(value))) => {
                payload_of(err, value.as_deref(), |s, v| s.check(v))
            }
            _ => Err(self.unlike(value.word())),
        }
    }

    fn check_plain(&self, value: &Val) -> Result<(), String> {
        match (self, value) {
            (Shape::Bool, Val::Bool(_))
            | (Shape::S8, Val::S8(_))
            | (Shape::U8, Val::U8(_))
            | (Shape::S16, Val::S16(_))
            | (Shape::U16, Val::U16(_))
            | (Shape::S32, Val::S32(_))
            | (Shape::U32, Val::U32(_))
            | (Shape::S64, Val::S64(_))
            | (Shape::U64, Val::U64(_))
            | (Shape::Float32, Val::Float32(_))
            | (Shape::Float64, Val::Float64(_))
            | (Shape::Char, Val::Char(_))
            | (Shape::String, Val::String(_)) => Ok(()),
            (Shape::List(inner), Val::List(values)) => {
                each(values, |value| inner.check_plain(value))
            }
            (Shape::Fixed(inner, length), Val::FixedLengthList(values))
                if values.len() == *length =>
            {
                each(values, |value| inner.check_plain(value))
            }
            (Shape::Map(inner), Val::Map(entries)) => {
                entries.iter().try_for_each(|(key, value)| {
                    inner
                        .0
                        .check_plain(key)
                        .and_then(|()| inner.1.check_plain(value))
                })
            }
            (Shape::Record(shapes), Val::Record(values)) => {
                in_record(shapes, values, |shape, value| shape.check_plain(value))
            }
            (Shape::Tuple(shapes), Val::Tuple(values)) if shapes.len() == values.len() => shapes
                .iter()
                .zip(values)
                .try_for_each(|(shape, value)| shape.check_plain(value)),
            (Shape::Variant(cases), Val::Variant(case, payload)) => {
                in_variant(cases, case, payload.as_deref(), |shape, value| {
                    shape.check_plain(value)
                })
            }
            (Shape::Enum(names), Val::Enum(name)) => known(names, name),
            (Shape::Flags(names), Val::Flags(set)) => {
                set.iter().try_for_each(|name| known(names, name))
            }
            (Shape::Option(inner), Val::Option(value)) => value
                .as_deref()
                .map_or(Ok(()), |value| inner.check_plain(value)),
            (Shape::Result(ok, _), Val::Result(Ok(value))) => {
                payload_of(ok, value.as_deref(), |shape, value| {
                    shape.check_plain(value)
                })
            }
            (Shape::Result(_, err), Val::Result(Err(value))) => {
                payload_of(err, value.as_deref(), |shape, value| {
                    shape.check_plain(value)
                })
            }
            (Shape::Own(..) | Shape::Borrow(..), Val::Resource(_)) => {
                Err("a resource of wasmtime's ends with its instance; give a Handle".to_owned())
            }
            _ => Err(self.unlike(word(value))),
        }
    }

    fn unlike(&self, found: &str) -> String {
        match self {
            Shape::Foreign(what) => {
                format!("it takes {what}, which a dynamic call can't pass; use Supervisor::typed")
            }
            _ => format!("expected {}, found {found}", self.word()),
        }
    }

    fn word(&self) -> String {
        match self {
            Shape::Bool => "a bool".to_owned(),
            Shape::S8 => "an s8".to_owned(),
            Shape::U8 => "a u8".to_owned(),
            Shape::S16 => "an s16".to_owned(),
            Shape::U16 => "a u16".to_owned(),
            Shape::S32 => "an s32".to_owned(),
            Shape::U32 => "a u32".to_owned(),
            Shape::S64 => "an s64".to_owned(),
            Shape::U64 => "a u64".to_owned(),
            Shape::Float32 => "an f32".to_owned(),
            Shape::Float64 => "an f64".to_owned(),
            Shape::Char => "a char".to_owned(),
            Shape::String => "a string".to_owned(),
            Shape::List(_) => "a list".to_owned(),
            Shape::Fixed(_, length) => format!("a list of {length}"),
            Shape::Map(_) => "a map".to_owned(),
            Shape::Record(_) => "a record".to_owned(),
            Shape::Tuple(shapes) => format!("a tuple of {}", shapes.len()),
            Shape::Variant(_) => "a variant".to_owned(),
            Shape::Enum(names) => format!("one of {}", names.join(", ")),
            Shape::Option(_) => "an option".to_owned(),
            Shape::Result(..) => "a result".to_owned(),
            Shape::Flags(names) => format!("flags out of {}", names.join(", ")),
            Shape::Own(_, name) | Shape::Borrow(_, name) => format!("a handle of a {name}"),
            Shape::Foreign(what) => (*what).to_owned(),
        }
    }
}

fn each<T>(values: &[T], check: impl Fn(&T) -> Result<(), String>) -> Result<(), String> {
    for (at, value) in values.iter().enumerate() {
        check(value).map_err(|why| format!("[{at}]: {why}"))?;
    }
    Ok(())
}

fn in_record<T>(
    shapes: &[(String, Shape)],
    values: &[(String, T)],
    check: impl Fn(&Shape, &T) -> Result<(), String>,
) -> Result<(), String> {
    let names = || {
        shapes
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if shapes.len() != values.len() {
        return Err(format!(
            "expected the fields {} in that order, found {}",
            names(),
            values.len()
        ));
    }
    for ((name, shape), (given, value)) in shapes.iter().zip(values) {
        if name != given {
            return Err(format!(
                "expected the fields {} in that order, found `{given}`",
                names()
            ));
        }
        check(shape, value).map_err(|why| format!(".{name}: {why}"))?;
    }
    Ok(())
}

fn in_variant<T>(
    cases: &[(String, Option<Shape>)],
    case: &str,
    payload: Option<&T>,
    check: impl Fn(&Shape, &T) -> Result<(), String>,
) -> Result<(), String> {
    let Some((_, shape)) = cases.iter().find(|(name, _)| name == case) else {
        let names: Vec<_> = cases.iter().map(|(name, _)| name.as_str()).collect();
        return Err(format!(
            "expected one of {}, found `{case}`",
            names.join(", ")
        ));
    };
    payload_of(shape, payload, check).map_err(|why| format!(".{case}: {why}"))
}

fn payload_of<T, S: std::borrow::Borrow<Shape>>(
    shape: &Option<S>,
    payload: Option<&T>,
    check: impl Fn(&Shape, &T) -> Result<(), String>,
) -> Result<(), String> {
    match (shape, payload) {
        (Some(shape), Some(value)) => check(shape.borrow(), value),
        (None, None) => Ok(()),
        (Some(shape), None) => Err(format!("expected {}, found nothing", shape.borrow().word())),
        (None, Some(_)) => Err("expected nothing, found a value".to_owned()),
    }
}

fn known(names: &[String], name: &str) -> Result<(), String> {
    match names.iter().any(|known| known == name) {
        true => Ok(()),
        false => Err(format!(
            "expected one of {}, found `{name}`",
            names.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(shape: &Shape, value: impl Into<Value>) -> String {
        shape.check(&value.into()).unwrap_err()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let how = Shape::Enum(vec!["err".into(), "panic".into()]);
        assert_eq!(
            why(&how, Val::Enum("odd".into())),
            "expected one of err, panic, found `odd`"
        );
        assert_eq!(why(&Shape::S64, "1"), "expected an s64, found a string");
        let list = Shape::List(Box::new(Shape::U8));
        assert_eq!(
            why(&list, Val::List(vec![Val::U8(1), Val::Bool(true)])),
            "[1]: expected a u8, found a bool"
        );
        let record = Shape::Record(vec![
            ("a".into(), Shape::U8),
            ("b".into(), Shape::Option(Box::new(Shape::Char))),
        ]);
        let given = |a, b| Val::Record(vec![("a".into(), a), ("b".into(), b)]);
        assert!(
            record
                .check(&given(Val::U8(1), Val::Option(None)).into())
                .is_ok()
        );
        assert_eq!(
            why(&record, given(Val::U8(1), Val::U8(2))),
            ".b: expected an option, found a u8"
        );
        assert_eq!(
            why(&record, Val::Record(vec![])),
            "expected the fields a, b in that order, found 0"
        );
        let result = Shape::Result(None, Some(Box::new(Shape::String)));
        assert!(result.check(&Val::Result(Ok(None)).into()).is_ok());
        assert_eq!(
            why(&result, Val::Result(Err(None))),
            "expected a string, found nothing"
        );
        assert_eq!(
            why(&Shape::Own(0, "ledger".into()), 1u8),
            "expected a handle of a ledger, found a u8"
        );
    }

    #[test]
    fn handles_are_found_inside() {
        let option = Shape::Option(Box::new(Shape::Own(0, "ledger".into())));
        assert!(Shape::Result(Some(Box::new(option)), None).has_handles());
        assert!(!Shape::List(Box::new(Shape::String)).has_handles());
    }
}
