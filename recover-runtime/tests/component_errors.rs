//! Errors of the user's as failures, and failures of other components as errors: classes, fields and chains.
#![cfg(feature = "component")]
// As wit-bindgen has a failure, and as an expansion has a probe.
#![allow(clippy::result_large_err, clippy::needless_borrow)]

use recover_runtime::__private::component as __c;
use recover_runtime::component::types::{Failure, Value};
use recover_runtime::component::{Error, ErrorClass, Raised};
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
