//! A stream of Rust's becomes one of JavaScript's, and comes back.

use futures::StreamExt;
use recover_runtime::recoverable;
use wasm_bindgen::JsValue;
use wasm_streams::ReadableStream;

#[recoverable]
pub async fn wasm_streams() -> String {
    let numbers = futures::stream::iter(1..=3).map(|n| Ok(JsValue::from(n)));
    let raw = ReadableStream::from_stream(numbers).into_raw();
    let numbers = ReadableStream::from_raw(raw).into_stream();
    let numbers = numbers.map(|n| n.unwrap().as_f64().unwrap());
    let sum = numbers.fold(0.0, |sum, n| async move { sum + n });
    sum.await.to_string()
}
