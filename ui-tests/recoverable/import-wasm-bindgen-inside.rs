use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[wasm_bindgen(js_name = "Store")]
    type Store;
}

fn main() {}
