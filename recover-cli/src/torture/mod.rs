//! What `cargo recover torture` is told, what it says, and what it writes.
//!
//! Pure: values and strings in and out. Building, starting engines and touching files belong in
//! `run/torture.rs`; which failures are injected, and what is judged, in `js/torture/`.

mod options;
mod regression;
mod report;
mod schedule;
mod stack;

pub(crate) use options::{Chosen, Form, TortureOptions};
pub(crate) use regression::{Regression, rust_of};
pub(crate) use report::{
    Case, Coverage, Replayed, Searched, Summary, Violation, advice, idle, outcome, replayed,
    summary, tap, violation,
};
pub(crate) use schedule::Schedule;
pub(crate) use stack::own_frames;

/// Where a crate's scenarios are, beside its Cargo.toml.
pub(crate) const FOLDER: &str = "torture";

/// What `--new` writes.
pub(crate) const TEMPLATE: &str = include_str!("../templates/torture.mjs");
