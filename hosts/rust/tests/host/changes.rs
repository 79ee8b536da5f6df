//! What no journal tells: what a failed call left, what the program did for a call, and objects that can't be saved then.

use std::error::Error as _;

use recover_host::Kind;

use crate::odd::{MAKE, Odd, RESTORE, Reply, SAVE, STEP, odd, odd_by};

/// The kinds between `stack-overflow` and `domain`, in the order of the WIT text.
const PASSED_ON: [Kind; 6] = [
    Kind::Busy,
    Kind::Poisoned,
    Kind::Stale,
    Kind::Aborted,
    Kind::RestartLimit,
    Kind::Timeout,
];

#[tokio::test]
async fn a_failure_that_is_passed_on_may_have_changed_the_object() {
    for (at, kind) in PASSED_ON.into_iter().enumerate() {
        let odd = odd();
        let mine = odd.make().await;
        odd.plan(STEP, [None, Some(Reply::Fails(at as u32 + 3)), None]);
        assert_eq!(odd.step(&mine).await.unwrap(), 1);
        assert_eq!(odd.step(&mine).await.unwrap_err().kind(), Some(kind));
        assert_eq!(odd.step(&mine).await.unwrap(), 3);
        odd.end().await;
        assert_eq!(odd.step(&mine).await.unwrap(), 4, "{kind:?}");
    }
}

#[tokio::test]
async fn it_may_have_changed_each_object_of_the_call() {
    let odd = odd();
    let (mine, yours) = (odd.make().await, odd.make().await);
    odd.next(STEP, Reply::Fails(6));
    let failed = odd.with(&mine, "join", &yours).await.unwrap_err();
    assert_eq!(failed.kind(), Some(Kind::Aborted));
    assert_eq!(odd.app.health().ended, 0);
    assert_eq!(odd.step(&yours).await.unwrap(), 11);
    assert_eq!(odd.step(&mine).await.unwrap(), 11);
    odd.end().await;
    assert_eq!(odd.step(&yours).await.unwrap(), 12);
    assert_eq!(odd.step(&mine).await.unwrap(), 12);
}

#[tokio::test]
async fn an_object_that_is_ahead_of_its_record_is_lost_and_not_wrong() {
    let odd = odd();
    let mine = odd.make().await;
    odd.plan(STEP, [None, Some(Reply::Panic)]);
    odd.step(&mine).await.unwrap();
    odd.step(&mine).await.unwrap_err();
    odd.next(SAVE, Reply::Err);
    assert_eq!(odd.step(&mine).await.unwrap(), 3);
    odd.end().await;
    let lost = odd.step(&mine).await.unwrap_err();
    assert_eq!(lost.kind(), Some(Kind::Stale));
    assert_eq!(
        lost.message(),
        "this odd can't be brought back: it could not be saved before the instance ended; create a new one"
    );
    assert_eq!(lost.causes()[0].kind, Kind::Domain);
    assert!(lost.source().is_some());
    assert_eq!((odd.app.health().lost, odd.app.health().ended), (1, 1));
}

#[tokio::test]
async fn an_object_that_is_saved_later_is_not_lost() {
    let odd = odd();
    let mine = odd.make().await;
    odd.next(STEP, Reply::Panic);
    odd.step(&mine).await.unwrap_err();
    odd.next(SAVE, Reply::Err);
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    assert_eq!(odd.step(&mine).await.unwrap(), 3);
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 4);
}

#[tokio::test]
async fn a_call_that_can_not_be_kept_did_not_happen() {
    let odd = odd();
    let mine = odd.make().await;
    odd.plan(STEP, [None, Some(Reply::Panic)]);
    odd.step(&mine).await.unwrap();
    odd.step(&mine).await.unwrap_err();
    odd.next(SAVE, Reply::Trap);
    let error = odd.step(&mine).await.unwrap_err();
    assert_eq!((error.kind(), error.fatal()), (Some(Kind::Aborted), true));
    assert!(error.message().ends_with("so the call did not happen"));
    // It is what the record says, which is what was acknowledged.
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 3);
}

/// What the guest asks the host is done, and must not be done again.
fn asking() -> Odd {
    odd_by(|builder| builder.repeatable([""; 0]))
}

#[tokio::test]
async fn what_the_program_did_for_a_call_is_not_done_again() {
    let odd = asking();
    let mine = odd.make().await;
    odd.plan(STEP, [None, Some(Reply::Err)]);
    odd.step(&mine).await.unwrap();
    assert_eq!(
        odd.step(&mine).await.unwrap_err().kind(),
        Some(Kind::Domain)
    );
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 3);
    assert_eq!(odd.app.health().replayed, 0);
}

#[tokio::test]
async fn what_the_program_did_for_a_constructor_is_not_done_again() {
    let odd = asking();
    let mine = odd.make().await;
    odd.end().await;
    // It would be asked by the constructor.
    odd.next(MAKE, Reply::Trap);
    odd.next(RESTORE, Reply::Err);
    let lost = odd.step(&mine).await.unwrap_err();
    assert_eq!(lost.causes()[0].kind, Kind::Domain);
    assert_eq!(odd.app.health().ended, 1);
}

#[tokio::test]
async fn memory_that_grows_is_no_call_of_the_program() {
    let odd = asking();
    let mine = odd.make().await;
    for _ in 0..3 {
        odd.app.method(&mine, "quiet", vec![]).await.unwrap();
    }
    odd.end().await;
    assert_eq!(odd.step(&mine).await.unwrap(), 4);
    assert_eq!(odd.app.health().replayed, 3);
}
