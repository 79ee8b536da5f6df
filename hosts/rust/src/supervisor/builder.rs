//! How a supervisor is made: what it is told is checked here, before anything runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Instance, Module, Store};

use super::instance::{AbortReport, Core, Counters, Hook, LostReport, State};
use super::{Options, Overlap, Supervisor};
use crate::blocking::BlockingSupervisor;
use crate::catalog::{self, Catalog};
use crate::clock::Alarm;
use crate::error::Error;
use crate::handle::Dropped;
use crate::limits::{Guarded, Limits};
use crate::record::Journal;
use crate::restart::{RestartLimit, Restarts};

/// Makes a [`Supervisor`].
pub struct Builder<T: 'static> {
    component: Component,
    linker: Linker<T>,
    data: Box<dyn Fn() -> T + Send + Sync>,
    limits: Limits,
    restarts: Option<RestartLimit>,
    journal: Journal,
    overlap: Overlap,
    repeatable: Vec<String>,
    build: Option<String>,
    on_abort: Vec<Hook<AbortReport>>,
    on_lost: Vec<Hook<LostReport>>,
}

impl<T: Guarded> Builder<T> {
    pub(crate) fn new(
        component: &Component,
        linker: Linker<T>,
        data: Box<dyn Fn() -> T + Send + Sync>,
    ) -> Self {
        Builder {
            component: component.clone(),
            linker,
            data,
            limits: Limits::default(),
            restarts: None,
            journal: Journal::default(),
            overlap: Overlap::default(),
            repeatable: Vec::new(),
            build: None,
            on_abort: Vec::new(),
            on_lost: Vec::new(),
        }
    }

    /// What an instance may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many restarts a period may have, whatever they came from. Without it, only ends without progress in
    /// between count: what a caller can provoke does not shut out the others.
    pub fn restarts(mut self, limit: RestartLimit) -> Self {
        self.restarts = Some(limit);
        self
    }

    /// When journals are cut.
    pub fn journal(mut self, journal: Journal) -> Self {
        self.journal = journal;
        self
    }

    /// What happens to a call that begins while another one is under way.
    pub fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// The interfaces whose functions a replay may call again, such as those that only look something up; the version may
    /// be left out. Those of WASI are repeatable unasked. A call that has called another function of the program's is
    /// followed by a save, so that nothing is done twice.
    pub fn repeatable<S: Into<String>>(mut self, interfaces: impl IntoIterator<Item = S>) -> Self {
        self.repeatable = interfaces.into_iter().map(Into::into).collect();
        self
    }

    /// The build id that errors of the host have, as those of the component do: [`build_id`](crate::build_id) finds it.
    pub fn build_id(mut self, id: Option<String>) -> Self {
        self.build = id;
        self
    }

    /// Is called when an instance has ended, before its caller gets the error. It must not call the component.
    pub fn on_abort(mut self, listener: impl Fn(&AbortReport) + Send + Sync + 'static) -> Self {
        self.on_abort.push(Box::new(listener));
        self
    }

    /// Is called when an object could not be brought back.
    pub fn on_lost(mut self, listener: impl Fn(&LostReport) + Send + Sync + 'static) -> Self {
        self.on_lost.push(Box::new(listener));
        self
    }

    /// Makes the supervisor. The first call makes the first instance.
    ///
    /// # Errors
    /// A mistake, in one line: the component can't be linked, or the engine can't keep to the limits.
    pub fn build(self) -> Result<Supervisor<T>, Error> {
        self.finish(false)
    }

    /// The same for threads: calls block, and use wasmtime's blocking functions. Every function of the linker must
    /// be a blocking one, too.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn build_blocking(self) -> Result<BlockingSupervisor<T>, Error> {
        self.finish(true).map(BlockingSupervisor::new)
    }

    fn finish(self, blocking: bool) -> Result<Supervisor<T>, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let engine = self.component.engine().clone();
        if !Engine::same(&engine, self.linker.engine()) {
            return Err(Error::misuse(
                "the linker is of another engine than the component; make both by one",
            ));
        }
        if self.journal.calls == 0 {
            return Err(Error::misuse(
                "Journal.calls is 0; 1 is the least: every call is followed by a save",
            ));
        }
        let pre = self.linker.instantiate_pre(&self.component);
        let pre =
            pre.map_err(|why| Error::misuse(format!("the component can't be linked: {why:#}")))?;
        let core = Core {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            timed: is_timed(&engine),
            outside: catalog::calls_outside(&self.component, &self.repeatable),
            alarm: Alarm::new(engine.weak()),
            catalog: Catalog::of(&self.component),
            engine,
            pre,
            data: self.data,
            limits: self.limits,
            journal: self.journal,
            blocking,
            build: self.build,
            on_abort: self.on_abort,
            on_lost: self.on_lost,
            dropped: Arc::new(Dropped::default()),
            counters: Counters::default(),
            state: tokio::sync::Mutex::new(State::new(Restarts::new(self.restarts))),
        };
        if self.limits.timeout.is_some() {
            core.can_time()?;
        }
        let options = Options {
            timeout: self.limits.timeout,
            overlap: self.overlap,
        };
        Ok(Supervisor::new(core, options))
    }
}

/// Whether wasm looks at the engine's epoch: no function says so. A function that does traps in a store whose
/// deadline is 0. An engine that can't compile is believed.
fn is_timed(engine: &Engine) -> bool {
    /// `(module (func (export "f")))`
    const EMPTY: [u8; 34] = [
        0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 4,
        1, 2, 0, 11, 0, 1, 0,
    ];
    let Ok(module) = Module::from_binary(engine, &EMPTY) else {
        return true;
    };
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(0);
    let Ok(instance) = Instance::new(&mut store, &module, &[]) else {
        return true;
    };
    match instance.get_typed_func::<(), ()>(&mut store, "f") {
        Ok(function) => function.call(&mut store, ()).is_err(),
        Err(_) => true,
    }
}
