//! What is around the module. Where that is JavaScript, what is imported from the modules in `js/`, and nothing else: one
//! file a module of the host; logic does not live here. In a component, what those modules do elsewhere: `component/`.
//!
//! The layers above ask `around`, which is either. Only those that are for JavaScript ask the other files.
//!
//! Every import that can throw has `catch`: an exception that crosses Rust frames through
//! wasm-bindgen's `extern "C"` imports is undefined behaviour.

#[cfg(not(target_os = "wasi"))]
pub(crate) mod attach;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod callbacks;
#[cfg(all(feature = "capture", not(target_os = "wasi")))]
pub(crate) mod capture;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod caught;
#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub(crate) mod component;
#[cfg(all(feature = "coredump", not(target_os = "wasi")))]
pub(crate) mod coredump;
#[cfg(all(feature = "durable", not(target_os = "wasi")))]
pub(crate) mod durable;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod errors;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod fibers;
#[cfg(all(
    any(feature = "reports", feature = "coredump"),
    not(target_os = "wasi")
))]
mod frames;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod instance;
#[cfg(not(all(feature = "component", not(target_os = "unknown"))))]
pub(crate) mod javascript;
#[cfg(all(feature = "methods", not(target_os = "wasi")))]
mod methods;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod objects;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod queues;
#[cfg(all(feature = "persist", not(target_os = "wasi")))]
pub(crate) mod records;
#[cfg(all(feature = "reports", not(target_os = "wasi")))]
pub(crate) mod report;
#[cfg(all(feature = "durable", not(target_os = "wasi")))]
mod stores;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod tasks;
#[cfg(all(feature = "torture", not(target_os = "wasi")))]
pub(crate) mod torture;
#[cfg(all(feature = "durable", not(target_os = "wasi")))]
mod upgrade;

#[cfg(all(feature = "component", not(target_os = "unknown")))]
pub(crate) use component as around;
#[cfg(not(all(feature = "component", not(target_os = "unknown"))))]
pub(crate) use javascript as around;
