//! The library of the book's page about components.

use recover_runtime::component::Resource;
use recover_runtime::{ErrorClass, recoverable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

wit_bindgen::generate!({
    world: "library",
    path: "../wit",
    with: { "recover:error/types@0.1.0": recover_runtime::component::types },
    generate_all,
});
use exports::books::shop::shelves::Guest;

#[derive(Debug, thiserror::Error, ErrorClass)]
pub enum ShelfError {
    #[error("{owner} has no {title}")]
    NoBook { owner: String, title: String },
}

#[recoverable(component, persist = "journal", on_panic = "rollback")]
#[derive(Serialize, Deserialize)]
pub struct Shelf {
    owner: String,
    books: BTreeMap<String, u32>,
}

#[recoverable(resource = exports::books::shop::shelves::GuestShelf, persist)]
impl Shelf {
    #[recoverable(constructor)]
    pub fn new(owner: String) -> Self {
        Shelf {
            owner,
            books: BTreeMap::new(),
        }
    }
    pub fn add(&mut self, title: String, copies: u32) -> u32 {
        let count = self.books.entry(title).or_default();
        *count = count.checked_add(copies).expect("the shelf is full");
        *count
    }
    pub fn find(&self, title: String) -> Result<u32, ShelfError> {
        let found = self.books.get(&title).copied();
        found.ok_or(ShelfError::NoBook {
            owner: self.owner.clone(),
            title,
        })
    }
}

struct Library;

#[recoverable]
impl Guest for Library {
    type Shelf = Resource<Shelf>;
    fn burn() -> u32 {
        std::process::abort()
    }
}

export!(Library);
