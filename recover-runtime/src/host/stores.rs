//! The modules that keep durable objects somewhere, by the feature `durable`. Only programs load them.
//!
//! What a store must do is said in `js/stores.d.ts`.

use wasm_bindgen::prelude::wasm_bindgen;

// Nobody calls these: wasm-bindgen copies the modules, and `cargo recover` puts them where a program imports them.
#[wasm_bindgen(module = "/js/stores/memory.js")]
extern "C" {
    #[wasm_bindgen(js_name = MemoryStore)]
    fn memory();
}

#[wasm_bindgen(module = "/js/stores/node-sqlite.js")]
extern "C" {
    #[wasm_bindgen(js_name = NodeSqliteStore)]
    fn node_sqlite();
}

#[wasm_bindgen(module = "/js/stores/directory.js")]
extern "C" {
    #[wasm_bindgen(js_name = DirectoryStore)]
    fn directory();
}

#[wasm_bindgen(module = "/js/stores/indexeddb.js")]
extern "C" {
    #[wasm_bindgen(js_name = IndexedDbStore)]
    fn indexed_db();
}

#[wasm_bindgen(module = "/js/stores/durable-object.js")]
extern "C" {
    #[wasm_bindgen(js_name = DurableObjectStore)]
    fn durable_object();
}

#[wasm_bindgen(module = "/js/stores/postgres.js")]
extern "C" {
    #[wasm_bindgen(js_name = PostgresStore)]
    fn postgres();
}
