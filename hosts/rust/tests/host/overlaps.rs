//! Calls that overlap, calls from within, calls that nobody waits for any more, and functions of the host that fail.

use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use recover_host::{Kind, Overlap};
use tokio::sync::Notify;

use crate::odd::{Reply, STEP, odd, odd_by};
use crate::support::watched;

#[tokio::test]
async fn calls_wait_for_their_turn_in_order() {
    let odd = odd_by(|builder| builder.overlap(Overlap::Wait));
    let mine = odd.make().await;
    let gate = Arc::new(Notify::new());
    odd.next(STEP, Reply::When(Arc::clone(&gate)));
    let mut calls = Vec::new();
    for _ in 0..8 {
        let (odd, mine) = (odd.clone(), mine.clone());
        calls.push(tokio::spawn(async move { odd.step(&mine).await.unwrap() }));
        tokio::task::yield_now().await;
    }
    gate.notify_one();
    for (at, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), at as i64 + 1);
    }
}

#[test]
fn an_overlapping_call_is_refused_unless_something_else_is_asked_for() {
    watched(|| async {
        let odd = odd();
        let mine = odd.make().await;
        let gate = Arc::new(Notify::new());
        odd.next(STEP, Reply::When(Arc::clone(&gate)));
        let (first, held) = (odd.clone(), mine.clone());
        let first = tokio::spawn(async move { first.step(&held).await });
        tokio::task::yield_now().await;
        let refusing = odd.app.clone();
        let busy = refusing.method(&mine, "step", vec![]).await.unwrap_err();
        assert_eq!(
            (busy.kind(), busy.class(), busy.code()),
            (Some(Kind::Busy), "BusyError", "E_BUSY")
        );
        assert!(busy.retryable() && !busy.fatal());
        let impatient = odd
            .app
            .overlapping(Overlap::WaitAtMost(Duration::from_millis(20)));
        assert_eq!(
            impatient
                .method(&mine, "step", vec![])
                .await
                .unwrap_err()
                .kind(),
            Some(Kind::Busy)
        );
        gate.notify_one();
        assert_eq!(first.await.unwrap().unwrap(), 1);
        assert_eq!(
            refusing
                .method(&mine, "step", vec![])
                .await
                .unwrap()
                .as_i64(),
            Some(2)
        );
        assert_eq!(
            impatient
                .method(&mine, "step", vec![])
                .await
                .unwrap()
                .as_i64(),
            Some(3)
        );
        assert_eq!((odd.app.health().busy, odd.app.health().ended), (2, 0));
    });
}

#[test]
fn a_call_from_within_is_busy_and_the_outer_one_goes_on() {
    watched(|| async {
        let odd = odd();
        let mine = odd.make().await;
        let within = Arc::new(Mutex::new(None));
        odd.next(STEP, Reply::Reenters(Arc::clone(&within)));
        assert_eq!(odd.step(&mine).await.unwrap(), 1);
        let busy = within.lock().unwrap().take().unwrap();
        assert_eq!(busy.kind(), Some(Kind::Busy));
        assert!(
            busy.message().contains("from within one of its own calls"),
            "{busy}"
        );
        assert_eq!(odd.app.health().ended, 0);
        assert_eq!(odd.step(&mine).await.unwrap(), 2);
    });
}

#[test]
fn a_call_that_another_task_makes_for_a_function_of_the_host_is_busy() {
    watched(|| async {
        let odd = odd();
        let mine = odd.make().await;
        let within = Arc::new(Mutex::new(None));
        odd.next(STEP, Reply::Spawns(Arc::clone(&within)));
        assert_eq!(odd.step(&mine).await.unwrap(), 1);
        let busy = within.lock().unwrap().take().unwrap();
        assert_eq!(busy.kind(), Some(Kind::Busy));
        assert_eq!(odd.app.health().ended, 0);
    });
}

#[tokio::test]
async fn a_listener_that_calls_the_component_is_busy_and_one_that_panics_costs_nothing() {
    let app: Arc<Mutex<Option<crate::odd::Odd>>> = Arc::default();
    let (heard, within) = (Arc::new(Mutex::new(Vec::new())), Arc::clone(&app));
    let told = Arc::clone(&heard);
    let odd = odd_by(|builder| {
        builder
            .on_abort(|_| panic!("a listener panics"))
            .on_abort(move |report| {
                let odd = within.lock().unwrap().clone().unwrap();
                let mut made = Box::pin(async move { odd.app.start().await });
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                let busy = match made.as_mut().poll(&mut context) {
                    std::task::Poll::Ready(Err(error)) => error.kind(),
                    other => panic!("{other:?}"),
                };
                told.lock().unwrap().push((
                    report.epoch,
                    report.error.kind(),
                    report.restarts,
                    busy,
                ));
            })
    });
    *app.lock().unwrap() = Some(odd.clone());
    odd.end().await;
    assert_eq!(
        *heard.lock().unwrap(),
        [(1, Some(Kind::Aborted), true, Some(Kind::Busy))]
    );
    assert_eq!(odd.app.health().ended, 1);
    odd.make().await;
}

#[tokio::test]
async fn a_call_that_is_dropped_in_the_middle_ends_the_instance() {
    let odd = odd();
    let (mine, other) = (odd.make().await, odd.make().await);
    odd.step(&mine).await.unwrap();
    odd.next(STEP, Reply::Never);
    let dropped = tokio::time::timeout(Duration::from_millis(20), odd.step(&other)).await;
    assert!(dropped.is_err());
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    let health = odd.app.health();
    assert_eq!((health.ended, health.epoch), (1, 2));
    assert!(
        health
            .last
            .unwrap()
            .message()
            .contains("was dropped before it had ended")
    );
    assert_eq!(odd.step(&other).await.unwrap(), 1);
}

#[tokio::test]
async fn a_function_of_the_host_that_fails_is_the_cause() {
    let odd = odd();
    let mine = odd.make().await;
    odd.next(STEP, Reply::HostFails);
    let error = odd.step(&mine).await.unwrap_err();
    assert_eq!((error.kind(), error.fatal()), (Some(Kind::Aborted), true));
    assert_eq!(
        error.message(),
        "the instance ended under this call: the disk is full"
    );
    assert!(error.engine().unwrap().is::<std::io::Error>());
    let mut source = error.source();
    let mut found = false;
    while let Some(one) = source {
        found |= one.to_string() == "the disk is full";
        source = one.source();
    }
    assert!(found);
    assert_eq!(odd.step(&mine).await.unwrap(), 1);
}

#[tokio::test]
async fn a_function_of_the_host_that_panics_leaves_the_supervisor_usable() {
    let odd = odd();
    let mine = odd.make().await;
    odd.next(STEP, Reply::HostPanics);
    let (panicking, held) = (odd.clone(), mine.clone());
    let panicked = tokio::spawn(async move { panicking.step(&held).await });
    assert!(panicked.await.unwrap_err().is_panic());
    assert_eq!(odd.step(&mine).await.unwrap(), 1);
    assert_eq!(odd.app.health().ended, 1);
}
