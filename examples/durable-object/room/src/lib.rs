//! The room behind `#[recoverable]`: a journal of its edits outside of the instance, from
//! which it is taken back after a panic and revived after a trap.
//!
//! Same names, arguments and results as in `plain`; an error is a typed one.

use recover_runtime::memory::Allocator;
use recover_runtime::{JsErrorClass, JsFuture, JsValue, recoverable};
use room_core::{Document, Refused};
use serde::{Deserialize, Serialize};
use std::str::Chars;

#[global_allocator]
static GLOBAL: Allocator = Allocator::new();

/// A request that is refused; nothing has changed.
#[derive(Debug, thiserror::Error, JsErrorClass)]
pub enum RoomError {
    /// There is no such place in the document.
    #[error("there is no place {at} in a document of {length}")]
    OutOfRange {
        /// The place.
        at: u32,
        /// The length of the document.
        length: u32,
    },
    /// The document would be too long.
    #[error("the document may have {most} units")]
    #[js_error(code = "E_FULL")]
    DocumentFull {
        /// How many it may have.
        most: u32,
    },
    /// Brackets that are not closed, or not opened.
    #[error("a bracket has no counterpart")]
    Unbalanced,
}

impl From<Refused> for RoomError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::OutOfRange { at, length } => Self::OutOfRange { at, length },
            Refused::Full => Self::DocumentFull {
                most: room_core::MOST as u32,
            },
            Refused::Unbalanced => Self::Unbalanced,
        }
    }
}

/// A text that many edit.
#[recoverable(persist = "journal", on_panic = "rollback", snapshot_every = 16)]
#[derive(Serialize, Deserialize)]
pub struct Room {
    document: Document,
}

#[recoverable]
impl Room {
    /// An empty one.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        let document = Document::default();
        Self { document }
    }

    /// How many edits there were.
    #[recoverable(getter)]
    pub fn sequence(&self) -> u32 {
        self.document.sequence()
    }

    /// The length in UTF-16 units.
    #[recoverable(getter)]
    pub fn length(&self) -> u32 {
        self.document.length()
    }

    /// All of it.
    #[recoverable(getter)]
    pub fn text(&self) -> String {
        self.document.text()
    }

    /// Inserts; the answer is the number of the edit.
    pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, RoomError> {
        Ok(self.document.insert(at, text)?)
    }

    /// Deletes from one place to before another.
    pub fn delete(&mut self, from: u32, to: u32) -> Result<u32, RoomError> {
        Ok(self.document.delete(from, to)?)
    }

    /// Shifts a part; panics half way where its new place is past the end.
    pub fn shift(&mut self, from: u32, to: u32, at: u32) -> Result<u32, RoomError> {
        Ok(self.document.shift(from, to, at)?)
    }

    /// Inserts a text many times over; no call may take more than its share of memory.
    #[recoverable(memory_limit = "8MiB")]
    pub fn fill(&mut self, at: u32, text: &str, times: u32) -> Result<u32, RoomError> {
        Ok(self.document.fill(at, text, times)?)
    }

    /// Ends the instance.
    pub fn crash(&mut self) {
        self.document.crash();
    }

    /// What stands between two places.
    pub fn read(&self, from: u32, to: u32) -> Result<String, RoomError> {
        Ok(self.document.read(from, to)?)
    }

    /// How deep the brackets of a text are nested, within a budget.
    pub fn nesting(&self, text: &str) -> Result<u32, RoomError> {
        Ok(guarded(&mut text.chars(), false)?)
    }

    /// The same without a guard, as a dependency's parser would do it.
    pub fn nesting_unguarded(&self, text: &str) -> Result<u32, RoomError> {
        Ok(room_core::nesting(text)?)
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

#[recoverable(stack_guard)]
fn guarded(text: &mut Chars<'_>, inside: bool) -> Result<u32, Refused> {
    room_core::level(text, inside, guarded)
}

/// A page: waits for its template, which JavaScript promises.
#[recoverable]
pub async fn render(text: String, template: JsValue) -> Result<String, JsValue> {
    let template = JsFuture::from(template).await?;
    Ok(room_core::render(
        &template.as_string().unwrap_or_default(),
        &text,
    ))
}
