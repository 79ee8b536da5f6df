//! A value there and back.

use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Point {
    x: u32,
    label: Option<String>,
}

#[recoverable]
pub fn serde_wasm_bindgen() -> String {
    let point = Point {
        x: 1,
        label: Some("a".to_owned()),
    };
    let value = serde_wasm_bindgen::to_value(&point).unwrap();
    let Point { x, label } = serde_wasm_bindgen::from_value(value).unwrap();
    format!("{x} {}", label.unwrap())
}
