//! Limits of time and memory become errors of the same taxonomy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use recover_host::{Kind, Limits, Supervisor, values};
use wasmtime::{Config, Engine};

use crate::odd::{Reply, STEP, odd};
use crate::support::{
    LEDGERS, app, builder, entries, fail, ledger, limits, live, put, watched, works,
};

#[test]
fn a_call_that_takes_too_long_is_stopped_and_the_next_one_works() {
    watched(|| async {
        let app = app();
        let mine = ledger(&app, "me").await;
        put(&app, &mine, "a", 1).await.unwrap();
        let short = app.within(Duration::from_millis(100)).unwrap();
        let began = Instant::now();
        let error = short.call(LEDGERS, "spin", vec![]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.class(), error.code()),
            (Some(Kind::Timeout), "TimeoutError", "E_TIMEOUT")
        );
        assert!(error.fatal() && error.retryable());
        assert!(
            began.elapsed() >= Duration::from_millis(100)
                && began.elapsed() < Duration::from_secs(5)
        );
        assert!(!error.frames().is_empty());
        works(&app).await;
        assert_eq!(entries(&app, &mine).await, [("a".to_owned(), 1)]);
    });
}

#[test]
fn a_limit_of_the_supervisors_own_holds_for_every_call() {
    watched(|| async {
        let app = builder()
            .limits(limits().timeout(Duration::from_millis(200)))
            .build()
            .unwrap();
        assert_eq!(
            app.call(LEDGERS, "spin", vec![]).await.unwrap_err().kind(),
            Some(Kind::Timeout)
        );
        works(&app).await;
    });
}

#[test]
fn time_is_also_over_while_the_host_is_waited_for() {
    watched(|| async {
        let odd = odd();
        let mine = odd.make().await;
        odd.next(STEP, Reply::Never);
        let short = odd.app.within(Duration::from_millis(50)).unwrap();
        let error = short.method(&mine, "step", vec![]).await.unwrap_err();
        assert_eq!((error.kind(), error.fatal()), (Some(Kind::Timeout), true));
        assert_eq!(odd.step(&mine).await.unwrap(), 1);
    });
}

#[test]
fn other_tasks_run_while_wasm_does() {
    watched(|| async {
        let odd = odd();
        let mine = odd.make().await;
        odd.next(STEP, Reply::Spin);
        let short = odd.app.within(Duration::from_millis(200)).unwrap();
        let turns = Arc::new(AtomicUsize::new(0));
        let (counted, seen) = (Arc::clone(&turns), Arc::clone(&turns));
        // It is ready again at once; tokio's own `yield_now` waits for the driver.
        let others = tokio::spawn(std::future::poll_fn(move |context| {
            counted.fetch_add(1, Ordering::Relaxed);
            context.waker().wake_by_ref();
            std::task::Poll::<()>::Pending
        }));
        let spinning = tokio::spawn(async move {
            let before = seen.load(Ordering::Relaxed);
            let error = short.method(&mine, "step", vec![]).await.unwrap_err();
            (error.kind(), seen.load(Ordering::Relaxed) - before)
        });
        let (kind, turns) = spinning.await.unwrap();
        others.abort();
        assert_eq!(kind, Some(Kind::Timeout));
        assert!(turns > 3, "others had {turns} turns");
    });
}

#[tokio::test]
async fn a_small_limit_of_memory_holds_for_the_instance() {
    let app = builder().limits(limits().memory(8 << 20)).build().unwrap();
    app.start().await.unwrap();
    let before = live(&app).await;
    let error = fail(&app, "out-of-memory").await;
    assert_eq!(
        (error.kind(), error.fatal()),
        (Some(Kind::OutOfMemory), false),
        "{error:?}"
    );
    assert!(app.health().memory <= 8 << 20);
    assert_eq!(live(&app).await, before);
    works(&app).await;
}

#[tokio::test]
async fn a_component_that_does_not_fit_says_so() {
    let app = builder().limits(limits().memory(64 << 10)).build().unwrap();
    let error = app.call(LEDGERS, "parse", values!["1"]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.fatal()),
        (Some(Kind::OutOfMemory), true),
        "{error:?}"
    );
    assert_eq!(
        error.field("limit"),
        Some(&recover_host::types::Value::Unsigned(64 << 10))
    );
}

#[tokio::test]
async fn an_argument_that_does_not_fit_is_out_of_memory() {
    let app = app();
    let error = app
        .call(LEDGERS, "parse", values!["1".repeat(80 << 20)])
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.class()),
        (Some(Kind::OutOfMemory), "OutOfMemoryError"),
        "{error:?}"
    );
    works(&app).await;
}

#[tokio::test]
async fn an_end_without_a_growth_that_was_refused_is_no_matter_of_memory() {
    let app = app();
    fail(&app, "out-of-memory").await;
    assert_eq!(fail(&app, "unreachable").await.kind(), Some(Kind::Aborted));
}

#[tokio::test]
async fn a_timeout_needs_an_engine_with_epochs() {
    let engine = Engine::new(&Config::new()).unwrap();
    let component =
        wasmtime::component::Component::from_binary(&engine, &crate::odd::bytes()).unwrap();
    let linker = || {
        let mut linker = wasmtime::component::Linker::<crate::odd::Data>::new(&engine);
        linker.define_unknown_imports_as_traps(&component).unwrap();
        linker
    };
    let built = Supervisor::builder(&component, linker(), Default::default);
    let error = built
        .limits(Limits::default().timeout(Duration::from_secs(1)))
        .build()
        .err()
        .unwrap();
    let text = "a timeout needs an engine with epochs; make it by Limits::engine(), or with Config::epoch_interruption(true)";
    assert_eq!(error.message(), text);
    let app = Supervisor::builder(&component, linker(), Default::default)
        .build()
        .unwrap();
    assert_eq!(
        app.within(Duration::from_secs(1)).err().unwrap().message(),
        text
    );
}

#[tokio::test]
async fn an_end_is_out_of_memory_if_its_own_call_was_refused_memory() {
    let odd = odd();
    let mine = odd.make().await;
    odd.plan(STEP, [Some(Reply::Grow), Some(Reply::Trap)]);
    assert_eq!(odd.step(&mine).await.unwrap(), 1);
    assert_eq!(
        odd.step(&mine).await.unwrap_err().kind(),
        Some(Kind::Aborted)
    );
    odd.plan(STEP, [None, Some(Reply::GrowAndTrap)]);
    let error = odd.step(&mine).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.fatal()),
        (Some(Kind::OutOfMemory), true),
        "{error:?}"
    );
    assert_eq!(
        error.field("limit"),
        Some(&recover_host::types::Value::Unsigned(64 << 20))
    );
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
}

#[tokio::test]
async fn an_instance_that_does_not_fit_is_out_of_memory() {
    let odd = crate::odd::odd_by(|builder| builder.limits(limits().memory(1024)));
    assert_eq!(
        odd.app.start().await.unwrap_err().kind(),
        Some(Kind::OutOfMemory)
    );
}

#[tokio::test]
async fn a_stack_that_runs_out_is_told_from_another_access_out_of_bounds() {
    let odd = odd();
    let mine = odd.make().await;
    for reply in [Reply::Dig, Reply::BelowZero] {
        odd.next(STEP, reply);
        let error = odd.step(&mine).await.unwrap_err();
        let told = (error.kind(), error.class(), error.code());
        assert_eq!(
            told,
            (
                Some(Kind::StackOverflow),
                "StackOverflowError",
                "E_STACK_OVERFLOW"
            ),
            "{error:?}"
        );
        assert!(error.fatal() && !error.retryable());
        assert!(!error.frames().is_empty() && error.frames().len() <= 64);
    }
    odd.next(STEP, Reply::OutOfBounds);
    assert_eq!(
        odd.step(&mine).await.unwrap_err().kind(),
        Some(Kind::Aborted)
    );
    assert_eq!(odd.step(&mine).await.unwrap(), 1);
}
