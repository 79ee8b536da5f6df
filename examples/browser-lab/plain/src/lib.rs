//! The lab's objects and faults behind plain `#[wasm_bindgen]`, as one would write them
//! today: what each failure costs without recover. Same names and arguments as in `ours`.

pub mod faults;

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(inline_js = "export function lab_call(f) { return f(); }")]
extern "C" {
    /// Calls JavaScript, which may throw.
    fn lab_call(f: &JsValue) -> u32;
}

/// An account book.
#[wasm_bindgen]
pub struct Ledger(lab_core::Ledger);

#[wasm_bindgen]
impl Ledger {
    /// A book that begins with `balance`.
    #[wasm_bindgen(constructor)]
    pub fn new(balance: i32) -> Self {
        Self(lab_core::Ledger::new(balance))
    }

    /// One entry.
    pub fn post(&mut self, amount: i32) -> i32 {
        self.0.post(amount)
    }

    /// Takes out what there is.
    pub fn withdraw(&mut self, amount: i32) -> Result<i32, JsError> {
        Ok(self.0.withdraw(amount)?)
    }

    /// Several entries.
    pub fn post_all(&mut self, amounts: &[i32]) -> i32 {
        self.0.post_all(amounts)
    }

    /// Changes, and ends the instance.
    pub fn post_and_abort(&mut self, amount: i32) {
        self.0.post_and_abort(amount);
    }

    /// The sum.
    #[wasm_bindgen(getter)]
    pub fn balance(&self) -> i32 {
        self.0.balance()
    }

    /// How many entries there are.
    #[wasm_bindgen(getter)]
    pub fn entries(&self) -> usize {
        self.0.entries()
    }
}

/// Things to buy.
#[wasm_bindgen]
pub struct Basket(lab_core::Basket);

#[wasm_bindgen]
impl Basket {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(lab_core::Basket::default())
    }

    /// Takes one.
    pub fn add(&mut self, item: String) -> usize {
        self.0.add(item)
    }

    /// Takes several.
    pub fn add_all(&mut self, items: Vec<String>) -> u32 {
        self.0.add_all(items)
    }

    /// What is in it.
    #[wasm_bindgen(getter)]
    pub fn items(&self) -> String {
        self.0.items()
    }
}

/// Something to write on.
#[wasm_bindgen]
pub struct Pad(lab_core::Pad);

#[wasm_bindgen]
impl Pad {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(lab_core::Pad::default())
    }

    /// One stroke.
    pub fn stroke(&mut self) -> u32 {
        self.0.stroke()
    }

    /// Calls JavaScript while it is held.
    pub fn ask(&mut self, f: JsValue) -> u32 {
        self.0.stroke() + lab_call(&f)
    }

    /// How many there are.
    #[wasm_bindgen(getter)]
    pub fn strokes(&self) -> u32 {
        self.0.strokes()
    }
}

/// Something that takes its time. Where panics unwind, `async fn (&mut self)` does not
/// compile, and a `RefCell` only by asserting what is not so.
#[wasm_bindgen]
pub struct Download(AssertUnwindSafe<RefCell<lab_core::Download>>);

#[wasm_bindgen]
impl Download {
    /// At its beginning.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(AssertUnwindSafe(RefCell::default()))
    }

    /// One step, which waits for how many parts there are.
    pub async fn step(&self, parts: JsValue) -> u32 {
        self.0.borrow_mut().begin();
        let parts = JsFuture::from(js_sys::Promise::resolve(&parts)).await;
        let parts = parts.ok().and_then(|value| value.as_f64());
        self.0.borrow_mut().end(parts.unwrap_or_default() as u32)
    }

    /// The same, and then calls JavaScript.
    pub async fn step_and_ask(&self, parts: JsValue, f: JsValue) -> u32 {
        self.0.borrow_mut().begin();
        let _ = JsFuture::from(js_sys::Promise::resolve(&parts)).await;
        self.0.borrow_mut().end(lab_call(&f))
    }

    /// How far it is.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.0.borrow().state()
    }
}

/// Its destructor panics.
#[wasm_bindgen]
pub struct Fuse(#[allow(dead_code)] lab_core::Fuse);

#[wasm_bindgen]
impl Fuse {
    /// A whole one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(lab_core::Fuse)
    }
}
