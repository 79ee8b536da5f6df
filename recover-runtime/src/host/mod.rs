//! What is imported from the modules in `js/`, and nothing else: one file a module of the
//! host. Logic does not live here.
//!
//! Every import that can throw has `catch`: an exception that crosses Rust frames through
//! wasm-bindgen's `extern "C"` imports is undefined behaviour.

pub(crate) mod attach;
pub(crate) mod callbacks;
#[cfg(feature = "capture")]
pub(crate) mod capture;
pub(crate) mod caught;
#[cfg(feature = "coredump")]
pub(crate) mod coredump;
pub(crate) mod errors;
pub(crate) mod fibers;
#[cfg(any(feature = "reports", feature = "coredump"))]
mod frames;
pub(crate) mod instance;
pub(crate) mod objects;
pub(crate) mod queues;
#[cfg(feature = "persist")]
pub(crate) mod records;
#[cfg(feature = "reports")]
pub(crate) mod report;
pub(crate) mod tasks;
#[cfg(feature = "torture")]
pub(crate) mod torture;
