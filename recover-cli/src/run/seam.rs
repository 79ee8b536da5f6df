//! What a seam is: a row of the table, the site that it finds, and what is known before the output
//! of wasm-bindgen is read. The table itself is in `seams`.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Edits, Found, Node, Tree};
use crate::options::Target;

/// The files that have seams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    /// The JavaScript that calls the module.
    Glue,
    /// What a bundler loads: it makes the instance.
    Start,
    /// The declarations for TypeScript.
    Declarations,
}

/// What a function of the module takes, in JavaScript's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    /// What any value is converted to.
    Number,
    /// The same of 64 bits.
    BigInt,
    /// Any value as it is.
    Value,
}

/// What is known before the output is read.
pub(super) struct Known<'a> {
    /// The version of wasm-bindgen that wrote it.
    pub(super) version: &'a str,
    /// What the package is for.
    pub(super) target: Target,
    /// The path of the host module, as the glue imports it.
    pub(super) host: String,
    /// The path of the module of the gate.
    pub(super) instance: String,
    /// Bytes that the memory may have.
    pub(super) maximum: u64,
    /// The module has the instructions of exnref.
    pub(super) exnref: bool,
    /// Whatever JavaScript throws through Rust ends the instance.
    pub(super) torn_by_exceptions: bool,
    /// What the glue says of the frames that an error's stack leaves out.
    pub(super) own_frames: String,
    /// The functions that the module exports.
    pub(super) exports: BTreeSet<String>,
    /// What those take.
    pub(super) arguments: BTreeMap<String, Vec<Argument>>,
    /// The functions that the module imports of the glue.
    pub(super) imports: BTreeSet<String>,
    /// The modules beside the glue that it imports functions of, and how many of each: the glue
    /// gives a module once for each.
    pub(super) modules: BTreeMap<String, usize>,
    /// The functions and methods that give a promise: `name`, or `Class.name`.
    pub(super) promises: BTreeSet<String>,
}

#[cfg(test)]
impl Known<'static> {
    /// Of a package with nothing of its own, by its target.
    pub(super) fn bare(target: Target) -> Self {
        Known {
            version: "0.0.0",
            target,
            host: "./h/host.js".to_owned(),
            instance: "./h/instance.js".to_owned(),
            maximum: 0,
            exnref: true,
            torn_by_exceptions: false,
            own_frames: String::new(),
            exports: BTreeSet::new(),
            arguments: BTreeMap::new(),
            imports: BTreeSet::new(),
            modules: BTreeMap::new(),
            promises: BTreeSet::new(),
        }
    }
}

/// The versions of wasm-bindgen that a row is for.
pub(super) struct Versions {
    /// The first.
    pub(super) since: &'static str,
    /// The first that it is not for any more, if there is one.
    pub(super) until: Option<&'static str>,
}

impl Versions {
    pub(super) fn has(&self, version: &str) -> bool {
        let numbers = |text: &str| -> Vec<u64> {
            let core = text.split(['-', '+']).next().unwrap_or_default();
            core.split('.')
                .filter_map(|part| part.parse().ok())
                .collect()
        };
        let version = numbers(version);
        numbers(self.since) <= version && self.until.is_none_or(|until| version < numbers(until))
    }
}

/// A site in a file where a row's seam was found.
pub(super) struct Site<'t, 'k> {
    /// The node.
    pub(super) node: Node<'t>,
    /// What the names of the code stand for.
    pub(super) found: Found<'t>,
    /// What is known besides.
    pub(super) known: &'k Known<'k>,
    /// The row that found it.
    pub(super) row: &'static Seam,
}

/// A row.
pub(super) struct Seam {
    /// What errors call it.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) file: File,
    /// The versions that write it so.
    pub(super) versions: Versions,
    /// The code that it is (see `tree`), or `$any`.
    pub(super) code: &'static str,
    /// What else must hold.
    pub(super) place: fn(Node<'_>, &Known<'_>) -> bool,
    /// How many there must be. The first row of a name says it.
    pub(super) many: for<'t> fn(&'t Tree<'t>, &Known<'_>) -> usize,
    /// What is done at each; or why it can't be.
    pub(super) does: fn(&Site<'_, '_>, &mut Edits) -> Result<(), &'static str>,
}

/// Why an output was refused.
#[derive(Debug)]
pub(super) struct Unfit {
    /// The name of the seam.
    pub(super) seam: &'static str,
    /// What is wrong there.
    pub(super) reason: String,
}
