//! yaml-rust 0.4.0 (RUSTSEC-2018-0006) and serde_yaml 0.8.3 (RUSTSEC-2018-0005):
//! configuration and front matter, as users of a site write them.
//!
//! Both recurse once a level, with no limit: yaml-rust where collections are
//! nested in the text, serde_yaml where an alias is inside of what it names.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use yaml_rust::parser::{Event, MarkedEventReceiver, Parser};
use yaml_rust::scanner::Marker;
use yaml_rust::{YamlEmitter, YamlLoader};

use crate::DecodeError;

/// Reads a stream of documents and writes each in yaml-rust's own style.
pub fn yaml_rust_rewrite(text: &str) -> Result<String, DecodeError> {
    let documents =
        YamlLoader::load_from_str(text).map_err(|error| DecodeError::Yaml(error.to_string()))?;
    let mut out = String::new();
    for document in &documents {
        // Its writer begins a document, but does not end one.
        if !out.is_empty() {
            out.push('\n');
        }
        YamlEmitter::new(&mut out)
            .dump(document)
            .map_err(|error| DecodeError::Yaml(format!("{error:?}")))?;
    }
    Ok(out)
}

/// Reads one document of any shape and writes it in serde_yaml's own style.
pub fn serde_yaml_rewrite(text: &str) -> Result<String, DecodeError> {
    let refused = |error: serde_yaml::Error| DecodeError::Yaml(error.to_string());
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(refused)?;
    serde_yaml::to_string(&value).map_err(refused)
}

/// Names the scalars of a stream in order, comma separated, and how deep it nests.
///
/// yaml-rust calls back at every level, so a limit can be set here; but what it calls
/// returns nothing, and the only way out of its recursion is a panic.
pub fn yaml_rust_outline(text: &str) -> Result<String, DecodeError> {
    let mut outline = Outline::default();
    Parser::new(text.chars())
        .load(&mut outline, true)
        .map_err(|error| DecodeError::Yaml(error.to_string()))?;
    let Outline {
        scalars, deepest, ..
    } = outline;
    Ok(format!("{}; {deepest} deep", scalars.join(", ")))
}

#[derive(Default)]
struct Outline {
    scalars: Vec<String>,
    depth: u32,
    deepest: u32,
}

impl Outline {
    const MOST: u32 = 500;
}

impl MarkedEventReceiver for Outline {
    fn on_event(&mut self, event: Event, _: Marker) {
        match event {
            Event::Scalar(text, ..) => self.scalars.push(text),
            Event::SequenceStart(_) | Event::MappingStart(_) => {
                self.depth += 1;
                self.deepest = self.deepest.max(self.depth);
                assert!(self.depth <= Self::MOST, "more than 500 levels");
            }
            Event::SequenceEnd | Event::MappingEnd => self.depth -= 1,
            _ => {}
        }
    }
}

/// Counts the values of one document, and how deep they nest.
///
/// serde_yaml recurses through `T`, so a guard in there is passed at every level.
pub fn serde_yaml_shape<T>(text: &str) -> Result<String, DecodeError>
where
    T: DeserializeOwned + Into<Shape>,
{
    let document: T =
        serde_yaml::from_str(text).map_err(|error| DecodeError::Yaml(error.to_string()))?;
    let Shape { values, depth } = document.into();
    Ok(format!("{values} values, {depth} deep"))
}

/// What there is of a value: itself, and what is in it.
#[derive(Clone, Copy)]
pub struct Shape {
    values: u32,
    depth: u32,
}

/// Reads the shape of a value of which every part is a `T`.
pub struct ShapeVisitor<T>(pub PhantomData<T>);

impl<T: Into<Shape>> ShapeVisitor<T> {
    fn holding(parts: Vec<T>) -> Shape {
        let mut all = Shape {
            values: 1,
            depth: 0,
        };
        for part in parts {
            let part: Shape = part.into();
            all.values += part.values;
            all.depth = all.depth.max(part.depth);
        }
        all.depth += 1;
        all
    }
}

impl<'de, T: Deserialize<'de> + Into<Shape>> Visitor<'de> for ShapeVisitor<T> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Self::holding(Vec::new()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Self::holding(Vec::new()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Self::holding(Vec::new()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Self::holding(Vec::new()))
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Self::holding(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Self::holding(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element()? {
            parts.push(part);
        }
        Ok(Self::holding(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut parts: Vec<T> = Vec::new();
        while let Some((key, part)) = map.next_entry()? {
            parts.extend([key, part]);
        }
        Ok(Self::holding(parts))
    }
}

/// A value of which no part is guarded.
pub struct Node(Shape);

impl From<Node> for Shape {
    fn from(node: Node) -> Self {
        node.0
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = ShapeVisitor::<Node>(PhantomData);
        deserializer.deserialize_any(visitor).map(Node)
    }
}
