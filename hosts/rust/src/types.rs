//! The types of the WIT package `recover:error`, made from its text: what a `failure` is in Rust.
//!
//! It exists so that a program's own `bindgen!` can name these types in place of making its own
//! (`with: { "recover:error/types@0.1.0": recover_host::types }`). Nothing is written by hand here.

// What `bindgen!` writes has the comments of the WIT text where that has some.
#[allow(missing_docs, unreachable_pub)]
mod made {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "errors",
        additional_derives: [PartialEq],
    });
}

pub use made::recover::error::types::*;
