//! A promise of a future that shares a cell, which most do.

use std::cell::Cell;
use std::rc::Rc;

use recover_runtime::recoverable;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

#[recoverable]
pub async fn wasm_bindgen_futures() -> String {
    let calls = Rc::new(Cell::new(0));
    let also = Rc::clone(&calls);
    let promise = future_to_promise(async move {
        also.set(also.get() + 1);
        Ok(JsValue::from("kept"))
    });
    let value = JsFuture::from(promise).await.unwrap();
    format!("{} {}", value.as_string().unwrap(), calls.get())
}
