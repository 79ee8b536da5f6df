//! Calls by what `bindgen!` made: the program's own types, in a guarded instance.
//!
//! Nothing is journaled here: what the closure holds of an instance ends with it.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use wasmtime::Store;
use wasmtime::component::Instance;

use super::Supervisor;
use super::instance::Live;
use crate::clock::Armed;
use crate::entry::{Inside, guarded};
use crate::error::Error;
use crate::limits::Guarded;

/// What a closure for [`Typed::with`] returns: `Box::pin(async move { … })`.
pub type Entering<'a, R> = Pin<Box<dyn Future<Output = wasmtime::Result<R>> + Send + 'a>>;

type Bind<T, B> = dyn Fn(&mut Store<T>, &Instance) -> wasmtime::Result<B> + Send + Sync;

/// A supervisor, by the bindings that `bindgen!` made for its world.
///
/// A trap is mapped and followed by a fresh instance, as in a dynamic call. But nothing is journaled: a resource
/// that the bindings returned is of the one instance, and must not be kept for a later call.
pub struct Typed<T: 'static, B> {
    app: Supervisor<T>,
    bind: Arc<Bind<T, B>>,
}

impl<T: 'static, B> Clone for Typed<T, B> {
    fn clone(&self) -> Self {
        Typed {
            app: self.app.clone(),
            bind: Arc::clone(&self.bind),
        }
    }
}

impl<T: Guarded> Supervisor<T> {
    /// Calls by bindings: `app.typed(|store, instance| Fixture::new(store, instance))`.
    pub fn typed<B: Send + Sync + 'static>(
        &self,
        bind: impl Fn(&mut Store<T>, &Instance) -> wasmtime::Result<B> + Send + Sync + 'static,
    ) -> Typed<T, B> {
        Typed {
            app: self.clone(),
            bind: Arc::new(bind),
        }
    }
}

impl<T: Guarded, B: Send + Sync + 'static> Typed<T, B> {
    /// The supervisor.
    pub fn supervisor(&self) -> &Supervisor<T> {
        &self.app
    }

    /// Runs a closure with the store and the bindings, as one call. An error that it returns ends the instance, as
    /// a trap does: return one of your own inside of `Ok`.
    ///
    /// # Errors
    /// What ended the instance.
    pub async fn with<R, F>(&self, enter: F) -> Result<R, Error>
    where
        F: for<'a> FnOnce(&'a mut Store<T>, &'a B) -> Entering<'a, R> + Send,
        R: Send,
    {
        let core = &self.app.core;
        let timeout = self.app.options.timeout;
        let mut turn = self.app.enter().await?;
        let state = &mut *turn;
        core.ready(state, timeout).await?;
        let Some(Live {
            store,
            instance,
            bindings,
            ..
        }) = &mut state.live
        else {
            return Err(Error::misuse("there is no instance"));
        };
        let bound = match bindings.entry(TypeId::of::<B>()) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let made = (self.bind)(store, instance);
                let made = made.map_err(|why| {
                    Error::misuse(format!(
                        "the component is not of the world of these bindings: {why:#}"
                    ))
                })?;
                place.insert(Box::new(made))
            }
        };
        let Some(bound) = bound.downcast_ref::<B>() else {
            return Err(Error::misuse("there are no bindings"));
        };
        core.counters.calls.fetch_add(1, Ordering::Relaxed);
        core.arm(store, timeout);
        let entering = async { enter(store, bound).await };
        state.entered = true;
        let ended = match core.blocking {
            true => {
                let _inside = Inside::of(core.id);
                let _armed = Armed::by(&core.alarm);
                Some(crate::entry::block_on(entering))
            }
            false => guarded(core.id, &core.alarm, entering).await,
        };
        let ended = core.left(state, ended);
        if ended.is_err() {
            core.counters.failed.fetch_add(1, Ordering::Relaxed);
        }
        ended
    }

    /// The same for a call that returns `Result<_, Failure>`: its failure becomes an [`Error`].
    ///
    /// ```ignore
    /// let number = typed.call(|store, app| Box::pin(app.recover_fixture_ledgers().call_parse(store, "12"))).await?;
    /// ```
    ///
    /// # Errors
    /// What the call failed by.
    pub async fn call<R, E, F>(&self, enter: F) -> Result<R, Error>
    where
        F: for<'a> FnOnce(&'a mut Store<T>, &'a B) -> Entering<'a, Result<R, E>> + Send,
        R: Send,
        E: Into<Error> + Send,
    {
        self.with(enter).await?.map_err(Into::into)
    }
}
