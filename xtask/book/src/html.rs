//! The book itself, by mdBook. What its pages hold is not looked at here.

use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use mdbook_driver::book::{Book, BookItem};
use mdbook_driver::config::Config;
use mdbook_preprocessor::errors::Result as Processed;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::{Result, files};

/// Where the files of the repository are for who reads the book elsewhere.
pub(crate) const REPOSITORY: &str = "https://github.com/recover-rs/recover/blob/main/";

/// How a page names a file of the repository that is no page.
const OUTSIDE: &str = "](../../";

/// The book in docs/book, which docs/book.toml describes, to be made in `out`.
pub(crate) fn load(root: &Path, out: &Path) -> Result<MDBook> {
    let docs = root.join("docs");
    let mut config: Config = files::read(&docs.join("book.toml"))?
        .parse()
        .map_err(|error| format!("docs/book.toml: {error:#}"))?;
    config.build.build_dir = out.join("html");
    let book = MDBook::load_with_config(docs, config);
    let mut book = book.map_err(|error| format!("docs/book/SUMMARY.md: {error:#}"))?;
    book.with_preprocessor(Outside);
    Ok(book)
}

/// Its pages: the file below docs/book, and the text.
pub(crate) fn pages(book: &MDBook) -> Vec<(String, String)> {
    let chapters = book.iter().filter_map(|item| match item {
        BookItem::Chapter(chapter) => Some(chapter),
        _ => None,
    });
    let written = chapters.filter_map(|chapter| {
        let file = chapter.source_path.as_ref()?;
        Some((file.display().to_string(), chapter.content.clone()))
    });
    written.collect()
}

/// How many pages there are, and those that SUMMARY.md does not name.
pub(crate) fn strays(book: &MDBook) -> (usize, Vec<String>) {
    let named: Vec<_> = pages(book).into_iter().map(|(file, _)| file).collect();
    let source = book.source_dir();
    let present = files::below(&source).unwrap_or_default();
    let names = present
        .iter()
        .filter_map(|path| path.strip_prefix(&source).ok());
    let pages: Vec<_> = names
        .map(|path| path.display().to_string())
        .filter(|file| file.ends_with(".md") && file != "SUMMARY.md")
        .collect();
    let strays = pages.iter().filter(|file| !named.contains(file));
    let said = strays.map(|file| format!("docs/book/{file} is not in docs/book/SUMMARY.md"));
    (pages.len(), said.collect())
}

/// Writes it.
pub(crate) fn build(book: &MDBook) -> Result<()> {
    let out: PathBuf = book.build_dir_for("html");
    book.build()
        .map_err(|error| format!("mdBook could not make {}: {error:#}", out.display()))
}

/// Links to files of the repository lead to where it is published.
struct Outside;

impl Preprocessor for Outside {
    fn name(&self) -> &str {
        "outside"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Processed<Book> {
        book.for_each_chapter_mut(|chapter| {
            chapter.content = chapter.content.replace(OUTSIDE, &format!("]({REPOSITORY}"));
        });
        Ok(book)
    }
}
