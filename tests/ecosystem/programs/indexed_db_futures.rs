//! Node has no IndexedDB, which the crate says.

use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;
use recover_runtime::recoverable;

#[recoverable]
pub async fn indexed_db_futures() -> String {
    let request = Database::open("store").with_version(1u8).build();
    match request {
        Err(_) => "no database".to_owned(),
        Ok(open) => open.await.unwrap().name(),
    }
}
