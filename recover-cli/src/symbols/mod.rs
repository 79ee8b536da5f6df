//! From an offset in a shipped module to lines of Rust, and what a build writes for that.
//!
//! Pure: bytes and strings in and out. At build time `code` follows every instruction from the linker's
//! output to the module that is shipped, and `convert` with `lines` moves the debug information there.
//! Afterwards `stack` and `report` read what failed, `resolve` asks the debug file, and `shown` writes the
//! answer. `coredump` reads what was kept of an instance.

mod code;
mod convert;
mod coredump;
mod lines;
mod options;
mod report;
mod resolve;
mod shown;
mod stack;

pub(crate) use code::{Map, transform};
pub(crate) use convert::converted;
pub(crate) use coredump::Core;
pub(crate) use options::{InspectOptions, SymbolicateOptions};
pub(crate) use report::{Input, inputs};
pub(crate) use resolve::{Sections, Symbols};
pub(crate) use shown::Form;
