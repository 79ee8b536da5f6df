//! One instance: it is made, entered, and ended. Everything that enters the guest goes through here.
//!
//! What is called, and what is kept of a call, is not known here.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::component::{Func, Instance, InstancePre, ResourceAny, Val};
use wasmtime::{CallHook, Engine, Store, UpdateDeadline};

use crate::catalog::{Catalog, FunctionIndex};
use crate::clock::{Alarm, Armed};
use crate::entry::{Inside, guarded};
use crate::error::{self, Error};
use crate::handle::Dropped;
use crate::limits::{Guarded, Limits};
use crate::object::{Objects, Place};
use crate::record::Journal;
use crate::restart::Restarts;
use crate::trap::{self, DeadlinePassed};

/// What is told when an instance has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AbortReport {
    /// Which instance it was, from 1.
    pub epoch: u64,
    /// What it ended by.
    pub error: Error,
    /// Whether the next call may make another; if not, the restart limit is reached.
    pub restarts: bool,
}

/// What is told when an object could not be brought back.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LostReport {
    /// The name of its resource.
    pub class: String,
    /// Why: what the calls that use its handle fail by.
    pub error: Error,
}

/// How a supervisor is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Health {
    /// The number of the instance, from 1; 0 before the first.
    pub epoch: u64,
    /// Whether there is an instance now.
    pub running: bool,
    /// Whether the restart limit is reached: no call works until `restart`.
    pub limited: bool,
    /// Bytes of memory that the instance had when the last call ended.
    pub memory: usize,
    /// Objects that handles stand for.
    pub objects: usize,
    /// Calls that entered the component.
    pub calls: u64,
    /// How many of them failed, other than by an error of the program's own.
    pub failed: u64,
    /// Calls that were refused, because another one was under way.
    pub busy: u64,
    /// Instances that ended.
    pub ended: u64,
    /// Objects that were brought back.
    pub revived: u64,
    /// Calls that were repeated for that.
    pub replayed: u64,
    /// Objects that could not be brought back.
    pub lost: u64,
    /// What the last instance ended by.
    pub last: Option<Error>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) epoch: AtomicU64,
    pub(crate) running: AtomicBool,
    pub(crate) limited: AtomicBool,
    pub(crate) memory: AtomicUsize,
    pub(crate) objects: AtomicUsize,
    pub(crate) calls: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) ended: AtomicU64,
    pub(crate) revived: AtomicU64,
    pub(crate) replayed: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) last: Mutex<Option<Error>>,
}

pub(crate) type Hook<R> = Box<dyn Fn(&R) + Send + Sync>;

/// What the clones of a supervisor share.
pub(crate) struct Core<T: 'static> {
    pub(crate) id: u64,
    pub(crate) engine: Engine,
    pub(crate) pre: InstancePre<T>,
    pub(crate) catalog: Catalog,
    pub(crate) data: Box<dyn Fn() -> T + Send + Sync>,
    pub(crate) limits: Limits,
    pub(crate) journal: Journal,
    /// The build id of the component, if the program told it.
    pub(crate) build: Option<String>,
    /// Calls block the thread.
    pub(crate) blocking: bool,
    /// The component calls functions of the program's that must not be called again by a replay.
    pub(crate) outside: bool,
    /// Wasm looks at the time.
    pub(crate) timed: bool,
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) on_abort: Vec<Hook<AbortReport>>,
    pub(crate) on_lost: Vec<Hook<LostReport>>,
    pub(crate) dropped: Arc<Dropped>,
    pub(crate) counters: Counters,
    pub(crate) state: tokio::sync::Mutex<State<T>>,
}

/// What one call at a time has.
pub(crate) struct State<T: 'static> {
    pub(crate) live: Option<Live<T>>,
    /// The guest was entered and not left: if a call finds that, the one before was dropped in the middle.
    pub(crate) entered: bool,
    /// What is done was asked for by no call; an end of the instance meanwhile is no progress.
    pub(crate) unasked: bool,
    pub(crate) epoch: u64,
    pub(crate) objects: Objects,
    restarts: Restarts,
}

/// An instance.
pub(crate) struct Live<T: 'static> {
    pub(crate) store: Store<T>,
    pub(crate) instance: Instance,
    functions: Vec<Option<Func>>,
    /// What `bindgen!` made for it, by type.
    pub(crate) bindings: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl<T: 'static> State<T> {
    pub(crate) fn new(restarts: Restarts) -> Self {
        State {
            live: None,
            entered: false,
            unasked: false,
            epoch: 0,
            objects: Objects::default(),
            restarts,
        }
    }
}

impl<T: Guarded> Core<T> {
    /// Refuses a deadline that nothing would meet.
    pub(crate) fn can_time(&self) -> Result<(), Error> {
        match self.timed {
            true => Ok(()),
            false => Err(Error::misuse(
                "a timeout needs an engine with epochs; make it by Limits::engine(), or with Config::epoch_interruption(true)",
            )),
        }
    }

    pub(crate) fn health(&self) -> Health {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.counters;
        Health {
            epoch: of(&counters.epoch),
            running: counters.running.load(Ordering::Relaxed),
            limited: counters.limited.load(Ordering::Relaxed),
            memory: counters.memory.load(Ordering::Relaxed),
            objects: counters.objects.load(Ordering::Relaxed),
            calls: of(&counters.calls),
            failed: of(&counters.failed),
            busy: of(&counters.busy),
            ended: of(&counters.ended),
            revived: of(&counters.revived),
            replayed: of(&counters.replayed),
            lost: of(&counters.lost),
            last: counters
                .last
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }

    /// Has an instance that nothing is left in of calls before, or says why there is none.
    pub(crate) async fn ready(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
    ) -> Result<(), Error> {
        // If a call was dropped in the middle, that was its caller's doing.
        state.unasked = false;
        if state.entered {
            let error = error::aborted(
                "the instance was given up: a call of it was dropped before it had ended",
                None,
            );
            self.end(state, &error);
        }
        loop {
            if let Some(limit) = state.restarts.limited() {
                let last = self
                    .counters
                    .last
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                return Err(error::restart_limit(limit.restarts, limit.period, last));
            }
            if state.live.is_none() {
                self.begin(state, timeout).await?;
            }
            self.drop_objects(state, timeout).await;
            if state.live.is_some() {
                return Ok(());
            }
        }
    }

    /// Makes an instance.
    async fn begin(&self, state: &mut State<T>, timeout: Option<Duration>) -> Result<(), Error> {
        let mut store = Store::new(&self.engine, (self.data)());
        store.data_mut().guard().set(&self.limits);
        store.limiter(|data| data.guard());
        let blocking = self.blocking;
        store.epoch_deadline_callback(move |mut store| {
            let guard = store.data_mut().guard();
            guard.left_for_the_engine();
            match guard.expired() {
                true => Err(wasmtime::Error::new(DeadlinePassed)),
                false if blocking => Ok(UpdateDeadline::Continue(1)),
                // Others of the executor's have their turn.
                false => Ok(UpdateDeadline::Yield(1)),
            }
        });
        if self.outside {
            store.call_hook(|mut store, event| {
                if matches!(event, CallHook::CallingHost) {
                    store.data_mut().guard().leaves();
                }
                Ok(())
            });
        }
        self.arm(&mut store, timeout);
        state.epoch += 1;
        self.counters.epoch.store(state.epoch, Ordering::Relaxed);
        let made = match self.blocking {
            true => {
                let _inside = Inside::of(self.id);
                let _armed = Armed::by(&self.alarm);
                Some(self.pre.instantiate(&mut store))
            }
            false => guarded(self.id, &self.alarm, self.pre.instantiate_async(&mut store)).await,
        };
        self.alarm.set(None);
        match made {
            Some(Ok(instance)) => {
                self.counters.running.store(true, Ordering::Relaxed);
                self.counters
                    .memory
                    .store(store.data_mut().guard().used(), Ordering::Relaxed);
                let functions = vec![None; self.catalog.functions.len()];
                state.live = Some(Live {
                    store,
                    instance,
                    functions,
                    bindings: HashMap::new(),
                });
                Ok(())
            }
            Some(Err(thrown)) => {
                let error = trap::ended(
                    thrown,
                    store.data_mut().guard().refused(),
                    self.build.clone(),
                );
                self.ended(state, &error, false);
                Err(error)
            }
            None => {
                let error = trap::timeout(Vec::new(), None, self.build.clone());
                self.ended(state, &error, false);
                Err(error)
            }
        }
    }

    /// Drops in the guest what no handle stands for any more.
    async fn drop_objects(&self, state: &mut State<T>, timeout: Option<Duration>) {
        let dropped = self.dropped.take();
        if dropped.is_empty() {
            return;
        }
        // All of them at once: if this call is dropped in the middle, the instance is given up.
        let epoch = state.epoch;
        let objects = dropped.into_iter().filter_map(|id| {
            let resource = state.objects.resource(id, epoch);
            state.objects.remove(id);
            resource
        });
        let resources: Vec<_> = objects.collect();
        self.counters
            .objects
            .store(state.objects.len(), Ordering::Relaxed);
        for resource in resources {
            // Nobody waits for it: whoever listens to ends hears of a destructor that traps.
            let _ = self.drop_resource(state, timeout, resource).await;
        }
    }

    /// Drops an object in the guest, unless its instance has ended.
    pub(crate) async fn drop_resource(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        resource: ResourceAny,
    ) -> Result<(), Error> {
        let Some(live) = &mut state.live else {
            return Ok(());
        };
        state.entered = true;
        self.arm(&mut live.store, timeout);
        let ended = match self.blocking {
            true => {
                let _inside = Inside::of(self.id);
                let _armed = Armed::by(&self.alarm);
                Some(resource.resource_drop(&mut live.store))
            }
            false => {
                guarded(
                    self.id,
                    &self.alarm,
                    resource.resource_drop_async(&mut live.store),
                )
                .await
            }
        };
        self.left(state, ended)
    }

    /// Gives the guest its time.
    pub(crate) fn arm(&self, store: &mut Store<T>, timeout: Option<Duration>) {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        store.data_mut().guard().arm(deadline);
        store.set_epoch_deadline(1);
        self.alarm.set(deadline);
    }

    /// Calls a function of the guest.
    pub(crate) async fn invoke(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        index: FunctionIndex,
        params: &[Val],
    ) -> Result<Option<Val>, Error> {
        let function = &self.catalog.functions[index];
        let Some(live) = &mut state.live else {
            return Err(error::aborted("the instance ended before this call", None));
        };
        let Live {
            store,
            instance,
            functions,
            ..
        } = live;
        let func = match functions[index] {
            Some(func) => func,
            None => {
                let found = instance.get_func(&mut *store, function.export);
                let func = found
                    .ok_or_else(|| Error::misuse(format!("{} is no function", function.name)))?;
                *functions[index].insert(func)
            }
        };
        let mut results = [Val::Bool(false)];
        let expected = usize::from(function.result.is_some());
        state.entered = true;
        self.arm(store, timeout);
        let ended = match self.blocking {
            true => {
                let _inside = Inside::of(self.id);
                let _armed = Armed::by(&self.alarm);
                Some(func.call(&mut *store, params, &mut results[..expected]))
            }
            false => {
                let call = func.call_async(&mut *store, params, &mut results[..expected]);
                guarded(self.id, &self.alarm, call).await
            }
        };
        self.left(state, ended)?;
        let [result] = results;
        Ok(function.result.is_some().then_some(result))
    }

    /// The guest was left: by a trap, by the deadline, or as it should.
    pub(crate) fn left<R>(
        &self,
        state: &mut State<T>,
        ended: Option<wasmtime::Result<R>>,
    ) -> Result<R, Error> {
        self.alarm.set(None);
        state.entered = false;
        let guard = state
            .live
            .as_mut()
            .map(|live| live.store.data_mut().guard());
        let (used, refused) = guard.map_or((0, None), |guard| (guard.used(), guard.refused()));
        self.counters.memory.store(used, Ordering::Relaxed);
        let error = match ended {
            Some(Ok(value)) => return Ok(value),
            Some(Err(thrown)) => trap::ended(thrown, refused, self.build.clone()),
            None => trap::timeout(Vec::new(), None, self.build.clone()),
        };
        self.end(state, &error);
        Err(error)
    }

    /// The instance has ended, or is given up: nothing enters it again.
    pub(crate) fn end(&self, state: &mut State<T>, error: &Error) {
        state.live = None;
        state.entered = false;
        self.ended(state, error, !state.unasked);
    }

    fn ended(&self, state: &mut State<T>, error: &Error, progress: bool) {
        let restarts = state.restarts.ended(progress, Instant::now());
        let counters = &self.counters;
        counters.running.store(false, Ordering::Relaxed);
        counters.limited.store(!restarts, Ordering::Relaxed);
        counters.memory.store(0, Ordering::Relaxed);
        counters.ended.fetch_add(1, Ordering::Relaxed);
        *counters.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error::kept(error));
        let report = AbortReport {
            epoch: state.epoch,
            error: error.clone(),
            restarts,
        };
        self.tell(&self.on_abort, &report);
    }

    /// The program asked for another instance.
    pub(crate) fn give_up(&self, state: &mut State<T>) {
        if state.live.is_some() {
            let error = error::aborted("the instance was given up: restart() was called", None);
            self.end(state, &error);
        }
        state.restarts.forget();
        self.counters.limited.store(false, Ordering::Relaxed);
    }

    /// An object can't be brought back: its handle is stale from here on.
    pub(crate) fn lose(
        &self,
        state: &mut State<T>,
        id: u64,
        why: &'static str,
        cause: Error,
    ) -> Error {
        let Some(object) = state.objects.get_mut(id) else {
            return cause;
        };
        let class = &self.catalog.classes[object.class].name;
        object.place = Place::Gone(why, Some(error::kept(&cause)));
        object.record = None;
        let error = error::stale(class, why, Some(cause));
        self.counters.lost.fetch_add(1, Ordering::Relaxed);
        self.tell(
            &self.on_lost,
            &LostReport {
                class: class.to_string(),
                error: error.clone(),
            },
        );
        error
    }

    /// Tells listeners. What one of them panics by costs no call; the panic hook has told of it.
    fn tell<R>(&self, listeners: &[Hook<R>], report: &R) {
        // One that calls the component is refused in place of waiting for itself.
        let _inside = Inside::of(self.id);
        for listener in listeners {
            let _ = catch_unwind(AssertUnwindSafe(|| listener(report)));
        }
    }
}
