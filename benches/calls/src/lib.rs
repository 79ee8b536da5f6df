//! The same bodies behind `#[recoverable]` and plain `#[wasm_bindgen]`, in one
//! module, so that a run compares like with like.

mod imports;

/// Indexed with a bound that the compiler can't prove, as in real code.
static TABLE: [u32; 16] = [7; 16];

macro_rules! exports {
    ($export:ident, $fn:ident, $string:ident, $result:ident, $panic:ident, $async:ident, $async_panic:ident, $object:ident, $error:ty, $err:expr) => {
        #[$export]
        pub fn $fn(n: u32) -> u32 {
            TABLE[n as usize]
        }

        #[$export]
        pub fn $string(text: &str) -> u32 {
            text.len() as u32
        }

        #[$export]
        pub fn $result(n: u32) -> Result<u32, $error> {
            if n == u32::MAX {
                Err($err)
            } else {
                Ok(TABLE[n as usize])
            }
        }

        #[$export]
        pub fn $panic(n: u32) -> u32 {
            assert!(n != 1, "one is not taken");
            n
        }

        #[$export]
        pub async fn $async(n: u32) -> u32 {
            TABLE[n as usize]
        }

        #[$export]
        pub async fn $async_panic(n: u32) -> u32 {
            assert!(n != 1, "one is not taken");
            n
        }

        #[$export]
        pub struct $object {
            value: u32,
        }

        #[$export]
        impl $object {
            #[$export(constructor)]
            pub fn new() -> $object {
                $object { value: 1 }
            }
            pub fn get(&self, n: u32) -> u32 {
                self.value ^ TABLE[n as usize]
            }
            pub fn add(&mut self, n: u32) -> u32 {
                self.value = self.value.wrapping_add(TABLE[n as usize]);
                self.value
            }
        }
    };
}

mod ours {
    use super::TABLE;
    use recover_runtime::{Callback, JsValue, callback, recoverable};

    /// A closure with state, which JavaScript owns.
    #[recoverable]
    pub fn ours_callback() -> Callback {
        let mut sum: u32 = 0;
        callback(move |n: u32| {
            sum = sum.wrapping_add(TABLE[n as usize]);
            sum
        })
    }

    exports!(
        recoverable,
        ours_fn,
        ours_string,
        ours_result,
        ours_panic,
        ours_async,
        ours_async_panic,
        Ours,
        JsValue,
        JsValue::NULL
    );
}

mod peer {
    use super::TABLE;
    use wasm_bindgen::JsValue;
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    pub fn peer_callback() -> Closure<dyn FnMut(u32) -> u32> {
        let mut sum: u32 = 0;
        Closure::new(move |n: u32| {
            sum = sum.wrapping_add(TABLE[n as usize]);
            sum
        })
    }

    exports!(
        wasm_bindgen,
        peer_fn,
        peer_string,
        peer_result,
        peer_panic,
        peer_async,
        peer_async_panic,
        Peer,
        JsValue,
        JsValue::NULL
    );
}
