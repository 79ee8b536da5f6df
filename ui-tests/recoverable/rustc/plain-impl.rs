use recover_runtime::recoverable;
use wasm_bindgen::prelude::wasm_bindgen;

#[recoverable]
pub struct Store(u32);

#[wasm_bindgen]
impl Store {
    pub fn grow(&mut self) {
        self.0 += 1;
    }
    pub fn size(&self) -> u32 {
        self.0
    }
    #[wasm_bindgen(constructor)]
    pub fn new() -> Store { //~ ERROR `Store` is `#[recoverable]`; a call by `#[wasm_bindgen]` that borrows it would not see it torn by a panic //~ NOTE write `#[recoverable]` in place of `#[wasm_bindgen]` here
        Store(0)
    }
}

fn main() {}
