//! Calls by what `bindgen!` made.

use recover_host::{Error, Kind, values};

use crate::support::{App, LEDGERS, app, entries, ledger, put, watched, works};

mod bindings {
    wasmtime::component::bindgen!({
        path: "tests/host/wit",
        world: "fixture",
        with: { "recover:error/types@0.1.0": recover_host::types },
        exports: { default: async },
    });
}

use bindings::Fixture;
use bindings::exports::recover::fixture::ledgers::How;

fn typed() -> recover_host::Typed<App, Fixture> {
    app().typed(|store, instance| Fixture::new(store, instance))
}

#[tokio::test]
async fn a_failure_of_the_bindings_is_the_same_error_as_a_dynamic_one() {
    let typed = typed();
    let number = typed
        .call(|store, app| Box::pin(app.recover_fixture_ledgers().call_parse(store, "-12")))
        .await;
    assert_eq!(number.unwrap(), -12);
    let by_type = typed
        .call(|store, app| Box::pin(app.recover_fixture_ledgers().call_parse(store, "x")))
        .await;
    let dynamic = typed
        .supervisor()
        .call(LEDGERS, "parse", values!["x"])
        .await;
    let (by_type, dynamic) = (by_type.unwrap_err(), dynamic.unwrap_err());
    assert!(matches!(by_type, Error::Domain(_)));
    assert_eq!(by_type.failure(), dynamic.failure());
}

#[tokio::test]
async fn a_trap_is_mapped_and_followed_by_a_fresh_instance() {
    let typed = typed();
    let app = typed.supervisor().clone();
    let mine = ledger(&app, "me").await;
    put(&app, &mine, "a", 1).await.unwrap();
    for how in [How::Unreachable, How::Abort, How::DoublePanic] {
        let ended = typed
            .call(move |store, app| Box::pin(app.recover_fixture_ledgers().call_fail(store, how)))
            .await;
        let ended = ended.unwrap_err();
        assert_eq!(
            (ended.kind(), ended.fatal()),
            (Some(Kind::Aborted), true),
            "{how:?}"
        );
        assert!(!ended.frames().is_empty());
        works(&app).await;
    }
    assert_eq!(entries(&app, &mine).await, [("a".to_owned(), 1)]);
    assert_eq!(app.health().ended, 3);
}

#[test]
fn time_is_over_for_typed_calls_too() {
    watched(|| async {
        let app = app().within(std::time::Duration::from_millis(100)).unwrap();
        let typed = app.typed(|store, instance| Fixture::new(store, instance));
        let ended = typed
            .call(|store, app| Box::pin(app.recover_fixture_ledgers().call_spin(store)))
            .await;
        assert_eq!(ended.unwrap_err().kind(), Some(Kind::Timeout));
        works(&app).await;
    });
}

#[tokio::test]
async fn several_calls_are_one_with_what_they_hold() {
    let typed = typed();
    let owner = typed.with(|store, app| {
        Box::pin(async move {
            let ledgers = app.recover_fixture_ledgers();
            let mine = ledgers.ledger().call_constructor(&mut *store, "me").await?;
            let owner = ledgers.ledger().call_owner(&mut *store, mine).await?;
            mine.resource_drop_async(store).await?;
            Ok(owner)
        })
    });
    assert_eq!(owner.await.unwrap().unwrap(), "me");
    assert_eq!(typed.supervisor().health().ended, 0);
}

#[tokio::test]
async fn a_resource_that_was_kept_across_an_end_is_an_error() {
    let typed = typed();
    let kept = typed.with(|store, app| {
        Box::pin(async move {
            app.recover_fixture_ledgers()
                .draft()
                .call_constructor(store)
                .await
        })
    });
    let kept = kept.await.unwrap();
    typed.supervisor().restart().await.unwrap();
    let used = typed.call(move |store, app| {
        Box::pin(async move {
            app.recover_fixture_ledgers()
                .draft()
                .call_text(store, kept)
                .await
        })
    });
    let used = used.await;
    assert_eq!(used.unwrap_err().kind(), Some(Kind::Aborted));
    works(typed.supervisor()).await;
}

#[tokio::test]
async fn bindings_of_another_world_are_a_mistake_and_no_end() {
    let odd = crate::odd::odd();
    let typed = odd
        .app
        .typed(|store, instance| Fixture::new(store, instance));
    let error = typed
        .with(|_, _| Box::pin(async { Ok(()) }))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Misuse(_)));
    assert!(
        error
            .message()
            .starts_with("the component is not of the world of these bindings: "),
        "{error}"
    );
    assert_eq!(odd.app.health().ended, 0);
}

#[test]
fn the_types_are_those_of_the_package() {
    let package = include_str!("../../../../docs/wit/recover-error/types.wit");
    assert_eq!(
        include_str!("../../wit/deps/recover-error/types.wit"),
        package
    );
    assert_eq!(include_str!("wit/deps/recover-error/types.wit"), package);
}
