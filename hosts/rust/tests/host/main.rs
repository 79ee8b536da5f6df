//! The host against a real component, in real wasmtime. It is found by the variable `RECOVER_COMPONENT`, else where
//! `cargo xtask component` puts it.

mod blocking;
mod changes;
mod failures;
mod limits;
mod misuse;
mod objects;
mod odd;
mod overlaps;
mod records;
mod restarts;
mod support;
mod typed;
