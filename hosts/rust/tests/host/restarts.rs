//! The restart limit: what a caller provokes does not shut out the others; a crash loop ends.

use std::time::Duration;

use recover_host::{Kind, RestartLimit};

use crate::odd::{Reply, START, STEP, odd, odd_by};
use crate::support::{app, builder, fail, works};

#[tokio::test]
async fn a_caller_may_end_the_instance_as_often_as_he_likes() {
    let app = app();
    for _ in 0..20 {
        assert_eq!(fail(&app, "unreachable").await.kind(), Some(Kind::Aborted));
    }
    works(&app).await;
    assert!(!app.health().limited);
}

#[tokio::test]
async fn a_limit_of_the_programs_own_counts_every_end() {
    let limit = RestartLimit {
        restarts: 2,
        period: Duration::from_secs(60),
    };
    let app = builder().restarts(limit).build().unwrap();
    for _ in 0..3 {
        assert_eq!(fail(&app, "unreachable").await.kind(), Some(Kind::Aborted));
    }
    for _ in 0..2 {
        let limited = fail(&app, "panic").await;
        assert_eq!(
            (limited.kind(), limited.class()),
            (Some(Kind::RestartLimit), "RestartLimitError")
        );
        assert_eq!(limited.code(), "E_RESTART_LIMIT");
        assert!(limited.fatal() && !limited.retryable());
        assert_eq!(
            limited.message(),
            "the instance ended more often than 2 times in 60000 ms; call restart() to go on"
        );
        assert_eq!(limited.causes()[0].kind, Kind::Aborted);
    }
    assert!(app.health().limited && !app.health().running);
    app.restart().await.unwrap();
    works(&app).await;
    assert!(!app.health().limited && app.health().running);
}

#[tokio::test]
async fn an_instance_that_ends_while_it_starts_is_a_crash_loop() {
    let odd = odd();
    odd.plan(START, std::iter::repeat_n(Some(Reply::Trap), 6));
    for _ in 0..6 {
        let error = odd.app.start().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.fatal()),
            (Some(Kind::Aborted), true),
            "{error:?}"
        );
    }
    assert_eq!(
        odd.app.start().await.unwrap_err().kind(),
        Some(Kind::RestartLimit)
    );
    odd.app.restart().await.unwrap();
    odd.app.start().await.unwrap();
}

#[tokio::test]
async fn objects_that_end_the_instance_when_they_come_back_are_a_crash_loop() {
    let odd = odd();
    let mut all = Vec::new();
    for _ in 0..6 {
        let one = odd.make().await;
        odd.step(&one).await.unwrap();
        all.push(one);
    }
    odd.end().await;
    odd.plan(STEP, std::iter::repeat_n(Some(Reply::Trap), 6));
    for one in &all {
        assert_eq!(odd.step(one).await.unwrap_err().kind(), Some(Kind::Stale));
    }
    assert_eq!(
        odd.app.start().await.unwrap_err().kind(),
        Some(Kind::RestartLimit)
    );
    odd.app.restart().await.unwrap();
    odd.make().await;
}

#[tokio::test]
async fn progress_in_between_is_no_crash_loop() {
    let odd = odd();
    for _ in 0..4 {
        odd.plan(START, std::iter::repeat_n(Some(Reply::Trap), 3));
        for _ in 0..3 {
            odd.app.start().await.unwrap_err();
        }
        odd.end().await;
    }
    odd.make().await;
}

#[tokio::test]
async fn a_restart_brings_objects_back() {
    let odd = odd_by(|builder| builder);
    let mine = odd.make().await;
    odd.step(&mine).await.unwrap();
    odd.app.restart().await.unwrap();
    assert!(!odd.app.health().running);
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    assert_eq!(odd.app.health().epoch, 2);
}
