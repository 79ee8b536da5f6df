//! The objects that handles stand for: where each one is now.
//!
//! Nothing is called here; who revives an object is `supervisor/revive.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::{ResourceAny, Val};

use crate::error::Error;
use crate::handle::{Handle, ObjectId};
use crate::record::Record;
use crate::shape::{ClassIndex, Shape};
use crate::value::Value;

/// Where an object is.
#[derive(Debug)]
pub(crate) enum Place {
    /// In the instance of that number.
    Live(ResourceAny, u64),
    /// In no instance: its record can bring it into one.
    Away,
    /// Nowhere any more, and why.
    Gone(&'static str, Option<Error>),
}

/// What a handle stands for.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) class: ClassIndex,
    pub(crate) place: Place,
    /// What it is brought back by, if its class persists. A replay holds it too.
    pub(crate) record: Option<Arc<Record>>,
}

/// All objects that handles stand for.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    all: HashMap<ObjectId, Object>,
    next: ObjectId,
}

impl Objects {
    pub(crate) fn insert(&mut self, object: Object) -> ObjectId {
        self.next += 1;
        self.all.insert(self.next, object);
        self.next
    }

    pub(crate) fn remove(&mut self, id: ObjectId) -> Option<Object> {
        self.all.remove(&id)
    }

    pub(crate) fn get(&self, id: ObjectId) -> Option<&Object> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ObjectId) -> Option<&mut Object> {
        self.all.get_mut(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The resource of an object in the instance of that number.
    pub(crate) fn resource(&self, id: ObjectId, epoch: u64) -> Option<ResourceAny> {
        match self.all.get(&id)?.place {
            Place::Live(resource, of) if of == epoch => Some(resource),
            _ => None,
        }
    }

    pub(crate) fn record(&mut self, id: ObjectId) -> Option<&mut Record> {
        self.all.get_mut(&id)?.record.as_mut().map(Arc::make_mut)
    }
}

/// The objects among the arguments of a call.
#[derive(Debug, Default)]
pub(crate) struct Used {
    pub(crate) borrowed: Vec<Handle>,
    pub(crate) consumed: Vec<Handle>,
}

impl Used {
    pub(crate) fn is_empty(&self) -> bool {
        self.borrowed.is_empty() && self.consumed.is_empty()
    }

    /// Finds them; the values are of their shapes.
    pub(crate) fn find(&mut self, shape: &Shape, value: &Value) {
        match (shape, value) {
            (Shape::Own(..), Value::Handle(handle)) => self.consumed.push(handle.clone()),
            (_, Value::Handle(handle)) => self.borrowed.push(handle.clone()),
            (Shape::List(inner), Value::List(values)) => {
                values.iter().for_each(|value| self.find(inner, value))
            }
            (Shape::Tuple(shapes), Value::Tuple(values)) => {
                shapes
                    .iter()
                    .zip(values)
                    .for_each(|(shape, value)| self.find(shape, value));
            }
            (Shape::Record(shapes), Value::Record(values)) => {
                shapes
                    .iter()
                    .zip(values)
                    .for_each(|((_, shape), (_, value))| self.find(shape, value));
            }
            (Shape::Option(inner), Value::Option(Some(value))) => self.find(inner, value),
            (Shape::Variant(cases), Value::Variant(case, Some(value))) => {
                if let Some((_, Some(shape))) = cases.iter().find(|(name, _)| name == case) {
                    self.find(shape, value);
                }
            }
            (Shape::Result(Some(inner), _), Value::Result(Ok(Some(value))))
            | (Shape::Result(_, Some(inner)), Value::Result(Err(Some(value)))) => {
                self.find(inner, value)
            }
            _ => {}
        }
    }
}

/// An argument as wasmtime takes it. Every handle in it is of an object that is in the instance.
pub(crate) fn lower(
    value: Value,
    resource: &impl Fn(&Handle) -> Option<ResourceAny>,
) -> Option<Val> {
    let boxed = |value: Option<Box<Value>>| match value {
        Some(value) => lower(*value, resource).map(|value| Some(Box::new(value))),
        None => Some(None),
    };
    Some(match value {
        Value::Plain(value) => value,
        Value::Handle(handle) => Val::Resource(resource(&handle)?),
        Value::List(values) => Val::List(
            values
                .into_iter()
                .map(|value| lower(value, resource))
                .collect::<Option<_>>()?,
        ),
        Value::Tuple(values) => Val::Tuple(
            values
                .into_iter()
                .map(|value| lower(value, resource))
                .collect::<Option<_>>()?,
        ),
        Value::Record(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| Some((name, lower(value, resource)?)));
            Val::Record(fields.collect::<Option<_>>()?)
        }
        Value::Option(value) => Val::Option(boxed(value)?),
        Value::Variant(case, value) => Val::Variant(case, boxed(value)?),
        Value::Result(Ok(value)) => Val::Result(Ok(boxed(value)?)),
        Value::Result(Err(value)) => Val::Result(Err(boxed(value)?)),
    })
}

/// An answer as the program gets it: `made` makes a handle of each resource.
pub(crate) fn lift(
    value: Val,
    shape: &Shape,
    made: &mut impl FnMut(ResourceAny, ClassIndex) -> Handle,
) -> Value {
    if !shape.has_handles() {
        return Value::Plain(value);
    }
    let mut boxed = |value: Option<Box<Val>>, shape: Option<&Shape>| match (value, shape) {
        (Some(value), Some(shape)) => Some(Box::new(lift(*value, shape, made))),
        _ => None,
    };
    match (shape, value) {
        (Shape::Option(inner), Val::Option(value)) => Value::Option(boxed(value, Some(inner))),
        (Shape::Result(ok, _), Val::Result(Ok(value))) => {
            Value::Result(Ok(boxed(value, ok.as_deref())))
        }
        (Shape::Result(_, err), Val::Result(Err(value))) => {
            Value::Result(Err(boxed(value, err.as_deref())))
        }
        (Shape::Variant(cases), Val::Variant(case, value)) => {
            let shape = cases
                .iter()
                .find(|(name, _)| *name == case)
                .and_then(|(_, shape)| shape.as_ref());
            let value = boxed(value, shape);
            Value::Variant(case, value)
        }
        (Shape::Own(class, _), Val::Resource(resource)) => Value::Handle(made(resource, *class)),
        (Shape::List(inner), Val::List(values)) => Value::List(
            values
                .into_iter()
                .map(|value| lift(value, inner, made))
                .collect(),
        ),
        (Shape::Tuple(shapes), Val::Tuple(values)) => {
            let values = values.into_iter().zip(shapes);
            Value::Tuple(
                values
                    .map(|(value, shape)| lift(value, shape, made))
                    .collect(),
            )
        }
        (Shape::Record(shapes), Val::Record(fields)) => {
            let fields = fields.into_iter().zip(shapes);
            Value::Record(
                fields
                    .map(|((name, value), (_, shape))| (name, lift(value, shape, made)))
                    .collect(),
            )
        }
        (_, value) => Value::Plain(value),
    }
}
