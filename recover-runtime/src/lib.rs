//! Exception-safe exports for Rust on WebAssembly.
//!
//! Put [`#[recoverable]`](recoverable) on a function, a struct or an impl block,
//! where `#[wasm_bindgen]` would stand. JavaScript gets the same surface, and a
//! panic, an `Err`, a re-entrant call or a freed handle reaches it as an instance
//! of a typed error class, with every object in a defined state.
//!
//! ```
//! use recover_runtime::recoverable;
//!
//! #[recoverable]
//! pub struct Counter {
//!     value: u32,
//! }
//!
//! #[recoverable]
//! impl Counter {
//!     #[recoverable(constructor)]
//!     pub fn new() -> Self {
//!         Counter { value: 0 }
//!     }
//!     pub fn add(&mut self, by: u32) -> u32 {
//!         self.value = self.value.checked_add(by).expect("the counter is full");
//!         self.value
//!     }
//! }
//!
//! // The user's Rust stays the user's Rust.
//! assert_eq!(Counter::new().add(2), 2);
//! ```
//!
//! Objects of a class with `#[recoverable(persist = "journal")]`, by the feature `persist`,
//! live on when the instance ends; [`on_abort`] and [`on_revive`] tell Rust that it did.
//!
//! By the feature `durable` they are in a store, and outlive the process: `open` of their class.
//!
//! By the feature `reports` JavaScript's `recovery.onReport()` tells who operates the program of each failure.
//!
//! The whole picture is in the repository's ARCHITECTURE.md.

// An allocation failure can unwind, and a hook can ask whether a panic does; only a nightly
// can unwind on this target anyway.
#![cfg_attr(
    all(target_family = "wasm", panic = "unwind"),
    feature(alloc_error_hook, panic_can_unwind)
)]
// What only the layers for JavaScript ask of those below, and of JavaScript itself, is not used in components. Builds for
// JavaScript see what nobody uses.
#![cfg_attr(
    all(feature = "component", not(target_os = "unknown")),
    allow(dead_code, unused_imports)
)]
// Where there is no std, the first thing to be said is the message below.
#![cfg_attr(target_os = "none", no_std)]

#[cfg(target_os = "none")]
compile_error!(
    "recover-runtime needs std, which this target has not; build for `wasm32-unknown-unknown`"
);
// Without, an exception of an import would meet code that was compiled as if there were none.
#[cfg(all(
    target_family = "wasm",
    target_os = "unknown",
    panic = "unwind",
    not(recover_imports_unwind)
))]
compile_error!(
    "this unwind build takes imports for functions that never throw; build with `cargo recover build`, or set what `cargo recover env` prints"
);
#[cfg(target_arch = "wasm64")]
compile_error!("recover-runtime supports wasm32 only; build for `wasm32-unknown-unknown`");
#[cfg(all(target_os = "wasi", not(target_env = "p2")))]
compile_error!(
    "recover-runtime makes components of WASI's second preview; build for `wasm32-wasip2`, or for `wasm32-unknown-unknown`, where JavaScript is the host"
);
#[cfg(all(target_os = "wasi", not(feature = "component")))]
compile_error!(
    "recover-runtime makes components by the feature `component`; add `features = [\"component\"]` to the dependency in Cargo.toml"
);
#[cfg(all(
    target_os = "wasi",
    any(
        feature = "reports",
        feature = "capture",
        feature = "coredump",
        feature = "durable",
        feature = "torture"
    )
))]
compile_error!(
    "the features `reports`, `capture`, `coredump`, `durable` and `torture` of recover-runtime need a JavaScript host, which a component has not; take them out for `wasm32-wasip2`"
);
#[cfg(all(target_family = "wasm", target_feature = "atomics"))]
compile_error!(
    "recover-runtime supports single-threaded modules only; build without `-Ctarget-feature=+atomics`"
);

mod base;
mod call;
#[cfg(not(target_os = "wasi"))]
mod callback;
#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub mod component;
#[cfg(not(target_os = "wasi"))]
mod error;
mod host;
#[cfg(not(target_os = "wasi"))]
mod import;
#[cfg(not(target_os = "wasi"))]
mod lifecycle;
#[cfg(not(target_os = "wasi"))]
mod object;
#[doc(hidden)]
pub mod persist;
#[cfg(not(target_os = "wasi"))]
mod task;

#[doc(hidden)]
#[path = "generated/mod.rs"]
pub mod __private;

pub use base::{memory, stack};
pub use call::settle::OnPanic;
#[cfg(not(target_os = "wasi"))]
pub use callback::arity::IntoCallback;
#[cfg(not(target_os = "wasi"))]
pub use callback::scope::scoped;
#[cfg(not(target_os = "wasi"))]
pub use callback::{Callback, callback};
#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub use component::ErrorClass;
#[cfg(not(all(feature = "component", not(target_os = "unknown"))))]
pub use error::JsErrorClass as ErrorClass;
#[cfg(not(target_os = "wasi"))]
pub use error::{JsCause, JsErrorClass};
#[cfg(not(target_os = "wasi"))]
pub use import::catch_js;
#[cfg(not(target_os = "wasi"))]
pub use lifecycle::{Aborted, Revived, on_abort, on_revive};
#[cfg(not(target_os = "wasi"))]
pub use object::borrow::{borrow_from_js, borrow_mut_from_js};
#[cfg(not(target_os = "wasi"))]
pub use object::inspect::captured;
#[cfg(not(target_os = "wasi"))]
pub use object::parent::Parent;
pub use recover_macros::{ErrorClass, JsErrorClass, recoverable, test, torture};
#[cfg(not(target_os = "wasi"))]
pub use task::{AbortSignal, JsFuture, jspi_block_on_promise, spawn};
#[cfg(not(target_os = "wasi"))]
pub use wasm_bindgen::{JsCast, JsError, JsValue};
