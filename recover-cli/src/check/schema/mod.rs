//! The schema file, `recover.schema.json`: what the bytes of each class that persists were made of when
//! its version was given out. A state that changed since, with the same version, would misread the bytes
//! that are stored. The file changes when somebody says so (`--accept-schema`), and never by itself.
//!
//! Pure, as all of `check`: the file comes and goes as text.

mod bytes;
mod calls;
mod compare;
mod describe;
mod instances;
mod kept;
mod names;
mod shapes;
mod steps;

use std::collections::BTreeMap;

use super::classes::Types;
use super::finding::Finding;
use super::source::Source;
use describe::Described;
use kept::{ABOUT, FORMAT, KeptClass, texts};

pub(crate) use kept::{FILE, Schema};

/// The rules that a build is ended by, too: bytes that are stored would be misread, or refused.
pub(crate) const BREAKING: [&str; 4] = [
    "schema-changed",
    "schema-version",
    "schema-call",
    "schema-migration",
];

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
                calls: class.took(),
                written: class.written(),
                arguments: texts(&class.arguments(|_| true)),
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

#[cfg(test)]
#[path = "../../tests/schema.rs"]
mod tests;

#[cfg(test)]
#[path = "../../tests/schema_meant.rs"]
mod tests_of_names;
