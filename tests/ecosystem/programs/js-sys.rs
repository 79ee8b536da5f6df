//! A closure that JavaScript calls before its call returns, and shares a cell.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use recover_runtime::recoverable;
use wasm_bindgen::JsValue;

#[recoverable]
pub fn js_sys() -> String {
    let seen = Rc::new(RefCell::new(vec![]));
    let values: Array = [1, 2, 3].into_iter().map(JsValue::from).collect();
    let also = Rc::clone(&seen);
    values.for_each(&mut |value, at, _| also.borrow_mut().push((value.as_f64(), at)));
    seen.borrow().len().to_string()
}
