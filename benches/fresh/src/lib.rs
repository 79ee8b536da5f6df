//! What a user of plain wasm-bindgen does by hand: the twin of benches/persist, whose
//! instance is replaced by `schedule_reinit` and whose state is copied out by a call.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Indexed with a bound that the compiler can't prove, as in real code.
static TABLE: [u32; 16] = [7; 16];

macro_rules! classes {
    ($($class:ident)*) => {$(
        /// A state that JavaScript asks for after each change.
        #[wasm_bindgen]
        #[derive(Serialize, Deserialize)]
        pub struct $class {
            value: u32,
            rest: Vec<u8>,
        }

        #[wasm_bindgen]
        impl $class {
            #[wasm_bindgen(constructor)]
            pub fn new(value: u32, rest: usize) -> $class {
                $class { value, rest: vec![7; rest] }
            }
            pub fn add(&mut self, n: u32) -> u32 {
                self.value = self.value.wrapping_add(TABLE[n as usize]);
                self.value
            }
            pub fn put(&mut self, bytes: &[u8]) -> u32 {
                self.value = self.value.wrapping_add(bytes.len() as u32);
                self.value
            }
            pub fn size(&self) -> usize {
                self.rest.len()
            }
            /// The same as `add`, with the bytes of what came of it.
            pub fn add_and_copy(&mut self, n: u32) -> Vec<u8> {
                self.add(n);
                postcard::to_allocvec(self).unwrap_or_default()
            }
            pub fn restored(bytes: &[u8]) -> Option<$class> {
                postcard::from_bytes(bytes).ok()
            }
        }
    )*};
}

// As many as benches/persist has, so that the instances are alike.
classes!(State Second Third Fourth);

#[wasm_bindgen]
pub struct Small {
    value: u32,
    name: String,
}

#[wasm_bindgen]
impl Small {
    #[wasm_bindgen(constructor)]
    pub fn new(value: u32, name: String) -> Small {
        Small { value, name }
    }
    pub fn add(&mut self, n: u32) -> u32 {
        self.value = self.value.wrapping_add(TABLE[n as usize]);
        self.value
    }
    pub fn name(&self) -> String {
        self.name.clone()
    }
}

/// Called by nobody: with it the module is about as large as that of benches/persist, and
/// so is the time that an instance of it takes.
#[wasm_bindgen]
pub fn ballast(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

#[wasm_bindgen]
pub fn answer(n: u32) -> u32 {
    TABLE[n as usize]
}

#[wasm_bindgen]
pub fn trap() {
    std::process::abort()
}

/// The next call finds a new instance.
#[wasm_bindgen]
pub fn replace() {
    wasm_bindgen::handler::schedule_reinit();
}

/// Of the instance that there is now.
#[wasm_bindgen]
pub fn linear_memory() -> JsValue {
    wasm_bindgen::memory()
}

#[wasm_bindgen(start)]
pub fn start() {
    wasm_bindgen::handler::set_on_abort(wasm_bindgen::handler::schedule_reinit);
}
