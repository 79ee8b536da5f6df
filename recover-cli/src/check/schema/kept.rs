//! The schema file as it is written and read. What differs from a crate's source is not known here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::shapes::Shapes;
use crate::error::Error;

/// The name of the file, beside Cargo.toml.
pub(crate) const FILE: &str = "recover.schema.json";

pub(super) const FORMAT: u32 = 1;

pub(super) const ABOUT: &str = "What the bytes of each class that persists are made of. `cargo recover check` compares; `cargo recover check --accept-schema` writes this file.";

/// Lines by the names of what has them.
pub(super) type Kept = BTreeMap<String, Vec<String>>;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schema {
    pub(super) about: String,
    pub(super) format: u32,
    pub(super) classes: BTreeMap<String, KeptClass>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptClass {
    pub(super) version: u32,
    pub(super) state: Kept,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) calls: Kept,
    /// What the calls take, with the names, as the source writes it. Older files don't have it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) written: Kept,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) arguments: Kept,
    /// The states of older versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) before: BTreeMap<u32, Kept>,
}

impl Schema {
    /// Reads the file.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let no = |reason: String| Error::NotSchema(reason);
        let mut read: Schema = serde_json::from_str(text).map_err(|error| no(error.to_string()))?;
        read.without_modules();
        match read.format {
            FORMAT => Ok(read),
            format => Err(no(format!(
                "it has format {format}, and this reads {FORMAT}"
            ))),
        }
    }

    /// Older files name a call with its modules, which no journal does.
    fn without_modules(&mut self) {
        for (class, kept) in &mut self.classes {
            let calls = std::mem::take(&mut kept.calls).into_iter();
            let calls = calls.map(|(call, lines)| {
                let method = call.rsplit("::").next().unwrap_or_default();
                (format!("{class}::{method}"), lines)
            });
            kept.calls = calls.collect();
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

/// The texts of shapes.
pub(super) fn texts(shapes: &Shapes) -> Kept {
    let all = shapes.iter();
    all.map(|(name, shape)| (name.clone(), shape.texts()))
        .collect()
}
