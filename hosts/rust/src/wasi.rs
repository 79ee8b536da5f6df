//! A ready-made state for components that import WASI, as Rust's do.
//!
//! What such a component may touch is what its `WasiCtx` allows; the usual one allows nothing.

use wasmtime::Engine;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::limits::{Guard, Guarded};

/// The data of a store for a component that imports WASI.
pub struct Wasi {
    guard: Guard,
    context: WasiCtx,
    table: ResourceTable,
}

impl Default for Wasi {
    /// No files, no network, no arguments, no variables; what is written goes nowhere.
    fn default() -> Self {
        Wasi::new(WasiCtx::builder().build())
    }
}

impl Wasi {
    /// One that may touch what the context allows.
    pub fn new(context: WasiCtx) -> Self {
        Wasi {
            guard: Guard::default(),
            context,
            table: ResourceTable::new(),
        }
    }

    /// A linker with WASI for [`Builder::build`](crate::Builder::build).
    ///
    /// # Errors
    /// None that is known; wasmtime's.
    pub fn linker(engine: &Engine) -> wasmtime::Result<Linker<Self>> {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        Ok(linker)
    }

    /// A linker with WASI for [`Builder::build_blocking`](crate::Builder::build_blocking).
    ///
    /// # Errors
    /// None that is known; wasmtime's.
    pub fn blocking_linker(engine: &Engine) -> wasmtime::Result<Linker<Self>> {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        Ok(linker)
    }
}

impl Guarded for Wasi {
    fn guard(&mut self) -> &mut Guard {
        &mut self.guard
    }
}

impl WasiView for Wasi {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.context,
            table: &mut self.table,
        }
    }
}
