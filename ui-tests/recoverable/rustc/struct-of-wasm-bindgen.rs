use recover_runtime::recoverable;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
pub struct Store {
    size: u32,
}

#[recoverable]
impl Store { //~ ERROR `Store` is not exported //~ NOTE it replaces `#[wasm_bindgen]`
    #[recoverable(constructor)]
    pub fn new() -> Store {
        Store { size: 0 }
    }
    pub fn grow(&mut self, by: u32) -> u32 {
        self.size += by;
        self.size
    }
}

fn main() {}
