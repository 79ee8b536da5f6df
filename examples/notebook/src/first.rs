//! The first version of the notebook: pages and edits. Its fields are what bytes of version 1 hold, so they stay as they
//! are; its methods are compiled by the feature `first` alone.

use serde::{Deserialize, Serialize};

#[cfg(feature = "first")]
use crate::NotebookError;
#[cfg(feature = "first")]
use recover_runtime::recoverable;

/// Pages.
#[cfg_attr(
    feature = "first",
    recoverable(persist = "journal", on_panic = "rollback", version = 1)
)]
#[derive(Default, Serialize, Deserialize)]
pub struct Notebook {
    pub(crate) pages: Vec<String>,
}

#[cfg(feature = "first")]
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
        self.pages.push(String::new());
        self.pages.len() as u32 - 1
    }

    /// What is on a page.
    pub fn text(&self, page: u32) -> Result<String, NotebookError> {
        let text = self.pages.get(page as usize);
        text.cloned().ok_or(NotebookError::NoPage { page })
    }

    /// Puts a text in place of `removed` units.
    pub fn edit(
        &mut self,
        page: u32,
        at: u32,
        removed: u32,
        text: &str,
    ) -> Result<(), NotebookError> {
        let known = self.pages.get_mut(page as usize);
        let known = known.ok_or(NotebookError::NoPage { page })?;
        crate::text::replace(known, at, removed, text)?;
        Ok(())
    }
}
