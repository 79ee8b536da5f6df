//! Makes the book: `book ROOT OUT`, with ROOT the checkout and OUT a folder for all that is made.
//!
//! `OUT/html` gets the book, `OUT/packages` a crate of the Rust that its pages show, `OUT/js` a
//! module for each JavaScript block, and `OUT/blocks.json` the list of those. Nothing is compiled
//! or run here: the stage `book` does that. The last line is `N passed, N failed`, of the pages'
//! rules and the links; the exit code is 1 unless nothing failed.

mod blocks;
mod files;
mod html;
mod links;
mod programs;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What went wrong, as a person reads it.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let given = std::env::args_os().skip(1).map(PathBuf::from);
    // mdBook takes a relative path from the book's own folder.
    let given: Vec<_> = given
        .map(|path| std::path::absolute(&path).unwrap_or(path))
        .collect();
    let [root, out] = &*given else {
        eprintln!("error: usage: book ROOT OUT (cargo xtask book calls it)");
        return ExitCode::from(2);
    };
    match make(root, out) {
        Ok((passed, 0)) => {
            println!("{passed} passed, 0 failed");
            ExitCode::SUCCESS
        }
        Ok((passed, failed)) => {
            println!("{passed} passed, {failed} failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Makes everything; the answer is how many checks passed and failed.
fn make(root: &Path, out: &Path) -> Result<(usize, usize)> {
    let book = html::load(root, out)?;
    let (mut checked, mut broken) = html::strays(&book);
    let mut pages = vec![];
    for (page, text) in html::pages(&book) {
        let read = blocks::read(&page, &text);
        checked += 1;
        broken.extend(read.mistakes.iter().cloned());
        pages.push(read);
    }
    println!("{}", blocks::census(&pages));
    programs::write(root, out, &pages)?;
    html::build(&book)?;
    let (linked, dead) = links::check(root, &out.join("html"))?;
    checked += linked;
    broken.extend(dead);
    for one in &broken {
        println!("failed: {one}");
    }
    Ok((checked.saturating_sub(broken.len()), broken.len()))
}
