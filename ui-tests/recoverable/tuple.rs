use recover_runtime::{JsValue, recoverable};

#[recoverable]
pub fn swap(pair: (u32, String)) -> Result<(String, u32), JsValue> {
    Ok((pair.1, pair.0))
}

fn main() {}
