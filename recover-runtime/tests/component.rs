//! What the boundary of a component does, natively: resources by hand-written expansions, with handles of this file in place
//! of wit-bindgen's. What only a component does (real handles, traps, memory) is the fixture's in tests/fixtures/component.
#![cfg(all(feature = "component", feature = "persist"))]
// As wit-bindgen has it.
#![allow(clippy::result_large_err)]

use recover_runtime::__private as __recover;
use recover_runtime::__private::component as __c;
use recover_runtime::component::types::{Failure, Kind, Value};
use recover_runtime::component::{ErrorClass, Raised, Resource};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Handles as wit-bindgen makes them, as far as the runtime sees.
mod handles {
    use super::{Draft, Ledger, Resource};

    macro_rules! handles {
        ($own:ident, $borrow:ident, $user:ty) => {
            pub struct $own(Box<Resource<$user>>);

            impl $own {
                pub fn new(resource: Resource<$user>) -> Self {
                    $own(Box::new(resource))
                }

                pub fn into_inner(self) -> Resource<$user> {
                    *self.0
                }

                pub fn lend(&self) -> $borrow<'_> {
                    $borrow(&self.0)
                }
            }

            pub struct $borrow<'a>(&'a Resource<$user>);

            impl<'a> $borrow<'a> {
                pub fn get(&self) -> &'a Resource<$user> {
                    self.0
                }
            }
        };
    }

    handles!(LedgerHandle, LedgerBorrow, Ledger);
    handles!(DraftHandle, DraftBorrow, Draft);
}

/// With a journal, rolled back.
#[derive(Serialize, Deserialize)]
pub struct Ledger {
    entries: Vec<(String, i64)>,
    #[serde(skip)]
    bomb: bool,
}

/// A domain error.
#[derive(Debug)]
pub struct Quota {
    limit: u32,
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "quota of {} exceeded", self.limit)
    }
}

impl std::error::Error for Quota {}

impl ErrorClass for Quota {
    fn raised(&self) -> Raised {
        use __c::errors::*;
        Raised::new("QuotaError", "E_QUOTA", (&&Message(self)).text())
            .field("limit", (&&&Probe(&self.limit)).value())
            .because((&&Source(self)).causes())
    }
}

impl Ledger {
    fn new() -> Self {
        Ledger {
            entries: Vec::new(),
            bomb: false,
        }
    }

    fn put(&mut self, key: String, amount: i64) -> Result<u32, Quota> {
        if self.entries.len() == 3 {
            return Err(Quota { limit: 3 });
        }
        self.entries.push((key, amount));
        Ok(self.entries.len() as u32)
    }

    fn fail(&mut self, key: String) -> u32 {
        self.entries.clear();
        self.bomb = true;
        panic!("no {key}")
    }

    fn merge(&mut self, other: &Ledger) -> u32 {
        self.entries.extend(other.entries.iter().cloned());
        self.entries.len() as u32
    }

    fn absorb(&mut self, other: Ledger) -> Ledger {
        let mut both = Ledger::new();
        both.entries.append(&mut self.entries);
        both.entries.extend(other.entries.iter().cloned());
        both
    }

    fn keys(&self) -> Vec<String> {
        self.entries.iter().map(|(key, _)| key.clone()).collect()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if self.bomb {
            panic!("in the destructor of what a panic left");
        }
    }
}

impl __recover::Class for Ledger {
    const NAME: &'static str = "Ledger";
}

impl __c::Component for Ledger {
    const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Rollback;
    const SHARED: __recover::OnPanic = __recover::OnPanic::Keep;
    const INTERIOR: bool = false;
    type Persistence = __recover::persisted!(true, 0, 0);
}

__recover::persists!(Ledger);
__c::exported!(Ledger, handles::LedgerHandle, handles::LedgerBorrow);

trait GuestLedger: Sized {
    fn new() -> Self;
    fn put(&self, key: String, amount: i64) -> Result<u32, Failure>;
    fn fail(&self, key: String) -> Result<u32, Failure>;
    fn merge(&self, other: handles::LedgerBorrow<'_>) -> Result<u32, Failure>;
    fn absorb(&self, other: handles::LedgerHandle) -> Result<handles::LedgerHandle, Failure>;
    fn keys(&self) -> Result<Vec<String>, Failure>;
    fn save(&self) -> Result<Vec<u8>, Failure>;
    fn restore(bytes: Vec<u8>) -> Result<handles::LedgerHandle, Failure>;
}

impl GuestLedger for Resource<Ledger> {
    fn new() -> Self {
        __c::construct!("Ledger::new", (), |_args| __c::ended!(
            Ledger::new(),
            Ledger as value
        ))
    }

    fn put(
        &self,
        arg0: __c::wire!(String),
        arg1: __c::wire!(i64),
    ) -> Result<__c::returned!(Result<u32, Quota>), Failure> {
        __c::call!(
            "Ledger::put",
            (
                __c::exclusive(self),
                (
                    __c::argument!(String, arg0),
                    (__c::argument!(i64, arg1), ())
                )
            ),
            |args| {
                __c::journals!(Ledger, own String, "key", "Ledger::put");
                __c::journal!(Ledger, args, Ledger::put, "Ledger::put", [own arg0: String] [own arg1: i64]);
                __c::ended!(
                    Ledger::put(args.0.get()?, args.1.0.take()?, args.1.1.0.take()?),
                    Result<u32, Quota>
                )
            }
        )
    }

    fn fail(&self, arg0: __c::wire!(String)) -> Result<__c::returned!(u32), Failure> {
        __c::call!(
            "Ledger::fail",
            (__c::exclusive(self), (__c::argument!(String, arg0), ())),
            |args| {
                __c::journal!(Ledger, args, Ledger::fail, "Ledger::fail", [own arg0: String]);
                __c::ended!(Ledger::fail(args.0.get()?, args.1.0.take()?), u32)
            }
        )
    }

    fn merge(&self, arg0: __c::lent!(Ledger)) -> Result<__c::returned!(u32), Failure> {
        __c::call!(
            "Ledger::merge",
            (
                __c::exclusive(self),
                (__c::lent_argument!(Ledger, arg0), ())
            ),
            |args| {
                __c::journal!(Ledger, args, Ledger::merge, "Ledger::merge", [lent arg0: Ledger]);
                __c::ended!(Ledger::merge(args.0.get()?, args.1.0.get()?), u32)
            }
        )
    }

    fn absorb(&self, arg0: __c::wire!(Ledger)) -> Result<__c::returned!(Ledger), Failure> {
        __c::call!(
            "Ledger::absorb",
            (__c::exclusive(self), (__c::argument!(Ledger, arg0), ())),
            |args| {
                __c::journal!(Ledger, args, Ledger::absorb, "Ledger::absorb", [own arg0: Ledger]);
                __c::ended!(Ledger::absorb(args.0.get()?, args.1.0.take()?), Ledger)
            }
        )
    }

    fn keys(&self) -> Result<__c::returned!(Vec<String>), Failure> {
        __c::call!("Ledger::keys", (__c::shared(self), ()), |args| __c::ended!(
            Ledger::keys(args.0.get()?),
            Vec<String>
        ))
    }

    fn save(&self) -> Result<Vec<u8>, Failure> {
        __c::save!("Ledger::save", self)
    }

    fn restore(bytes: Vec<u8>) -> Result<__c::wire!(Ledger), Failure> {
        __c::restore!("Ledger::restore", Ledger, bytes)
    }
}

/// Without persistence, poisoned.
pub struct Draft(String);

impl Draft {
    fn of(text: Option<&str>) -> Self {
        Draft(text.expect("no text").to_owned())
    }
}

impl __recover::Class for Draft {
    const NAME: &'static str = "Draft";
}

impl __c::Component for Draft {
    const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Poison;
    const SHARED: __recover::OnPanic = __recover::OnPanic::Keep;
    const INTERIOR: bool = false;
    type Persistence = __recover::Transient;
}

__c::exported!(Draft, handles::DraftHandle, handles::DraftBorrow);

fn write(draft: &Resource<Draft>, text: &str) -> Result<u32, Failure> {
    let text = text.to_owned();
    __c::call!(
        "Draft::write",
        (__c::exclusive(draft), (__c::argument!(String, text), ())),
        |args| {
            let draft = args.0.get()?;
            draft.0.push_str(args.1.0.peek()?);
            assert!(!draft.0.ends_with('!'), "no shouting");
            Ok(draft.0.len() as u32)
        }
    )
}

/// The process has one panic hook, so tests take turns.
fn quiet<R>(run: impl FnOnce() -> R) -> R {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    std::panic::set_hook(before);
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn text(failure: &Failure, name: &str) -> Option<Value> {
    let found = failure.fields.iter().find(|field| field.name == name);
    found.map(|field| field.value.clone())
}

#[test]
fn a_panic_is_a_failure_with_its_place_and_the_object_is_as_it_was() {
    quiet(|| {
        let ledger = <Resource<Ledger> as GuestLedger>::new();
        assert_eq!(ledger.put("a".into(), 1).unwrap(), 1);
        assert_eq!(ledger.put("b".into(), 2).unwrap(), 2);
        for _ in 0..3 {
            let failure = ledger.fail("c".into()).unwrap_err();
            assert_eq!(failure.kind, Kind::Panic);
            assert_eq!((&*failure.class, &*failure.code), ("PanicError", "E_PANIC"));
            assert_eq!(failure.message, "no c");
            assert_eq!((&*failure.language, failure.build), ("rust", None));
            assert!(!failure.retryable && !failure.fatal);
            let at = failure.location.unwrap();
            assert_eq!(at.file, file!());
            assert!(at.line > 1 && at.column > 1);
            let [inner, outer] = &failure.frames[..] else {
                panic!("two frames: {:?}", failure.frames)
            };
            assert_eq!(inner.location.as_ref(), Some(&at));
            assert_eq!(outer.function.as_deref(), Some("component::Ledger::fail"));
            assert_eq!(ledger.keys().unwrap(), ["a", "b"]);
        }
        assert_eq!(ledger.put("c".into(), 3).unwrap(), 3);
        let failure = ledger.put("d".into(), 4).unwrap_err();
        assert_eq!(
            (failure.kind, &*failure.class),
            (Kind::Domain, "QuotaError")
        );
        assert_eq!(text(&failure, "limit"), Some(Value::Unsigned(3)));
        // The journal has the call that ended with an error, too.
        assert_eq!(ledger.fail("e".into()).unwrap_err().message, "no e");
        assert_eq!(ledger.keys().unwrap(), ["a", "b", "c"]);
    });
}

#[test]
fn a_resource_that_is_lent_to_a_call_of_itself_is_busy() {
    quiet(|| {
        let handle = handles::LedgerHandle::new(GuestLedger::new());
        let ledger = handle.lend().get();
        let failure = ledger.merge(handle.lend()).unwrap_err();
        assert_eq!((failure.kind, &*failure.code), (Kind::Busy, "E_BUSY"));
        assert!(failure.retryable);
        assert_eq!(text(&failure, "object"), Some(Value::Text("Ledger".into())));
        assert_eq!(ledger.put("a".into(), 1).unwrap(), 1, "nothing is held");
    });
}

#[test]
fn a_resource_that_is_lent_stays_and_one_that_is_consumed_is_gone() {
    quiet(|| {
        let one: Resource<Ledger> = GuestLedger::new();
        let other = handles::LedgerHandle::new(GuestLedger::new());
        one.put("a".into(), 1).unwrap();
        other.lend().get().put("b".into(), 2).unwrap();
        assert_eq!(one.merge(other.lend()).unwrap(), 2);
        assert_eq!(other.lend().get().keys().unwrap(), ["b"]);
        // The journal has both arguments.
        one.fail(String::new()).unwrap_err();
        assert_eq!(one.keys().unwrap(), ["a", "b"]);
        let both = one.absorb(other).unwrap();
        assert_eq!(both.lend().get().keys().unwrap(), ["a", "b", "b"]);
        one.fail(String::new()).unwrap_err();
        assert!(one.keys().unwrap().is_empty());
    });
}

#[test]
fn what_was_saved_is_restored_and_what_was_not_is_refused() {
    quiet(|| {
        let ledger: Resource<Ledger> = GuestLedger::new();
        ledger.put("a".into(), 1).unwrap();
        let bytes = ledger.save().unwrap();
        let again = <Resource<Ledger> as GuestLedger>::restore(bytes.clone()).unwrap();
        assert_eq!(again.lend().get().keys().unwrap(), ["a"]);
        assert_eq!(again.lend().get().save().unwrap(), bytes);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let refused = <Resource<Ledger> as GuestLedger>::restore(changed);
            let failure = refused.err().unwrap();
            assert_eq!(
                (failure.kind, &*failure.class, &*failure.code),
                (Kind::Domain, "ImportError", "E_IMPORT")
            );
        }
    });
}

#[test]
fn a_poisoned_object_refuses_with_the_panic_as_its_cause_until_its_state_is_accepted() {
    quiet(|| {
        let draft = Resource::new(Draft(String::new()));
        assert_eq!(write(&draft, "no").unwrap(), 2);
        assert_eq!(write(&draft, "!").unwrap_err().kind, Kind::Panic);
        assert!(draft.is_poisoned());
        let failure = write(&draft, "more").unwrap_err();
        assert_eq!(
            (failure.kind, &*failure.class),
            (Kind::Poisoned, "PoisonedError")
        );
        assert_eq!(failure.causes[0].message, "no shouting");
        assert!(failure.causes[0].location.is_some());
        let clear = || __c::clear_poison!("Draft::clear_poison", &draft);
        assert!(clear().unwrap());
        assert!(!clear().unwrap());
        assert_eq!(write(&draft, ".").unwrap(), 4);
    });
}

#[test]
fn a_constructor_that_fails_leaves_an_object_that_says_why() {
    quiet(|| {
        let draft: Resource<Draft> = __c::construct!("Draft::new", (), |_args| {
            __c::ended!(Draft::of(None), Draft as value)
        });
        for _ in 0..2 {
            let failure = write(&draft, "a").unwrap_err();
            assert_eq!(failure.kind, Kind::Poisoned);
            assert_eq!(failure.causes[0].message, "no text");
            // There is no state to accept.
            assert!(!__c::clear_poison!("Draft::clear_poison", &draft).unwrap());
        }
    });
}

#[test]
fn a_destructor_that_panics_ends_with_its_handle() {
    thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
            panic!("in drop");
        }
    }
    impl __recover::Class for Bomb {
        const NAME: &'static str = "Bomb";
    }
    impl __c::Component for Bomb {
        const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Keep;
        const SHARED: __recover::OnPanic = __recover::OnPanic::Keep;
        const INTERIOR: bool = false;
        type Persistence = __recover::Transient;
    }
    quiet(|| drop(Resource::new(Bomb)));
    assert_eq!(DROPPED.get(), 1);
}
