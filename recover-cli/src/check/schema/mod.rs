//! The schema file, `recover.schema.json`: what the bytes of each class that persists were made of when
//! its version was given out. A state that changed since, with the same version, would misread the bytes
//! that are stored. The file changes when somebody says so (`--accept-schema`), and never by itself.
//!
//! Pure, as all of `check`: the file comes and goes as text.

mod bytes;
mod compare;
mod describe;
mod steps;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::classes::Types;
use super::finding::Finding;
use super::source::Source;
use crate::error::Error;
use describe::{Described, Shapes};

/// The name of the file, beside Cargo.toml.
pub(crate) const FILE: &str = "recover.schema.json";

/// The rules that a build is ended by, too: bytes that are stored would be misread, or refused.
pub(crate) const BREAKING: [&str; 4] = [
    "schema-changed",
    "schema-version",
    "schema-call",
    "schema-migration",
];

const FORMAT: u32 = 1;

const ABOUT: &str = "What the bytes of each class that persists are made of. `cargo recover check` compares; `cargo recover check --accept-schema` writes this file.";

/// Lines by the names of what has them.
type Kept = BTreeMap<String, Vec<String>>;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schema {
    about: String,
    format: u32,
    classes: BTreeMap<String, KeptClass>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptClass {
    version: u32,
    state: Kept,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    calls: Kept,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    arguments: Kept,
    /// The states of older versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    before: BTreeMap<u32, Kept>,
}

impl Schema {
    /// Reads the file.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let no = |reason: String| Error::NotSchema(reason);
        let read: Schema = serde_json::from_str(text).map_err(|error| no(error.to_string()))?;
        match read.format {
            FORMAT => Ok(read),
            format => Err(no(format!(
                "it has format {format}, and this reads {FORMAT}"
            ))),
        }
    }

    /// The file as it is written.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }

    /// How many classes it has.
    pub(crate) fn len(&self) -> usize {
        self.classes.len()
    }
}

/// What a crate's source says now.
#[derive(Debug)]
pub(crate) struct Now(BTreeMap<String, Described>);

impl Now {
    pub(super) fn of(source: &Source, types: &Types<'_>) -> Self {
        Now(describe::classes(source, types))
    }

    /// Whether a class persists.
    pub(crate) fn has_classes(&self) -> bool {
        !self.0.is_empty()
    }

    /// What differs from what was accepted.
    pub(crate) fn compare(&self, accepted: &Schema, file: &str) -> Vec<Finding> {
        compare::all(&self.0, accepted, file)
    }

    /// The file that accepts it; of the one before, it keeps the states of older versions.
    pub(crate) fn accept(&self, before: Option<&Schema>) -> Schema {
        let classes = self.0.iter().map(|(name, class)| {
            let kept = before.and_then(|before| before.classes.get(name));
            let mut older = kept.map(|kept| kept.before.clone()).unwrap_or_default();
            if let Some(kept) = kept {
                older.insert(kept.version, kept.state.clone());
            }
            older.retain(|version, _| *version < class.version);
            let kept = KeptClass {
                version: class.version,
                state: texts(&class.state),
                calls: texts(&class.calls),
                arguments: texts(&class.arguments),
                before: older,
            };
            (name.clone(), kept)
        });
        Schema {
            about: ABOUT.to_owned(),
            format: FORMAT,
            classes: classes.collect(),
        }
    }
}

fn texts(shapes: &Shapes) -> Kept {
    let all = shapes.iter();
    all.map(|(name, shape)| {
        let lines = shape.lines.iter().map(|line| line.text.clone());
        (name.clone(), lines.collect())
    })
    .collect()
}

#[cfg(test)]
#[path = "../../tests/schema.rs"]
mod tests;
