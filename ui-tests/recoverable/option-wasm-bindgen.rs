use recover_runtime::recoverable;

#[recoverable(wasm_bindgen = other::wasm_bindgen)]
pub fn run() {}

fn main() {}
