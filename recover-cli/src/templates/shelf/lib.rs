//! A shelf of books. JavaScript gets the same class, and every failure as a typed error.

use recover_runtime::{JsErrorClass, recoverable};

/// What a caller can do wrong. Each variant is a class in JavaScript, with its fields.
#[derive(Debug, PartialEq, thiserror::Error, JsErrorClass)]
pub enum ShelfError {
    /// There is no book of this title.
    #[error("there is no {title}")]
    NotThere {
        /// What was looked for.
        title: String,
    },
}

/// Books in a row.
#[recoverable]
#[derive(Default)]
pub struct Shelf {
    titles: Vec<String>,
}

#[recoverable]
impl Shelf {
    /// An empty shelf.
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a book at the end, and returns its place.
    pub fn add(&mut self, title: String) -> usize {
        self.titles.push(title);
        self.titles.len() - 1
    }

    /// The place of a book.
    pub fn find(&self, title: String) -> Result<usize, ShelfError> {
        let place = self.titles.iter().position(|have| *have == title);
        place.ok_or(ShelfError::NotThere { title })
    }

    /// The book in a place. Past the end it panics, which costs that call alone.
    pub fn at(&self, place: usize) -> String {
        self.titles[place].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_is_found_where_it_was_put() {
        let mut shelf = Shelf::new();
        let place = shelf.add("Emma".to_owned());
        assert_eq!(shelf.find("Emma".to_owned()), Ok(place));
        assert_eq!(shelf.at(place), "Emma");
    }

    #[test]
    fn a_book_that_is_not_there_is_an_error() {
        let title = "Dune".to_owned();
        let found = Shelf::new().find(title.clone());
        assert_eq!(found, Err(ShelfError::NotThere { title }));
    }
}
