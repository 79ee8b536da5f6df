//! Errors of the user's as failures, and failures of other components as errors: classes, fields and chains.
#![cfg(feature = "component")]
// As wit-bindgen has a failure, and as an expansion has a probe.
#![allow(clippy::result_large_err, clippy::needless_borrow)]

use recover_runtime::__private::component as __c;
use recover_runtime::component::types::{Failure, Frame, Value};
use recover_runtime::component::{Error, ErrorClass, Raised};
use std::cell::Cell;
use std::fmt;

#[derive(Debug)]
struct NoKey {
    key: String,
    source: NotIndexed,
}

#[derive(Debug)]
struct NotIndexed(std::num::ParseIntError);

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no key {}", self.key)
    }
}

impl fmt::Display for NotIndexed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not indexed")
    }
}

impl std::error::Error for NoKey {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl std::error::Error for NotIndexed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl ErrorClass for NoKey {
    fn raised(&self) -> Raised {
        use __c::errors::*;
        Raised::new("NoKeyError", "E_NO_KEY", (&&Message(self)).text())
            .field("key", (&&&Probe(&self.key)).value())
            .because((&&&&&Probe(&self.source)).causes())
            .because((&&Source(self)).causes())
    }
}

fn failed<E>(raise: impl Fn() -> Result<u32, E>, told: impl Fn(E) -> Raised) -> Failure {
    let failed = __c::call!("failed", (), |_args| raise()
        .map_err(|error| told(error).into_failure()));
    failed.unwrap_err()
}

macro_rules! raised {
    ($error:expr) => {
        failed(
            || Err($error),
            |error| {
                use __c::errors::*;
                (&&&&&&Probe(&error)).raised()
            },
        )
    };
}

#[test]
fn the_errors_behind_one_are_causes_in_order() {
    let failure = raised!(NoKey {
        key: "x".into(),
        source: NotIndexed("y".parse::<i64>().unwrap_err()),
    });
    let chain: Vec<_> = failure
        .causes
        .iter()
        .map(|cause| (&*cause.class, &*cause.message))
        .collect();
    assert_eq!(
        chain,
        [
            ("NotIndexed", "not indexed"),
            ("Error", "invalid digit found in string")
        ]
    );
    // An error without a class of its own has that of its type.
    let failure = raised!("z".parse::<i64>().unwrap_err());
    assert_eq!((&*failure.class, &*failure.code), ("ParseIntError", ""));
    let failure = raised!("no class".to_owned());
    assert_eq!((&*failure.class, &*failure.message), ("Error", "no class"));
    let boxed: fn() -> Box<dyn std::error::Error> =
        || Box::new(NotIndexed("y".parse::<i64>().unwrap_err()));
    let failure = raised!(boxed());
    assert_eq!(
        (&*failure.message, failure.causes.len()),
        ("not indexed", 1)
    );
}

/// What a Python component raised, with two causes of its own.
fn foreign() -> Failure {
    let mut failure = raised!(NoKey {
        key: "x".into(),
        source: NotIndexed("y".parse::<i64>().unwrap_err()),
    });
    failure.language = "python".into();
    failure.class = "KeyError".into();
    failure.fatal = true;
    failure.build = Some("ab".into());
    failure
}

#[derive(Debug)]
struct Asked(Error);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("asked in vain")
    }
}

impl std::error::Error for Asked {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn a_failure_of_another_component_goes_on_with_all_that_is_behind_it() {
    let error = Error::from(foreign());
    assert_eq!((error.class(), error.language()), ("KeyError", "python"));
    assert_eq!(error.field("key"), Some(&Value::Text("x".into())));
    let behind: Vec<_> =
        std::iter::successors(std::error::Error::source(&error), |error| error.source())
            .map(|error| error.to_string())
            .collect();
    assert_eq!(
        behind,
        [
            "NotIndexed: not indexed",
            "Error: invalid digit found in string"
        ]
    );
    // As it is, but for what is not so here.
    let failure = raised!(Error::from(foreign()));
    assert!(!failure.fatal);
    assert_eq!(
        (&*failure.class, failure.build.as_deref()),
        ("KeyError", Some("ab"))
    );
    assert_eq!(failure.causes, foreign().causes);
    // Behind an error of ours.
    let failure = raised!(Asked(foreign().into()));
    let classes: Vec<_> = failure.causes.iter().map(|cause| &*cause.class).collect();
    assert_eq!(classes, ["KeyError", "NotIndexed", "Error"]);
    assert_eq!(failure.causes[0].language, "python");
    assert_eq!(failure.causes[0].fields, foreign().fields);
    fn is_for_threads<E: Send + Sync + 'static>(_: &E) {}
    is_for_threads(&error);
}

#[test]
fn a_chain_without_an_end_is_cut() {
    #[derive(Debug)]
    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }
    impl std::error::Error for Endless {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(self)
        }
    }
    assert_eq!(raised!(Endless).causes.len(), 8);
}

#[test]
fn frames_of_causes_are_cut_as_those_of_the_failure() {
    let frame = Frame {
        function: Some("f".into()),
        location: None,
        module: None,
        offset: None,
    };
    let mut long = foreign();
    long.frames = vec![frame.clone(); 100];
    for cause in &mut long.causes {
        cause.frames = vec![frame.clone(); 100];
    }
    long.causes.resize(20, long.causes[0].clone());
    let frames = |failure: &Failure| -> Vec<_> {
        let causes = failure.causes.iter().map(|cause| cause.frames.len());
        causes.collect()
    };
    let on = raised!(Error::from(long.clone()));
    assert_eq!(on.frames.len(), 64);
    assert_eq!(frames(&on), [64; 8]);
    let behind = raised!(Asked(long.clone().into()));
    assert_eq!(frames(&behind), [64; 8]);
    let by_hand = failed(
        || Err(()),
        |()| Raised::new("A", "", String::new()).because(Some(long.causes.clone())),
    );
    assert_eq!(frames(&by_hand), [64; 8]);
}

/// One behind the other, each with its own class.
#[derive(recover_runtime::ErrorClass)]
enum Nested {
    Leaf,
    Node { source: Box<Nested> },
}

thread_local!(static TOLD: Cell<u32> = const { Cell::new(0) });

impl fmt::Display for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TOLD.set(TOLD.get() + 1);
        f.write_str("nested")
    }
}

#[test]
fn a_chain_that_is_deeper_than_the_stack_costs_what_is_told_of_it() {
    let deep = (0..100_000).fold(Nested::Leaf, |source, _| Nested::Node {
        source: Box::new(source),
    });
    // Its own destructor would need the stack.
    let deep: &'static Nested = Box::leak(Box::new(deep));
    let told = failed(|| Err(deep), ErrorClass::raised);
    let classes: Vec<_> = told.causes.iter().map(|cause| &*cause.class).collect();
    assert_eq!(
        (&*told.class, &classes[..]),
        ("NodeError", &["NodeError"; 8][..])
    );
    assert_eq!(TOLD.get(), 9);
    // The next error has all of its own.
    let short = Nested::Node {
        source: Box::new(Nested::Leaf),
    };
    let told = failed(|| Err(&short), ErrorClass::raised);
    let classes: Vec<_> = told.causes.iter().map(|cause| &*cause.class).collect();
    assert_eq!(classes, ["LeafError"]);
}

/// Errors whose names are those of what the derive uses.
mod named {
    use recover_runtime::ErrorClass;
    use std::fmt;

    #[derive(ErrorClass)]
    pub(super) enum Message {}

    #[derive(ErrorClass)]
    pub(super) struct Source;

    #[derive(ErrorClass)]
    pub(super) struct Probe {
        pub(super) source: Source,
        pub(super) count: u32,
    }

    macro_rules! told {
        ($($name:ident)*) => { $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(stringify!($name))
                }
            }
        )* };
    }

    told!(Message Source Probe);
}

#[test]
fn errors_may_have_the_names_of_what_the_derive_uses() {
    let told = raised!(named::Probe {
        source: named::Source,
        count: 2,
    });
    assert_eq!((&*told.class, &*told.message), ("Probe", "Probe"));
    assert_eq!(told.causes[0].class, "Source");
    assert_eq!(told.fields[0].value, Value::Unsigned(2));
    let told = raised!(None::<named::Message>.map_or(named::Source, |never| match never {}));
    assert_eq!(told.class, "Source");
}
