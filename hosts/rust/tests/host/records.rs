//! Records: what a replay does that ends in another way, what a save does that fails, and that records of one call
//! move together.

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use recover_host::{Journal, Kind};

use crate::odd::{DROP, RESTORE, Reply, SAVE, STEP, odd, odd_by};
use crate::support::watched;

#[tokio::test]
async fn a_replay_that_ends_differently_makes_the_object_lost_and_is_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let odd = odd_by(|builder| {
        builder.on_lost(move |lost| heard.lock().unwrap().push(lost.class.clone()))
    });
    let (mine, other) = (odd.make().await, odd.make().await);
    odd.step(&mine).await.unwrap();
    odd.step(&other).await.unwrap();
    odd.end().await;
    odd.next(STEP, Reply::Err);
    let stale = odd.step(&mine).await.unwrap_err();
    assert_eq!((stale.kind(), stale.fatal()), (Some(Kind::Stale), false));
    assert_eq!(
        stale.message(),
        "this odd could not be brought back after the instance ended; create a new one"
    );
    let cause = stale.source().unwrap().to_string();
    assert!(
        cause.starts_with(
            "recover:odd/odds.odd.step returned and, when it was replayed, returned a"
        ),
        "{cause}"
    );
    assert_eq!(*told.lock().unwrap(), ["odd"]);
    assert_eq!(odd.step(&mine).await.unwrap_err().kind(), Some(Kind::Stale));
    assert_eq!(odd.step(&other).await.unwrap(), 2);
    assert_eq!((odd.app.health().lost, odd.app.health().ended), (1, 1));
}

#[tokio::test]
async fn an_error_of_the_programs_own_must_come_again() {
    let odd = odd();
    let mine = odd.make().await;
    odd.next(STEP, Reply::Err);
    odd.step(&mine).await.unwrap_err();
    odd.end().await;
    // The first step, when it is replayed.
    odd.next(STEP, Reply::Err);
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    odd.end().await;
    // Now it returns.
    assert_eq!(odd.step(&mine).await.unwrap_err().kind(), Some(Kind::Stale));
}

#[tokio::test]
async fn a_replay_that_traps_loses_one_object_and_no_other() {
    let odd = odd();
    let (mine, other) = (odd.make().await, odd.make().await);
    odd.step(&mine).await.unwrap();
    odd.step(&other).await.unwrap();
    odd.end().await;
    odd.next(STEP, Reply::Trap);
    let stale = odd.step(&mine).await.unwrap_err();
    assert_eq!(
        (stale.kind(), stale.causes()[0].kind),
        (Some(Kind::Stale), Kind::Aborted)
    );
    assert_eq!(odd.step(&other).await.unwrap(), 2);
    assert_eq!(odd.step(&mine).await.unwrap_err().kind(), Some(Kind::Stale));
    assert_eq!(odd.app.health().lost, 1);
}

#[test]
fn a_replay_that_takes_too_long_keeps_the_record() {
    watched(|| async {
        let odd = odd_by(|builder| {
            let limits = crate::support::limits().timeout(std::time::Duration::from_millis(100));
            builder.limits(limits)
        });
        let mine = odd.make().await;
        odd.step(&mine).await.unwrap();
        odd.end().await;
        odd.next(STEP, Reply::Spin);
        assert_eq!(
            odd.step(&mine).await.unwrap_err().kind(),
            Some(Kind::Timeout)
        );
        assert_eq!(odd.step(&mine).await.unwrap(), 2);
        assert_eq!(odd.app.health().lost, 0);
    });
}

#[tokio::test]
async fn a_replay_that_is_dropped_in_the_middle_keeps_the_record() {
    let odd = odd();
    let mine = odd.make().await;
    odd.step(&mine).await.unwrap();
    odd.end().await;
    odd.next(STEP, Reply::Never);
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(20), odd.step(&mine))
            .await
            .is_err()
    );
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    assert_eq!(odd.app.health().lost, 0);
}

#[tokio::test]
async fn bytes_that_restore_refuses_make_the_object_lost() {
    let odd = odd_by(|builder| {
        builder.journal(Journal {
            calls: 1,
            bytes: 1 << 20,
        })
    });
    let mine = odd.make().await;
    odd.step(&mine).await.unwrap();
    odd.end().await;
    odd.next(RESTORE, Reply::Err);
    let stale = odd.step(&mine).await.unwrap_err();
    assert_eq!(
        (stale.kind(), stale.causes()[0].kind),
        (Some(Kind::Stale), Kind::Domain)
    );
}

#[tokio::test]
async fn a_journal_that_is_long_is_cut() {
    let odd = odd_by(|builder| {
        builder.journal(Journal {
            calls: 8,
            bytes: 1 << 20,
        })
    });
    let mine = odd.make().await;
    for count in 1..=20 {
        assert_eq!(odd.step(&mine).await.unwrap(), count);
    }
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 21);
    assert_eq!(odd.app.health().replayed, 4);
}

#[tokio::test]
async fn the_first_success_after_a_panic_is_saved() {
    // A class may keep what a panic left, which no journal tells.
    let odd = odd();
    let mine = odd.make().await;
    odd.plan(STEP, [None, Some(Reply::Panic), None]);
    assert_eq!(odd.step(&mine).await.unwrap(), 1);
    assert_eq!(odd.step(&mine).await.unwrap_err().kind(), Some(Kind::Panic));
    assert_eq!(odd.step(&mine).await.unwrap(), 3);
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 4);
}

#[tokio::test]
async fn a_save_that_fails_costs_no_answer_and_no_call() {
    let odd = odd_by(|builder| {
        builder.journal(Journal {
            calls: 2,
            bytes: 1 << 20,
        })
    });
    let mine = odd.make().await;
    odd.next(SAVE, Reply::Panic);
    for count in 1..=3 {
        assert_eq!(odd.step(&mine).await.unwrap(), count);
    }
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 4);
    // It is tried again when the journal is twice as long; that it traps then costs no answer, either.
    odd.next(SAVE, Reply::Trap);
    let ended = odd.app.health().ended;
    assert_eq!(odd.step(&mine).await.unwrap(), 5);
    assert_eq!(odd.step(&mine).await.unwrap(), 6);
    assert!(odd.app.health().ended <= ended + 1);
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 7);
}

#[tokio::test]
async fn records_of_one_call_move_together_or_not_at_all() {
    for failing in [Reply::Panic, Reply::Trap] {
        for second in [false, true] {
            let odd = odd();
            let (mine, yours) = (odd.make().await, odd.make().await);
            odd.step(&mine).await.unwrap();
            odd.step(&yours).await.unwrap();
            odd.plan(
                SAVE,
                [
                    (!second).then(|| failing.clone()),
                    second.then(|| failing.clone()),
                ],
            );
            let error = odd.with(&mine, "join", &yours).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.fatal()),
                (Some(Kind::Aborted), true),
                "{error:?}"
            );
            // Neither has what the call did.
            odd.plan(SAVE, []);
            assert_eq!(odd.step(&yours).await.unwrap(), 2);
            assert_eq!(odd.step(&mine).await.unwrap(), 2);
            assert_eq!(odd.app.health().ended, 1);
        }
    }
}

#[tokio::test]
async fn both_have_what_a_call_did() {
    let odd = odd();
    let (mine, yours) = (odd.make().await, odd.make().await);
    odd.step(&yours).await.unwrap();
    assert_eq!(odd.with(&mine, "join", &yours).await.unwrap(), 11);
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 12);
    assert_eq!(odd.step(&yours).await.unwrap(), 12);
}

#[tokio::test]
async fn what_a_call_consumed_is_back_if_its_instance_ended() {
    let odd = odd();
    let (mine, yours) = (odd.make().await, odd.make().await);
    odd.step(&yours).await.unwrap();
    odd.next(STEP, Reply::Trap);
    assert_eq!(
        odd.with(&mine, "take", &yours).await.unwrap_err().kind(),
        Some(Kind::Aborted)
    );
    assert_eq!(odd.step(&yours).await.unwrap(), 2);
    odd.with(&mine, "take", &yours).await.unwrap();
    assert_eq!(
        odd.step(&yours).await.unwrap_err().message(),
        "this odd was consumed; create a new one"
    );
}

#[tokio::test]
async fn what_a_failed_call_consumed_is_not_there_twice() {
    let odd = odd();
    let (mine, yours) = (odd.make().await, odd.make().await);
    odd.step(&yours).await.unwrap();
    odd.next(STEP, Reply::Panic);
    assert_eq!(
        odd.with(&mine, "take", &yours).await.unwrap_err().kind(),
        Some(Kind::Panic)
    );
    // What it counted is kept by the other one.
    for _ in 0..2 {
        assert_eq!(
            odd.step(&yours).await.unwrap_err().message(),
            "this odd was consumed by a call that failed; create a new one"
        );
    }
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 3);
    assert_eq!(
        odd.step(&yours).await.unwrap_err().kind(),
        Some(Kind::Stale)
    );
}

#[tokio::test]
async fn a_destructor_that_traps_costs_one_instance_and_no_call() {
    let odd = odd();
    let (mine, yours) = (odd.make().await, odd.make().await);
    odd.step(&mine).await.unwrap();
    odd.next(DROP, Reply::Trap);
    drop(yours);
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    assert_eq!((odd.app.health().ended, odd.app.health().objects), (1, 1));
}
