use recover_runtime::recoverable;
use wasm_bindgen::prelude::wasm_bindgen;

#[recoverable(js_name = "Shop")]
pub struct Store(u32); //~ ERROR `Shop` is `#[recoverable]`, and a call by `#[wasm_bindgen]` that borrows it

#[wasm_bindgen(js_class = "Shop")]
impl Store {
    pub fn grow(&mut self) {
        self.0 += 1;
    }
    pub async fn later(&self) -> u32 {
        self.0
    }
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> u32 {
        self.0
    }
}

fn main() {}
