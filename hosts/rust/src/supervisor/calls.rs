//! The life of one call: its objects come in, the guest runs, and the records of all objects move together.
//!
//! How the guest is entered is `instance.rs`; how an object comes back is `revive.rs`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use wasmtime::component::Val;

use super::instance::{Core, State};
use crate::catalog::FunctionIndex;
use crate::error::{self, Error};
use crate::handle::{Handle, ObjectId};
use crate::limits::Guarded;
use crate::object::{Object, Place, Used, lift, lower};
use crate::record::{Base, Ended, Entry, Record};
use crate::value::Value;

/// A call that has ended, for the journal.
struct Call {
    entry: Entry,
    /// The guest called a function of the program's.
    outside: bool,
}

/// The objects of a call.
struct Objects {
    receiver: Option<ObjectId>,
    borrowed: Vec<ObjectId>,
    consumed: Vec<ObjectId>,
    /// Those that the answer has.
    made: Vec<ObjectId>,
}

impl<T: Guarded> Core<T> {
    /// Makes a call, whose arguments are of the right types.
    pub(crate) async fn call(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        index: FunctionIndex,
        receiver: Option<&Handle>,
        args: Vec<Value>,
    ) -> Result<Value, Error> {
        let used = self.used(index, receiver, &args)?;
        self.ready(state, timeout).await?;
        for object in receiver
            .into_iter()
            .chain(&used.borrowed)
            .chain(&used.consumed)
        {
            self.revive(state, timeout, object.id()).await?;
        }
        let resource = |object: &Handle| state.objects.resource(object.id(), state.epoch);
        let receiving = receiver.map(|object| resource(object).map(Val::Resource));
        let given = args.into_iter().map(|value| lower(value, &resource));
        let params: Option<Vec<Val>> = receiving.into_iter().chain(given).collect();
        let params =
            params.ok_or_else(|| error::aborted("the instance ended before this call", None))?;

        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        let answer = match self.invoke(state, timeout, index, &params).await {
            Ok(answer) => self.judge(index, answer),
            Err(error) => Err(error),
        };
        let mut objects = Objects {
            receiver: receiver.map(Handle::id),
            borrowed: used.borrowed.iter().map(Handle::id).collect(),
            consumed: used.consumed.iter().map(Handle::id).collect(),
            made: Vec::new(),
        };
        let ended = Ended::of(&answer);
        if let (Ended::Failed(_), Err(error)) = (&ended, &answer) {
            self.counters.failed.fetch_add(1, Ordering::Relaxed);
            self.failed(state, &objects, error);
            return Err(error.clone());
        }
        // The answer's handles go away by themselves if the records can't be moved.
        let answer = answer.map(|value| self.answer(state, index, value, &mut objects.made));
        let outside = called_outside(state, objects.made.len());
        match used.is_empty() {
            true => {
                let call = Call {
                    outside,
                    entry: Entry {
                        function: index,
                        args: params,
                        ended,
                    },
                };
                self.journal(state, timeout, call, &objects).await?
            }
            false => self.together(state, timeout, &objects).await?,
        }
        answer
    }

    /// The objects among the arguments.
    fn used(
        &self,
        index: FunctionIndex,
        receiver: Option<&Handle>,
        args: &[Value],
    ) -> Result<Used, Error> {
        let mut used = Used::default();
        let function = &self.catalog.functions[index];
        if !function.takes_handles {
            return Ok(used);
        }
        let params = &function.params[usize::from(receiver.is_some())..];
        for ((_, shape), value) in params.iter().zip(args) {
            used.find(shape, value);
        }
        for object in used.borrowed.iter().chain(&used.consumed) {
            self.owns(object)?;
        }
        for (at, object) in used.consumed.iter().enumerate() {
            let others = used
                .borrowed
                .iter()
                .chain(receiver)
                .chain(&used.consumed[at + 1..]);
            if others.into_iter().any(|other| other.id() == object.id()) {
                let name = &function.name;
                return Err(Error::misuse(format!(
                    "{name} consumes a {} that it is given twice; give two",
                    object.class()
                )));
            }
        }
        Ok(used)
    }

    /// What an answer of the guest means: a value, or the error in it.
    pub(crate) fn judge(
        &self,
        index: FunctionIndex,
        answer: Option<Val>,
    ) -> Result<Option<Val>, Error> {
        match (self.catalog.functions[index].fails, answer) {
            (true, Some(Val::Result(Ok(value)))) => Ok(value.map(|value| *value)),
            (true, Some(Val::Result(Err(Some(failure))))) => Err(match error::failure(*failure) {
                Ok(failure) => Error::from(failure),
                Err(why) => Error::misuse(format!(
                    "the component told of a failure that can't be read: {why}"
                )),
            }),
            (_, answer) => Ok(answer),
        }
    }

    /// The answer as the program gets it, with a handle for each new object.
    fn answer(
        &self,
        state: &mut State<T>,
        index: FunctionIndex,
        value: Option<Val>,
        made: &mut Vec<ObjectId>,
    ) -> Value {
        let function = &self.catalog.functions[index];
        let shape = match (&function.result, function.fails) {
            (Some(crate::shape::Shape::Result(ok, _)), true) => ok.as_deref(),
            (shape, _) => shape.as_ref(),
        };
        let (Some(value), Some(shape)) = (value, shape) else {
            return Value::unit();
        };
        if !function.gives_handles {
            return Value::Plain(value);
        }
        let epoch = state.epoch;
        let objects = &mut state.objects;
        let answer = lift(value, shape, &mut |resource, class| {
            let id = objects.insert(Object {
                class,
                place: Place::Live(resource, epoch),
                record: None,
            });
            made.push(id);
            let name = Arc::clone(&self.catalog.classes[class].name);
            Handle::new(id, self.id, class, name, Arc::clone(&self.dropped))
        });
        self.counters
            .objects
            .store(state.objects.len(), Ordering::Relaxed);
        answer
    }

    /// A call failed, and none of it is journaled.
    fn failed(&self, state: &mut State<T>, objects: &Objects, error: &Error) {
        // A guest that can't go on says so.
        if error.fatal() && state.live.is_some() {
            self.end(state, error);
        }
        let lives = state.live.is_some();
        for &id in &objects.consumed {
            if let Some(object) = state.objects.get_mut(id) {
                object.place = match object.record {
                    // With the instance went whatever it had become part of.
                    Some(_) if !lives => Place::Away,
                    // Where its value is, nobody knows: it may live on in another object.
                    _ => Place::Gone("was consumed by a call that failed", None),
                };
                if lives {
                    object.record = None;
                }
            }
        }
        // What it left may have been kept. The kind does not tell: a failure of another component is passed on as it is.
        if lives {
            for &id in objects.receiver.iter().chain(&objects.borrowed) {
                if let Some(record) = state.objects.record(id) {
                    record.unsure = true;
                }
            }
        }
    }

    /// Journals a call without objects among its arguments.
    async fn journal(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        call: Call,
        objects: &Objects,
    ) -> Result<(), Error> {
        let Call { outside, entry } = call;
        let index = entry.function;
        let constructs = objects.made.first().is_some_and(|&id| {
            let class = state.objects.get(id).map(|object| object.class);
            class.is_some_and(|class| self.catalog.classes[class].constructor == Some(index))
        });
        match (&objects.made[..], constructs) {
            ([], _) => {}
            (&[id], true) if !outside => {
                if let Some(object) = state.objects.get_mut(id)
                    && self.catalog.classes[object.class].persists.is_some()
                {
                    object.record = Some(Arc::new(Record::new(Base::Made(index, entry.args))));
                }
                return Ok(());
            }
            // Nothing tells by what these could be made again, but what they save.
            _ => return self.together(state, timeout, objects).await,
        }
        let Some(id) = objects.receiver else {
            return Ok(());
        };
        let Some(record) = state.objects.record(id) else {
            return Ok(());
        };
        // What the program did for the call would be done again by a replay.
        if outside || !record.is_whole() {
            return self.snapshot(state, timeout, id).await;
        }
        record.push(entry);
        if !record.is_due(self.journal) {
            return Ok(());
        }
        // The call is acknowledged: whatever happens to the save, its answer stands.
        state.unasked = true;
        let saved = self.save(state, timeout, id).await;
        state.unasked = false;
        if let Some(record) = state.objects.record(id) {
            match saved {
                Ok(saved) => record.cut(saved),
                Err(_) => record.postpone(),
            }
        }
        Ok(())
    }

    /// What an object saves is the only record of a call. If that ends the instance, the call never happened.
    async fn snapshot(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        id: ObjectId,
    ) -> Result<(), Error> {
        let saved = self.save(state, timeout, id).await;
        if state.live.is_none() {
            let why = "the instance was given up: the object could not be saved, so the call did not happen";
            return Err(error::aborted(why, saved.err()));
        }
        if let Some(record) = state.objects.record(id) {
            match saved {
                Ok(saved) => record.cut(saved),
                Err(why) => record.behind = Some(error::kept(&why)),
            }
        }
        Ok(())
    }

    /// Moves the records of all objects of a call, or none: each of them is saved before the first record changes.
    async fn together(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        objects: &Objects,
    ) -> Result<(), Error> {
        let mut staged = Vec::new();
        for &id in objects
            .receiver
            .iter()
            .chain(&objects.borrowed)
            .chain(&objects.made)
        {
            if staged.iter().any(|&(other, _)| other == id) || !self.persists(state, id) {
                continue;
            }
            match self.save(state, timeout, id).await {
                Ok(saved) => staged.push((id, saved)),
                Err(cause) => {
                    // What the objects are and what the records say would differ: all go back to the records.
                    let why = "the instance was given up: an object of the call could not be saved, so the call did not happen";
                    let error = error::aborted(why, Some(cause));
                    if state.live.is_some() {
                        self.end(state, &error);
                    }
                    return Err(error);
                }
            }
        }
        for (id, saved) in staged {
            if let Some(object) = state.objects.get_mut(id) {
                object.record = Some(Arc::new(Record::new(Base::Saved(saved))));
            }
        }
        for &id in &objects.consumed {
            if let Some(object) = state.objects.get_mut(id) {
                object.place = Place::Gone("was consumed", None);
                object.record = None;
            }
        }
        Ok(())
    }

    fn persists(&self, state: &State<T>, id: ObjectId) -> bool {
        let class = state.objects.get(id).map(|object| object.class);
        class.is_some_and(|class| self.catalog.classes[class].persists.is_some())
    }

    /// What an object saves.
    async fn save(
        &self,
        state: &mut State<T>,
        timeout: Option<Duration>,
        id: ObjectId,
    ) -> Result<Val, Error> {
        let resource = state.objects.resource(id, state.epoch);
        let class = state.objects.get(id).map(|object| object.class);
        let persists = class.and_then(|class| self.catalog.classes[class].persists);
        let (Some(resource), Some(persists)) = (resource, persists) else {
            return Err(error::aborted(
                "the instance ended before an object was saved",
                None,
            ));
        };
        let answer = self
            .invoke(state, timeout, persists.save, &[Val::Resource(resource)])
            .await?;
        let saved = self.judge(persists.save, answer);
        if let Err(error) = &saved
            && error.fatal()
        {
            self.end(state, error);
        }
        saved?.ok_or_else(|| Error::misuse("`save` returned nothing"))
    }
}

/// Whether the guest called the program in the call that it was left by last; each object that it made was a call of the engine.
fn called_outside<T: Guarded>(state: &mut State<T>, made: usize) -> bool {
    let live = state.live.as_mut();
    live.is_some_and(|live| live.store.data_mut().guard().called() > made)
}
