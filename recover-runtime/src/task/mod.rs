//! Asynchronous exports and tasks: our own executor, the future of an export with its
//! promise, and promises that Rust waits for.

mod args;
pub(crate) mod export;
pub(crate) mod fiber;
pub(crate) mod poll;
pub(crate) mod promise;
mod signal;
mod table;
mod waits;

pub use fiber::jspi_block_on_promise;
pub use poll::spawn;
pub use promise::JsFuture;
pub use signal::AbortSignal;
