//! A row of the results: one crate, built one way. Written as JSON by those names.

use serde::Serialize;

/// A row of the results.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) strategy: &'static str,
    pub(crate) exports: usize,
    /// Beside those where the word of an attribute stands.
    pub(crate) lines: usize,
    /// Where the word stands.
    pub(crate) words: usize,
    pub(crate) calls: usize,
    pub(crate) equal: bool,
    pub(crate) gzip: f64,
    /// None where every call is a promise.
    pub(crate) call: Option<f64>,
    pub(crate) bricking: String,
    /// How the plain package ended.
    pub(crate) plain: String,
}
