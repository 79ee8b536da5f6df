//! The shop of the book's page about components.

use recover_runtime::component::Error;
use recover_runtime::{ErrorClass, recoverable};

wit_bindgen::generate!({
    world: "shop",
    path: "../wit",
    with: { "recover:error/types@0.1.0": recover_runtime::component::types },
    generate_all,
});
use books::shop::prices;
use exports::books::shop::tills::Guest;

#[derive(Debug, thiserror::Error, ErrorClass)]
pub enum TillError {
    #[error("{title} can't be sold")]
    NotForSale { title: String, source: Error },
}

struct Shop;

#[recoverable]
impl Guest for Shop {
    fn total(titles: Vec<String>) -> Result<u32, TillError> {
        let mut total = 0;
        for title in titles {
            total += match prices::price(&title).map_err(Error::from) {
                Ok(price) => price,
                // A class of Python's: what is not there is given away.
                Err(error) if error.class() == "KeyError" => 0,
                Err(source) => return Err(TillError::NotForSale { title, source }),
            };
        }
        Ok(total)
    }
}

export!(Shop);
