//! The room behind plain `#[wasm_bindgen]`, with wasm-bindgen's own way to go on after a
//! trap, as the `worker` crate uses it: the next call gets a fresh instance.
//!
//! Same names, arguments and results as in `room`; an error is a `JsError`.

use js_sys::Promise;
use room_core::Document;
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(
    inline_js = "let started = 0; export function begins() { started += 1; return started; }"
)]
extern "C" {
    fn begins() -> u32;
}

thread_local! {
    static GENERATION: Cell<u32> = const { Cell::new(0) };
}

#[wasm_bindgen(start)]
fn start() {
    GENERATION.set(begins());
    wasm_bindgen::handler::set_on_abort(wasm_bindgen::handler::schedule_reinit);
}

/// Which instance this is, from 1.
#[wasm_bindgen]
pub fn generation() -> u32 {
    GENERATION.get()
}

/// A text that many edit.
#[wasm_bindgen]
#[derive(Default)]
pub struct Room {
    document: Document,
}

#[wasm_bindgen]
impl Room {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many edits there were.
    #[wasm_bindgen(getter)]
    pub fn sequence(&self) -> u32 {
        self.document.sequence()
    }

    /// The length in UTF-16 units.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> u32 {
        self.document.length()
    }

    /// All of it.
    #[wasm_bindgen(getter)]
    pub fn text(&self) -> String {
        self.document.text()
    }

    /// Inserts; the answer is the number of the edit.
    pub fn insert(&mut self, at: u32, text: &str) -> Result<u32, JsError> {
        Ok(self.document.insert(at, text)?)
    }

    /// Deletes from one place to before another.
    pub fn delete(&mut self, from: u32, to: u32) -> Result<u32, JsError> {
        Ok(self.document.delete(from, to)?)
    }

    /// Shifts a part; panics half way where its new place is past the end.
    pub fn shift(&mut self, from: u32, to: u32, at: u32) -> Result<u32, JsError> {
        Ok(self.document.shift(from, to, at)?)
    }

    /// Inserts a text many times over.
    pub fn fill(&mut self, at: u32, text: &str, times: u32) -> Result<u32, JsError> {
        Ok(self.document.fill(at, text, times)?)
    }

    /// Ends the instance.
    pub fn crash(&mut self) {
        self.document.crash();
    }

    /// What stands between two places.
    pub fn read(&self, from: u32, to: u32) -> Result<String, JsError> {
        Ok(self.document.read(from, to)?)
    }

    /// How deep the brackets of a text are nested.
    pub fn nesting(&self, text: &str) -> Result<u32, JsError> {
        Ok(room_core::nesting(text)?)
    }

    /// The same: there is no guard here.
    pub fn nesting_unguarded(&self, text: &str) -> Result<u32, JsError> {
        self.nesting(text)
    }
}

/// A page: waits for its template, which JavaScript promises.
#[wasm_bindgen]
pub async fn render(text: String, template: Promise) -> Result<String, JsValue> {
    let template = JsFuture::from(template).await?;
    Ok(room_core::render(
        &template.as_string().unwrap_or_default(),
        &text,
    ))
}
