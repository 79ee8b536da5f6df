use recover_runtime::recoverable;
use wasm_bindgen::prelude::wasm_bindgen;

#[recoverable]
pub struct Store(u32); //~ ERROR `Store` is `#[recoverable]`, and a call by `#[wasm_bindgen]` that borrows it would not see it torn by a panic; write `#[recoverable]` in place of `#[wasm_bindgen]`

#[wasm_bindgen]
pub fn peek(store: &Store) -> u32 {
    store.0
}

/// Consumed: nothing is left that a panic could tear.
#[wasm_bindgen]
pub fn merge(store: Store, others: Vec<Store>, last: Option<Store>) -> u32 {
    store.0 + others.len() as u32 + last.map_or(0, |store| store.0)
}

fn main() {}
