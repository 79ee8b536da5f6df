use recover_runtime::recoverable;
use wasm_bindgen::prelude::wasm_bindgen;

#[recoverable]
pub struct Store(u32); //~ ERROR `Store` is `#[recoverable]`, and a call by `#[wasm_bindgen]` that borrows it would not see it torn by a panic; write `#[recoverable]` in place of `#[wasm_bindgen]`

#[wasm_bindgen]
pub fn poke(store: &mut Store) {
    store.0 += 1;
}

fn main() {}
