//! Objects under their handles: policies, revival, records that move together, handles that are stale.

use recover_host::types::Kind;
use recover_host::{Error, Journal, values};

use crate::support::{LEDGERS, app, builder, entries, fail, get, how, ledger, live, put, works};

#[tokio::test]
async fn a_panic_rolls_a_ledger_back() {
    let app = app();
    let mine = ledger(&app, "me").await;
    put(&app, &mine, "a", 1).await.unwrap();
    let error = app
        .method(&mine, "fail", values!["b", how("panic")])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Panic));
    assert_eq!(entries(&app, &mine).await, [("a".to_owned(), 1)]);
    assert_eq!(app.health().ended, 0);
}

#[tokio::test]
async fn a_panic_poisons_a_draft_until_its_state_is_accepted() {
    let app = app();
    let draft = app.construct(LEDGERS, "draft", vec![]).await.unwrap();
    app.method(&draft, "write", values!["one "]).await.unwrap();
    assert_eq!(
        app.method(&draft, "fail", values!["two", how("panic")])
            .await
            .unwrap_err()
            .kind(),
        Some(Kind::Panic)
    );
    let refused = app.method(&draft, "text", vec![]).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.class()),
        (Some(Kind::Poisoned), "PoisonedError")
    );
    app.method(&draft, "clear-poison", vec![]).await.unwrap();
    assert_eq!(
        app.method(&draft, "text", vec![]).await.unwrap().as_str(),
        Some("one two")
    );
}

#[tokio::test]
async fn a_panic_leaves_a_tally_as_it_is() {
    let app = app();
    let tally = app.construct(LEDGERS, "tally", vec![]).await.unwrap();
    app.method(&tally, "add", values![2u32]).await.unwrap();
    assert_eq!(
        app.method(&tally, "fail", values![3u32, how("panic")])
            .await
            .unwrap_err()
            .kind(),
        Some(Kind::Panic)
    );
    assert_eq!(
        app.method(&tally, "add", values![1u32])
            .await
            .unwrap()
            .as_i64(),
        Some(6)
    );
}

#[tokio::test]
async fn a_ledger_comes_back_after_every_trap_with_any_journal() {
    for calls in [0, 1, 63, 64, 65, 200] {
        let app = app();
        let mine = ledger(&app, "me").await;
        for call in 0..calls {
            put(&app, &mine, &format!("k{}", call % 90), call)
                .await
                .unwrap();
        }
        let before = entries(&app, &mine).await;
        for by in ["unreachable", "abort", "double-panic"] {
            assert!(
                app.method(&mine, "fail", values!["never", how(by)])
                    .await
                    .unwrap_err()
                    .fatal(),
                "{by}"
            );
            assert_eq!(entries(&app, &mine).await, before, "{calls} calls, {by}");
        }
        assert_eq!(
            app.method(&mine, "owner", vec![]).await.unwrap().as_str(),
            Some("me")
        );
        assert_eq!(app.health().revived, 3, "{calls} calls");
    }
}

#[tokio::test]
async fn a_journal_is_cut_by_a_save() {
    let app = builder()
        .journal(Journal {
            calls: 8,
            bytes: 1 << 20,
        })
        .build()
        .unwrap();
    let mine = ledger(&app, "me").await;
    for call in 0..50 {
        put(&app, &mine, &format!("k{call}"), call).await.unwrap();
    }
    fail(&app, "unreachable").await;
    assert_eq!(entries(&app, &mine).await.len(), 50);
    assert!(
        app.health().replayed <= 8,
        "{} calls were replayed",
        app.health().replayed
    );
}

#[tokio::test]
async fn a_journal_is_cut_by_its_bytes() {
    let app = builder()
        .journal(Journal {
            calls: 1000,
            bytes: 4096,
        })
        .build()
        .unwrap();
    let mine = ledger(&app, "me").await;
    for call in 0..10 {
        put(&app, &mine, &"k".repeat(1000 + call), 1).await.unwrap();
    }
    fail(&app, "unreachable").await;
    assert_eq!(entries(&app, &mine).await.len(), 10);
    assert!(
        app.health().replayed <= 4,
        "{} calls were replayed",
        app.health().replayed
    );
}

#[tokio::test]
async fn objects_come_back_when_they_are_used_and_not_before() {
    let app = app();
    let (one, two) = (ledger(&app, "one").await, ledger(&app, "two").await);
    put(&app, &two, "b", 2).await.unwrap();
    fail(&app, "unreachable").await;
    works(&app).await;
    assert_eq!(app.health().revived, 0);
    assert_eq!(get(&app, &two, "b").await.unwrap(), 2);
    assert_eq!(app.health().revived, 1);
    drop(one);
    works(&app).await;
    assert_eq!((app.health().revived, app.health().objects), (1, 1));
}

#[tokio::test]
async fn merging_moves_both_records() {
    let app = app();
    let (mine, yours) = (ledger(&app, "me").await, ledger(&app, "you").await);
    put(&app, &mine, "a", 1).await.unwrap();
    put(&app, &yours, "b", 2).await.unwrap();
    let merged = app.method(&mine, "merge", values![&yours]).await.unwrap();
    assert_eq!(merged.as_i64(), Some(2));
    put(&app, &mine, "c", 3).await.unwrap();
    fail(&app, "unreachable").await;
    assert_eq!(
        entries(&app, &mine).await,
        [
            ("a".to_owned(), 1),
            ("b".to_owned(), 2),
            ("c".to_owned(), 3)
        ]
    );
    assert_eq!(entries(&app, &yours).await, [("b".to_owned(), 2)]);
}

#[tokio::test]
async fn merging_across_an_end_brings_both_in() {
    let app = app();
    let (mine, yours) = (ledger(&app, "me").await, ledger(&app, "you").await);
    put(&app, &mine, "a", 1).await.unwrap();
    put(&app, &yours, "b", 2).await.unwrap();
    fail(&app, "unreachable").await;
    assert_eq!(
        app.method(&mine, "merge", values![&yours])
            .await
            .unwrap()
            .as_i64(),
        Some(2)
    );
    assert_eq!(app.health().revived, 2);
}

#[tokio::test]
async fn what_was_absorbed_is_gone_for_good() {
    let app = app();
    let (mine, yours) = (ledger(&app, "me").await, ledger(&app, "you").await);
    put(&app, &yours, "b", 2).await.unwrap();
    assert_eq!(
        app.method(&mine, "absorb", values![&yours])
            .await
            .unwrap()
            .as_i64(),
        Some(1)
    );
    let stale = get(&app, &yours, "b").await.unwrap_err();
    assert_eq!(
        (stale.kind(), stale.class()),
        (Some(Kind::Stale), "StaleHandleError")
    );
    assert_eq!(
        stale.message(),
        "this ledger was consumed; create a new one"
    );
    fail(&app, "unreachable").await;
    assert_eq!(entries(&app, &mine).await, [("b".to_owned(), 2)]);
    assert_eq!(
        get(&app, &yours, "b").await.unwrap_err().kind(),
        Some(Kind::Stale)
    );
    assert_eq!(app.health().lost, 0);
}

#[tokio::test]
async fn an_error_of_the_programs_own_that_changed_an_object_is_replayed() {
    let app = app();
    let mine = ledger(&app, "me").await;
    // It puts the key, and then returns an error.
    let error = app
        .method(&mine, "fail", values!["kept", how("err")])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Domain(_)), "{error:?}");
    assert_eq!(get(&app, &mine, "kept").await.unwrap(), 1);
    fail(&app, "unreachable").await;
    assert_eq!(get(&app, &mine, "kept").await.unwrap(), 1);
    assert_eq!(app.health().lost, 0);
}

#[tokio::test]
async fn a_call_that_failed_is_not_replayed() {
    let app = app();
    let mine = ledger(&app, "me").await;
    put(&app, &mine, "a", 1).await.unwrap();
    assert_eq!(
        app.method(&mine, "fail", values!["b", how("panic")])
            .await
            .unwrap_err()
            .kind(),
        Some(Kind::Panic)
    );
    fail(&app, "unreachable").await;
    assert_eq!(entries(&app, &mine).await, [("a".to_owned(), 1)]);
}

#[tokio::test]
async fn an_error_of_an_object_that_was_merged_moves_its_record_too() {
    let app = app();
    let (mine, yours) = (ledger(&app, "me").await, ledger(&app, "you").await);
    for key in 0..60 {
        put(&app, &mine, &format!("m{key}"), key).await.unwrap();
        put(&app, &yours, &format!("y{key}"), key).await.unwrap();
    }
    // 40 of them fit in.
    let error = app
        .method(&mine, "merge", values![&yours])
        .await
        .unwrap_err();
    assert_eq!(error.class(), "QuotaError");
    let before = entries(&app, &mine).await;
    assert_eq!(before.len(), 100);
    fail(&app, "unreachable").await;
    assert_eq!(entries(&app, &mine).await, before);
}

#[tokio::test]
async fn a_restored_ledger_comes_back() {
    let app = app();
    let mine = ledger(&app, "me").await;
    put(&app, &mine, "a", 1).await.unwrap();
    let saved = app.method(&mine, "save", vec![]).await.unwrap();
    let copy = app
        .call(LEDGERS, "ledger.restore", vec![saved])
        .await
        .unwrap()
        .into_handle()
        .unwrap();
    put(&app, &copy, "b", 2).await.unwrap();
    fail(&app, "unreachable").await;
    assert_eq!(
        entries(&app, &copy).await,
        [("a".to_owned(), 1), ("b".to_owned(), 2)]
    );
    assert_eq!(entries(&app, &mine).await, [("a".to_owned(), 1)]);
}

#[tokio::test]
async fn bytes_of_no_ledger_are_refused_and_nothing_is_made() {
    let app = app();
    app.start().await.unwrap();
    let before = live(&app).await;
    for bytes in [&b"\xff\xfe"[..], b"", b"RCVR", &[0; 64]] {
        if let Ok(made) = app.call(LEDGERS, "ledger.restore", values![bytes]).await {
            // A format may take no bytes for an empty ledger; then it is one.
            assert!(made.into_handle().is_some());
        }
    }
    assert_eq!(app.health().ended, 0);
    works(&app).await;
    assert_eq!((live(&app).await, app.health().objects), (before, 0));
}

#[tokio::test]
async fn a_draft_is_stale_after_an_end() {
    let app = app();
    let draft = app.construct(LEDGERS, "draft", vec![]).await.unwrap();
    let end = app
        .method(&draft, "fail", values!["x", how("unreachable")])
        .await
        .unwrap_err();
    assert!(end.fatal());
    let stale = app.method(&draft, "text", vec![]).await.unwrap_err();
    assert_eq!(
        (stale.kind(), stale.code(), stale.fatal()),
        (Some(Kind::Stale), "E_STALE_HANDLE", false)
    );
    assert_eq!(
        stale.message(),
        "this draft went with instance 1 of the component; create a new one"
    );
    let object = recover_host::types::Value::Text("draft".to_owned());
    assert_eq!(stale.field("object"), Some(&object));
    assert_eq!(stale.causes()[0].message, end.message());
    works(&app).await;
    // It reaches no other object of the next instance.
    let other = app.construct(LEDGERS, "draft", vec![]).await.unwrap();
    app.method(&other, "write", values!["other"]).await.unwrap();
    assert_eq!(
        app.method(&draft, "text", vec![]).await.unwrap_err().kind(),
        Some(Kind::Stale)
    );
}

#[tokio::test]
async fn a_handle_that_is_dropped_drops_its_object() {
    let app = app();
    app.start().await.unwrap();
    let before = live(&app).await;
    let one = ledger(&app, "one").await;
    let again = one.clone();
    let two = app.construct(LEDGERS, "draft", vec![]).await.unwrap();
    assert_eq!(live(&app).await, before + 2);
    drop(one);
    assert_eq!(live(&app).await, before + 2);
    drop((again, two));
    assert_eq!(live(&app).await, before);
    assert_eq!(app.health().objects, 0);
}

#[tokio::test]
async fn two_supervisors_share_nothing() {
    let (one, two) = (app(), app());
    let (mine, yours) = (ledger(&one, "one").await, ledger(&two, "two").await);
    put(&one, &mine, "a", 1).await.unwrap();
    put(&two, &yours, "b", 2).await.unwrap();
    fail(&one, "unreachable").await;
    assert_eq!((one.health().ended, two.health().ended), (1, 0));
    assert_eq!(get(&two, &yours, "b").await.unwrap(), 2);
    assert_eq!((two.health().epoch, two.health().revived), (1, 0));
    assert_eq!(get(&one, &mine, "a").await.unwrap(), 1);
    let mixed = two.method(&mine, "get", values!["a"]).await.unwrap_err();
    assert_eq!(
        mixed.message(),
        "this ledger is of another supervisor; use the one that made it"
    );
    let mixed = one
        .method(&mine, "merge", values![&yours])
        .await
        .unwrap_err();
    assert_eq!(
        mixed.message(),
        "this ledger is of another supervisor; use the one that made it"
    );
}
