//! A notebook: pages of text, edited letter by letter. Every edit is in a journal, which the page keeps in IndexedDB
//! (page/notebook.mjs).
//!
//! The second version of the program is in `notebook.rs`, what is left of the first in `first.rs`. With the feature `first`
//! the package is the first version, as it was shipped: the tests write with it what the second one reads.

pub mod first;
#[cfg(not(feature = "first"))]
pub mod notebook;
mod text;

use recover_runtime::JsErrorClass;
use recover_runtime::memory::Allocator;

#[global_allocator]
static GLOBAL: Allocator = Allocator::new();

/// An edit that is refused; nothing has changed.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum NotebookError {
    /// There is no such page.
    #[error("there is no page {page}")]
    NoPage {
        /// Its number.
        page: u32,
    },
    /// The page has no such place.
    #[error("there is no place {at} on the page")]
    OutOfRange {
        /// The place, in UTF-16 units.
        at: u32,
    },
}
