//! How an object comes into the instance: what it saved or how it was made, then the calls since.
//!
//! Records are read here and never changed. What bytes mean is the component's.

use std::sync::atomic::Ordering;
use std::time::Duration;

use wasmtime::component::{ResourceAny, Val};

use super::instance::{Core, State};
use crate::error::{self, Error};
use crate::handle::ObjectId;
use crate::limits::Guarded;
use crate::object::Place;
use crate::record::{Base, Ended, Record};
use crate::types::Kind;

/// Why an object did not come back.
enum NotRevived {
    /// It can't be brought back at all.
    Lost(&'static str, Error),
    /// Not now: its record is as it was.
    Later(Error),
}

impl<T: Guarded> Core<T> {
    /// Has an object in the instance, or says why it can't be.
    pub(crate) async fn revive(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        id: ObjectId,
    ) -> Result<(), Error> {
        let Some(object) = state.objects.get_mut(id) else {
            return Err(Error::misuse("the object of this handle was dropped"));
        };
        let class = &self.catalog.classes[object.class].name;
        match &object.place {
            Place::Live(_, epoch) if *epoch == state.epoch => return Ok(()),
            Place::Gone(why, cause) => return Err(error::stale(class, why, cause.clone())),
            Place::Live(_, epoch) if object.record.is_none() => {
                let why = format!("went with instance {epoch} of the component");
                let last = self.health().last;
                return Err(error::stale(class, &why, last));
            }
            Place::Live(..) | Place::Away => {}
        }
        // It stays with the object, in case that this call is dropped in the middle.
        let Some(record) = object.record.clone() else {
            return Err(error::stale(class, "can't be brought back", None));
        };
        if let Some(why) = record.behind.clone() {
            return Err(self.lose(state, id, BEHIND, why));
        }
        // An end from here on is not what the call asked for.
        state.unasked = true;
        let replayed = self.replay(state, timeout, id, &record).await;
        state.unasked = false;
        drop(record);
        match replayed {
            Ok(resource) => {
                let epoch = state.epoch;
                if let Some(object) = state.objects.get_mut(id) {
                    object.place = Place::Live(resource, epoch);
                }
                // What a failed call had left went with the instance.
                if let Some(record) = state.objects.record(id) {
                    record.unsure = false;
                }
                self.counters.revived.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(NotRevived::Later(error)) => Err(error),
            Err(NotRevived::Lost(why, cause)) => Err(self.lose(state, id, why, cause)),
        }
    }

    async fn replay(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        id: ObjectId,
        record: &Record,
    ) -> Result<ResourceAny, NotRevived> {
        let (function, params) = match &record.base {
            Base::Made(function, params) => (*function, params.clone()),
            Base::Saved(saved) => {
                let class = state.objects.get(id).map(|object| object.class);
                let persists = class.and_then(|class| self.catalog.classes[class].persists);
                let Some(persists) = persists else {
                    return Err(NotRevived::Later(Error::misuse(
                        "the class does not persist",
                    )));
                };
                (persists.restore, vec![saved.clone()])
            }
        };
        let answer = self.invoke(state, timeout, function, &params).await;
        let resource = match answer.and_then(|answer| self.judge(function, answer)) {
            Ok(Some(Val::Resource(resource))) => resource,
            Ok(_) => {
                return Err(NotRevived::Lost(
                    LOST,
                    Error::misuse("its constructor returned no object"),
                ));
            }
            Err(error) => return Err(not_revived(error)),
        };
        for entry in &record.entries {
            let mut params = entry.args.clone();
            if let Some(receiver) = params.first_mut() {
                *receiver = Val::Resource(resource);
            }
            self.counters.replayed.fetch_add(1, Ordering::Relaxed);
            let answer = self.invoke(state, timeout, entry.function, &params).await;
            let answer = answer.and_then(|answer| self.judge(entry.function, answer));
            let ended = Ended::of(&answer);
            if ended == entry.ended {
                continue;
            }
            let cause = match (ended, answer) {
                (Ended::Failed(_), Err(error)) => not_revived(error),
                (ended, answer) => {
                    let method = &self.catalog.functions[entry.function].name;
                    let text = format!(
                        "{method} {} and, when it was replayed, {}",
                        entry.ended.text(),
                        ended.text()
                    );
                    NotRevived::Lost(LOST, error::diverged(text, answer.err()))
                }
            };
            self.forget(state, timeout, resource).await;
            return Err(cause);
        }
        Ok(resource)
    }

    /// Drops what a replay has made of an object that does not come back.
    async fn forget(&self, state: &mut State<T>, timeout: Option<Duration>, resource: ResourceAny) {
        // Its own end, if it has one, is told to the listeners.
        let _ = self.drop_resource(state, timeout, resource).await;
    }
}

const LOST: &str = "could not be brought back after the instance ended";
const BEHIND: &str = "can't be brought back: it could not be saved before the instance ended";

/// Time or memory may be there again; whatever else fails fails again.
fn not_revived(error: Error) -> NotRevived {
    match error.kind() {
        Some(Kind::Timeout | Kind::OutOfMemory) => NotRevived::Later(error),
        _ => NotRevived::Lost(LOST, error),
    }
}
