//! Node has no IndexedDB, which the crate says.

use recover_runtime::recoverable;
use rexie::{ObjectStore, Rexie};

#[recoverable]
pub async fn rexie() -> String {
    let store = ObjectStore::new("things").auto_increment(true);
    match Rexie::builder("store")
        .version(1)
        .add_object_store(store)
        .build()
        .await
    {
        Err(_) => "no database".to_owned(),
        Ok(store) => store.name(),
    }
}
