use recover_runtime::recoverable;

#[recoverable(wasm_bindgen_futures = other::futures)]
pub fn run() {}

fn main() {}
