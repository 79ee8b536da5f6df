//! The life of one call: what it holds, the catch, what becomes of what it held, and the
//! outcome. Objects, tasks and callbacks are built on this and may not be used here.

#[cfg(not(target_os = "wasi"))]
pub(crate) mod argument;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod borrowed;
pub(crate) mod carrier;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod checkpoint;
pub(crate) mod failure;
pub(crate) mod guard;
pub(crate) mod hook;
pub(crate) mod limit;
#[cfg(not(target_os = "wasi"))]
pub(crate) mod outcome;
pub(crate) mod returned;
pub(crate) mod settle;
