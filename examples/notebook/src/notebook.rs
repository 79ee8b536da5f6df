//! The notebook: pages that remember how they were edited, so that edits can be taken back.
//!
//! `add` and `edit` have the arguments that they had in the first version: journals of that version call them.

use std::collections::VecDeque;

use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};

use crate::{NotebookError, first, text};

/// Edits of a page that can be taken back.
const MOST: usize = 1_000;

/// What takes an edit back.
#[derive(Serialize, Deserialize)]
struct Inverse {
    at: u32,
    /// Units that were put there.
    length: u32,
    /// What was there before.
    removed: String,
}

/// A page.
#[derive(Default, Serialize, Deserialize)]
struct Page {
    text: String,
    edits: VecDeque<Inverse>,
}

/// Pages.
#[recoverable(persist = "journal", on_panic = "rollback", version = 2, migrate = from_v1)]
#[derive(Default, Serialize, Deserialize)]
pub struct Notebook {
    pages: Vec<Page>,
}

/// Pages of the first version: nothing tells how they were edited.
fn from_v1(before: first::Notebook) -> Notebook {
    let page = |text| Page {
        text,
        edits: VecDeque::new(),
    };
    let pages = before.pages.into_iter().map(page).collect();
    Notebook { pages }
}

#[recoverable]
impl Notebook {
    /// One without a page.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many pages there are.
    #[recoverable(getter)]
    pub fn pages(&self) -> u32 {
        self.pages.len() as u32
    }

    /// A new page; the answer is its number.
    pub fn add(&mut self) -> u32 {
        self.pages.push(Page::default());
        self.pages.len() as u32 - 1
    }

    /// What is on a page.
    pub fn text(&self, page: u32) -> Result<String, NotebookError> {
        let known = self.pages.get(page as usize);
        let known = known.ok_or(NotebookError::NoPage { page })?;
        Ok(known.text.clone())
    }

    /// Puts a text in place of `removed` units.
    pub fn edit(
        &mut self,
        page: u32,
        at: u32,
        removed: u32,
        text: &str,
    ) -> Result<(), NotebookError> {
        let known = self.page(page)?;
        let removed = text::replace(&mut known.text, at, removed, text)?;
        let length = text.encode_utf16().count() as u32;
        if known.edits.len() == MOST {
            known.edits.pop_front();
        }
        known.edits.push_back(Inverse {
            at,
            length,
            removed,
        });
        Ok(())
    }

    /// Takes the last edit of a page back, and says whether there was one.
    pub fn undo(&mut self, page: u32) -> Result<bool, NotebookError> {
        let known = self.page(page)?;
        let Some(last) = known.edits.pop_back() else {
            return Ok(false);
        };
        text::replace(&mut known.text, last.at, last.length, &last.removed)?;
        Ok(true)
    }
}

impl Notebook {
    fn page(&mut self, page: u32) -> Result<&mut Page, NotebookError> {
        let known = self.pages.get_mut(page as usize);
        known.ok_or(NotebookError::NoPage { page })
    }
}
