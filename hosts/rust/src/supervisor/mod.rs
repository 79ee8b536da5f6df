//! The supervisor of a component: it guards every call, sees an instance end and makes the next one.
//!
//! Here is its face to programs. The instance is in `instance.rs`, a call and its records in `calls.rs`, the
//! return of an object in `revive.rs`, and how one is made in `builder.rs`.

mod builder;
mod calls;
mod instance;
mod revive;
mod typed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::MutexGuard;
use wasmtime::component::{Component, Linker};

pub use builder::Builder;
pub use instance::{AbortReport, Health, LostReport};
pub use typed::{Entering, Typed};

pub(crate) use instance::{Core, State};

use crate::clock::Alarm;
use crate::entry::{Inside, guarded};
use crate::error::{self, Error};
use crate::handle::Handle;
use crate::limits::Guarded;
use crate::value::Value;

/// What happens to a call that begins while another one is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// It fails by a `BusyError` at once.
    #[default]
    Refuse,
    /// It waits for its turn; calls run in the order in which they began. One that a function of the host spawned, and
    /// waits for, can't be known to come from within: it waits for ever.
    Wait,
    /// It waits that long, and then fails by a `BusyError`.
    WaitAtMost(Duration),
}

/// What a call may do; a supervisor has one for all of its calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) overlap: Overlap,
}

/// Supervises one component: calls it, and makes another instance when one has ended.
///
/// It is cheap to clone; clones share the instance. One call runs at a time.
pub struct Supervisor<T: 'static> {
    core: Arc<Core<T>>,
    options: Options,
}

impl<T: 'static> Clone for Supervisor<T> {
    fn clone(&self) -> Self {
        Supervisor {
            core: Arc::clone(&self.core),
            options: self.options,
        }
    }
}

impl<T: Guarded> Supervisor<T> {
    /// Begins with what every supervisor needs: a component, what it is linked with, and the data of each instance.
    pub fn builder(
        component: &Component,
        linker: Linker<T>,
        state: impl Fn() -> T + Send + Sync + 'static,
    ) -> Builder<T> {
        Builder::new(component, linker, Box::new(state))
    }

    pub(crate) fn new(core: Core<T>, options: Options) -> Self {
        Supervisor {
            core: Arc::new(core),
            options,
        }
    }

    /// The same supervisor, whose calls may take that long.
    ///
    /// # Errors
    /// If the engine has no epochs, by which wasm looks at the time.
    pub fn within(&self, timeout: Duration) -> Result<Self, Error> {
        self.core.can_time()?;
        let options = Options {
            timeout: Some(timeout),
            ..self.options
        };
        Ok(Supervisor {
            core: Arc::clone(&self.core),
            options,
        })
    }

    /// The same supervisor, whose calls do that while another one is under way.
    pub fn overlapping(&self, overlap: Overlap) -> Self {
        let options = Options {
            overlap,
            ..self.options
        };
        Supervisor {
            core: Arc::clone(&self.core),
            options,
        }
    }

    /// Calls a function: `call("recover:fixture/ledgers", "parse", values!["12"])`. One of a resource itself
    /// is `resource.function`. The version of an interface may be left out where there is only one.
    ///
    /// # Errors
    /// What the call failed by. After each of them the next call works.
    pub async fn call(
        &self,
        interface: &str,
        function: &str,
        args: Vec<Value>,
    ) -> Result<Value, Error> {
        let index = self.core.catalog.find(interface, function)?;
        self.core.catalog.check(index, false, &args)?;
        let mut state = self.enter().await?;
        self.core
            .call(&mut state, self.options.timeout, index, None, args)
            .await
    }

    /// Makes an object by its constructor: `construct("recover:fixture/ledgers", "ledger", values!["me"])`.
    ///
    /// # Errors
    /// What the call failed by.
    pub async fn construct(
        &self,
        interface: &str,
        class: &str,
        args: Vec<Value>,
    ) -> Result<Handle, Error> {
        let index = self.core.catalog.constructor(interface, class)?;
        self.core.catalog.check(index, false, &args)?;
        let mut state = self.enter().await?;
        let made = self
            .core
            .call(&mut state, self.options.timeout, index, None, args)
            .await?;
        match made {
            Value::Handle(handle) => Ok(handle),
            // A constructor may return a result whose error is no `failure`.
            other => Err(Error::misuse(format!(
                "the constructor of `{class}` returned {}; use Supervisor::call",
                other.word()
            ))),
        }
    }

    /// Calls a method of an object: `method(&ledger, "put", values!["key", 1i64])`.
    ///
    /// # Errors
    /// What the call failed by.
    pub async fn method(
        &self,
        object: &Handle,
        method: &str,
        args: Vec<Value>,
    ) -> Result<Value, Error> {
        self.core.owns(object)?;
        let index = self.core.catalog.method(object.class_index(), method)?;
        self.core.catalog.check(index, true, &args)?;
        let mut state = self.enter().await?;
        self.core
            .call(&mut state, self.options.timeout, index, Some(object), args)
            .await
    }

    /// Makes the instance, if there is none, and drops the objects that no handle stands for any more. Calls do
    /// the same when they begin.
    ///
    /// # Errors
    /// Why there is no instance.
    pub async fn start(&self) -> Result<(), Error> {
        let mut state = self.enter().await?;
        self.core.ready(&mut state, self.options.timeout).await
    }

    /// Ends the instance, after the calls that are in line, and forgets its restarts; the next call makes another.
    ///
    /// # Errors
    /// A `BusyError`, if another call is under way and this one is not to wait (see [`Overlap`]).
    pub async fn restart(&self) -> Result<(), Error> {
        let mut state = self.enter().await?;
        self.core.give_up(&mut state);
        Ok(())
    }

    /// How it is. It waits for no call.
    pub fn health(&self) -> Health {
        self.core.health()
    }

    /// The names of the resources that the component exports, and whether they persist.
    pub fn classes(&self) -> impl Iterator<Item = (&str, bool)> {
        self.core
            .catalog
            .classes
            .iter()
            .map(|class| (&*class.name, class.persists.is_some()))
    }

    /// Waits for its turn.
    pub(crate) async fn enter(&self) -> Result<MutexGuard<'_, State<T>>, Error> {
        // Waiting would be for ever: the call that is under way waits for this one.
        if Inside::is(self.core.id) {
            return Err(self.core.refused(
                "the component is called from within one of its own calls; answer that one first",
            ));
        }
        if let Ok(state) = self.core.state.try_lock() {
            return Ok(state);
        }
        let busy =
            "another call of this component is under way; call again when that one has ended";
        match self.options.overlap {
            Overlap::Wait => Ok(self.core.state.lock().await),
            Overlap::Refuse => Err(self.core.refused(busy)),
            Overlap::WaitAtMost(time) => {
                let alarm = Alarm::new(self.core.engine.weak());
                alarm.set(Some(Instant::now() + time));
                // A supervisor has no number 0.
                let entered = guarded(0, &alarm, self.core.state.lock()).await;
                entered.ok_or_else(|| self.core.refused(busy))
            }
        }
    }
}

impl<T: Guarded> Core<T> {
    fn refused(&self, message: &str) -> Error {
        self.counters
            .busy
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        error::busy(message)
    }

    pub(crate) fn owns(&self, object: &Handle) -> Result<(), Error> {
        match object.owner() == self.id {
            true => Ok(()),
            false => Err(Error::misuse(format!(
                "this {} is of another supervisor; use the one that made it",
                object.class()
            ))),
        }
    }
}
