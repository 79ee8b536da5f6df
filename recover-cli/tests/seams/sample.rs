//! Has every seam, and texts full of their words: `__wbindgen_malloc`, "Critical error",
//! throw new Error('Invalid stale object from previous Wasm instance');

use recover_runtime::recoverable;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(inline_js = "
    // wasm.__wbindgen_malloc, __wbg_call_guard(); Critical error
    export function ends(f) { return f(\"throw new Error('Critical error', { cause });\"); }
")]
extern "C" {
    fn ends(f: &Closure<dyn FnMut(String) -> u32>) -> u32;
    #[wasm_bindgen(thread_local_v2, static_string)]
    static WORDS: js_sys::JsString = "wasm.__wbindgen_start(); __wbg_called_abort = false;";
}

/// Critical error: `throw new Error("Critical error", { cause });` and __wbindgen_malloc.
///
/// ```js
/// wasm.__wbg_base_free(ptr, 1);
/// export function __wbg_reset_state () {
///     __wbg_call_guard();
/// }
/// ```
/// @returns {Promise<Unlike>} no promise at all
#[recoverable]
pub fn plain(text: String, list: Vec<u8>) -> String {
    format!("{text}{}", list.len())
}

/// `wasm.__wbindgen_start();`
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Way {
    /// __wbg_handle_catch(e);
    In = "__wbg_handle_catch(e);",
    Out = "from previous WASM instance",
}

#[wasm_bindgen]
pub fn way(way: Way) -> Way {
    way
}

/// Its child has a part of it.
#[wasm_bindgen]
pub struct Base {
    count: u32,
}

#[wasm_bindgen]
impl Base {
    #[wasm_bindgen(constructor)]
    pub fn new(count: u32) -> Base {
        Base { count }
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn taken(self, other: Option<Base>) -> u32 {
        self.count + other.map_or(0, |other| other.count)
    }
}

/// Its pointers are those of two values.
#[wasm_bindgen(extends = Base)]
pub struct Child {
    more: u32,
}

#[wasm_bindgen]
impl Child {
    #[wasm_bindgen(constructor)]
    pub fn new(count: u32, more: u32) -> Child {
        let parent = Base { count }.into();
        Child { more, parent }
    }

    pub fn more(&self) -> u32 {
        self.more
    }
}

#[wasm_bindgen]
pub fn sum(list: Vec<Base>) -> u32 {
    list.iter().map(|base| base.count).sum()
}

#[wasm_bindgen(js_name = calledBack)]
pub fn called_back() -> u32 {
    let mut sum = 0;
    ends(&Closure::new(move |text: String| {
        sum += text.len() as u32;
        sum
    }))
}

#[wasm_bindgen]
pub fn shared() -> Closure<dyn Fn() -> u32> {
    Closure::new(|| 7)
}

#[wasm_bindgen]
pub fn words() -> JsValue {
    WORDS.with(|words| words.into())
}

#[recoverable]
pub fn trap() {
    std::process::abort()
}

#[recoverable]
pub async fn told(base: &Base) -> u32 {
    base.count
}

#[recoverable(skip_jsdoc)]
pub async fn undocumented(base: &Base) -> u32 {
    base.count
}

#[recoverable(skip_jsdoc, skip_typescript)]
pub async fn untold(base: &Base) -> u32 {
    base.count
}

#[recoverable]
pub struct Store {
    count: u32,
}

#[recoverable]
impl Store {
    #[recoverable(constructor)]
    pub fn new() -> Store {
        Store { count: 1 }
    }

    #[recoverable(skip_jsdoc, skip_typescript, js_name = "getLater")]
    pub async fn get_later(&self) -> u32 {
        self.count
    }

    #[recoverable(skip_typescript)]
    pub async fn of(_base: &Base) -> u32 {
        2
    }
}
