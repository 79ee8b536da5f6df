//! The supervisor for programs without an executor: calls block the thread, and wasmtime's blocking functions run.
//!
//! It has no logic of its own: it waits for what the other one does.

use std::time::Duration;

use wasmtime::Store;

use crate::entry::block_on;
use crate::error::Error;
use crate::handle::Handle;
use crate::limits::Guarded;
use crate::supervisor::{Health, Overlap, Supervisor, Typed};
use crate::value::Value;

/// A [`Supervisor`] whose calls block. It is cheap to clone; clones share the instance, also between threads.
pub struct BlockingSupervisor<T: 'static>(Supervisor<T>);

impl<T: 'static> Clone for BlockingSupervisor<T> {
    fn clone(&self) -> Self {
        BlockingSupervisor(self.0.clone())
    }
}

impl<T: Guarded> BlockingSupervisor<T> {
    pub(crate) fn new(inner: Supervisor<T>) -> Self {
        BlockingSupervisor(inner)
    }

    /// As [`Supervisor::within`].
    ///
    /// # Errors
    /// As there.
    pub fn within(&self, timeout: Duration) -> Result<Self, Error> {
        self.0.within(timeout).map(BlockingSupervisor)
    }

    /// As [`Supervisor::overlapping`].
    pub fn overlapping(&self, overlap: Overlap) -> Self {
        BlockingSupervisor(self.0.overlapping(overlap))
    }

    /// As [`Supervisor::call`].
    ///
    /// # Errors
    /// As there.
    pub fn call(&self, interface: &str, function: &str, args: Vec<Value>) -> Result<Value, Error> {
        block_on(self.0.call(interface, function, args))
    }

    /// As [`Supervisor::construct`].
    ///
    /// # Errors
    /// As there.
    pub fn construct(
        &self,
        interface: &str,
        class: &str,
        args: Vec<Value>,
    ) -> Result<Handle, Error> {
        block_on(self.0.construct(interface, class, args))
    }

    /// As [`Supervisor::method`].
    ///
    /// # Errors
    /// As there.
    pub fn method(&self, object: &Handle, method: &str, args: Vec<Value>) -> Result<Value, Error> {
        block_on(self.0.method(object, method, args))
    }

    /// As [`Supervisor::start`].
    ///
    /// # Errors
    /// As there.
    pub fn start(&self) -> Result<(), Error> {
        block_on(self.0.start())
    }

    /// As [`Supervisor::restart`].
    ///
    /// # Errors
    /// As there.
    pub fn restart(&self) -> Result<(), Error> {
        block_on(self.0.restart())
    }

    /// As [`Supervisor::health`].
    pub fn health(&self) -> Health {
        self.0.health()
    }

    /// As [`Supervisor::typed`], for [`BlockingSupervisor::with`].
    pub fn typed<B: Send + Sync + 'static>(
        &self,
        bind: impl Fn(&mut Store<T>, &wasmtime::component::Instance) -> wasmtime::Result<B>
        + Send
        + Sync
        + 'static,
    ) -> Typed<T, B> {
        self.0.typed(bind)
    }

    /// As [`Typed::with`], by a closure that calls wasmtime's blocking functions.
    ///
    /// # Errors
    /// What ended the instance.
    pub fn with<B, R, F>(&self, typed: &Typed<T, B>, enter: F) -> Result<R, Error>
    where
        B: Send + Sync + 'static,
        F: FnOnce(&mut Store<T>, &B) -> wasmtime::Result<R> + Send,
        R: Send + 'static,
    {
        block_on(typed.with(|store, bound| {
            let ended = enter(store, bound);
            Box::pin(std::future::ready(ended))
        }))
    }
}
