//! Every way to fail ends by a typed error, and the next call works.

use std::error::Error as _;

use recover_host::types::{Kind, Value as Named};
use recover_host::{CauseError, Error, values};

use crate::support::{LEDGERS, app, fail, live, works};

#[tokio::test]
async fn an_error_of_the_programs_own_keeps_its_class_fields_and_causes() {
    let app = app();
    let error = app.call(LEDGERS, "parse", values!["x1"]).await.unwrap_err();
    assert!(
        matches!(&error, Error::Domain(domain) if domain.is("NotANumberError")),
        "{error:?}"
    );
    assert_eq!(error.kind(), Some(Kind::Domain));
    assert_eq!(error.code(), "E_NOT_A_NUMBER");
    assert_eq!(error.field("text"), Some(&Named::Text("x1".to_owned())));
    assert_eq!(error.field("other"), None);
    assert!(!error.fatal());
    assert_eq!(error.causes().len(), 1);
    let source = error
        .source()
        .and_then(|source| source.downcast_ref::<CauseError>())
        .unwrap();
    assert_eq!(source.to_string(), "invalid digit found in string");
    assert_eq!(source.cause(), &error.causes()[0]);
    assert!(source.source().is_none());
    works(&app).await;
    assert_eq!(app.health().ended, 0);
}

#[tokio::test]
async fn a_panic_unwinds_and_is_told_with_its_place() {
    let app = app();
    app.start().await.unwrap();
    for how in ["panic", "async-like", "panic-in-drop"] {
        let before = live(&app).await;
        let error = fail(&app, how).await;
        assert_eq!(
            (error.kind(), error.class(), error.code()),
            (Some(Kind::Panic), "PanicError", "E_PANIC"),
            "{how}"
        );
        assert!(!error.fatal(), "{how}");
        let location = error.location().unwrap();
        assert!(
            location.file.ends_with(".rs") && location.line > 0 && location.column > 0,
            "{location:?}"
        );
        assert_eq!(live(&app).await, before, "{how}: destructors ran");
        works(&app).await;
    }
    assert!(fail(&app, "panic").await.message().contains("panic"));
    assert_eq!(app.health().ended, 0);
    assert_eq!(app.health().epoch, 1);
}

#[tokio::test]
async fn an_error_of_a_function_is_one_without_an_end() {
    let app = app();
    let error = fail(&app, "err").await;
    assert!(matches!(error, Error::Domain(_)), "{error:?}");
    works(&app).await;
    assert_eq!(app.health().ended, 0);
}

#[tokio::test]
async fn memory_that_runs_out_is_an_error_and_no_end_where_the_guest_unwinds() {
    let app = app();
    for how in ["out-of-memory", "out-of-memory-huge"] {
        let error = fail(&app, how).await;
        assert_eq!(
            (error.kind(), error.code()),
            (Some(Kind::OutOfMemory), "E_OUT_OF_MEMORY"),
            "{how}: {error:?}"
        );
        assert!(!error.fatal(), "{how}");
        works(&app).await;
    }
    let health = app.health();
    assert_eq!(health.ended, 0);
    assert!(health.memory <= 64 << 20, "{} bytes", health.memory);
}

#[tokio::test]
async fn a_trap_is_an_end_with_frames_and_the_next_call_works() {
    let app = app();
    for (at, how) in ["unreachable", "abort", "double-panic"]
        .into_iter()
        .enumerate()
    {
        let error = fail(&app, how).await;
        assert_eq!(error.kind(), Some(Kind::Aborted), "{how}: {error:?}");
        assert_eq!(
            (error.class(), error.code()),
            ("InstanceAbortedError", "E_INSTANCE_ABORTED"),
            "{how}"
        );
        assert!(error.fatal() && error.retryable(), "{how}");
        assert!(
            error.message().contains("unreachable"),
            "{}",
            error.message()
        );
        assert!(
            !error.frames().is_empty() && error.frames().len() <= 64,
            "{how}"
        );
        let named = error.frames().iter().flat_map(|frame| &frame.function);
        let named: Vec<_> = named.collect();
        assert!(
            named.iter().any(|name| name.contains("fail")),
            "{how}: {named:?}"
        );
        assert!(
            error
                .engine()
                .is_some_and(|engine| engine.is::<wasmtime::Trap>()),
            "{how}"
        );
        works(&app).await;
        assert_eq!(app.health().epoch, at as u64 + 2, "{how}");
    }
    assert_eq!(app.health().last.unwrap().kind(), Some(Kind::Aborted));
}

#[tokio::test]
async fn a_stack_that_runs_out_is_a_typed_error() {
    let app = app();
    let error = fail(&app, "stack-overflow").await;
    assert_eq!(
        (error.kind(), error.class()),
        (Some(Kind::StackOverflow), "StackOverflowError"),
        "{error:?}"
    );
    works(&app).await;
}

#[tokio::test]
async fn a_thousand_traps_leave_nothing_behind() {
    use crate::support::{App, component, limits, linker};
    use recover_host::Supervisor;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static INSTANCES: AtomicUsize = AtomicUsize::new(0);
    let component = component();
    let app = Supervisor::builder(component, linker(component.engine()), || {
        App::new(&INSTANCES)
    });
    let app = app.limits(limits()).build().unwrap();
    let mut resident = 0;
    for round in 0..1000 {
        let draft = app.construct(LEDGERS, "draft", vec![]).await.unwrap();
        assert!(
            app.method(
                &draft,
                "fail",
                values!["x", wasmtime::component::Val::Enum("unreachable".into())]
            )
            .await
            .unwrap_err()
            .fatal()
        );
        assert_eq!(
            INSTANCES.load(Ordering::SeqCst),
            0,
            "an instance that ended is gone at once"
        );
        drop(draft);
        if round == 200 {
            resident = resident_kilobytes();
        }
    }
    works(&app).await;
    let health = app.health();
    assert_eq!((health.ended, health.objects), (1000, 0));
    assert_eq!(INSTANCES.load(Ordering::SeqCst), 1);
    let grown = resident_kilobytes().saturating_sub(resident);
    assert!(
        grown < 64 << 10,
        "the process grew by {grown} KB in 800 traps"
    );
}

/// Other tests run beside this one; what 800 instances would take is far above what they do.
fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
