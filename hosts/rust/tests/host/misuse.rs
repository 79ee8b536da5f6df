//! A mistake gets one line that names the fix, and costs nothing of the component.

use recover_host::{Error, Supervisor, Value, values};
use wasmtime::component::{Linker, Val};

use crate::support::{App, LEDGERS, app, component, how, ledger, limits, uncounted, works};

fn line<T>(result: Result<T, Error>) -> String {
    let error = result.err().expect("this is a mistake");
    assert!(matches!(error, Error::Misuse(_)), "{error:?}");
    assert_eq!(
        (error.kind(), error.class(), error.code(), error.fatal()),
        (None, "Misuse", "E_MISUSE", false)
    );
    assert!(!error.message().contains('\n'));
    error.message().to_owned()
}

#[tokio::test]
async fn names_that_are_not_there() {
    let app = app();
    let mine = ledger(&app, "me").await;
    let interface = line(app.call("recover:fixture/legers", "parse", vec![]).await);
    assert!(
        interface
            .starts_with("the component exports no interface `recover:fixture/legers`; it has "),
        "{interface}"
    );
    assert!(
        interface.contains("recover:fixture/ledgers@0.1.0"),
        "{interface}"
    );
    assert_eq!(
        line(app.call(LEDGERS, "pars", vec![]).await),
        "`recover:fixture/ledgers` has no function `pars`; it has fail, ledger.restore, live, parse, spin",
    );
    assert_eq!(
        line(app.construct(LEDGERS, "leger", vec![]).await),
        "`recover:fixture/ledgers` has no resource `leger`; it has draft, ledger, tally",
    );
    assert_eq!(
        line(app.method(&mine, "putt", vec![]).await),
        "`ledger` has no method `putt`; it has absorb, entries, fail, get, merge, owner, put, save",
    );
    app.call("recover:fixture/ledgers@0.1.0", "parse", values!["1"])
        .await
        .unwrap();
    assert_eq!(app.health().ended, 0);
}

#[tokio::test]
async fn arguments_of_another_type_cost_no_instance() {
    let app = app();
    let mine = ledger(&app, "me").await;
    let draft = app.construct(LEDGERS, "draft", vec![]).await.unwrap();
    let put = async |args: Vec<Value>| line(app.method(&mine, "put", args).await);
    assert_eq!(
        put(vec![]).await,
        "recover:fixture/ledgers.ledger.put takes 2 arguments (key, amount), found 0"
    );
    assert_eq!(
        put(values!["a", 1i32]).await,
        "recover:fixture/ledgers.ledger.put, argument amount: expected an s64, found an s32",
    );
    assert_eq!(
        line(app.call(LEDGERS, "fail", vec![how("explode")]).await)
            .split(": ")
            .last()
            .unwrap(),
        "expected one of err, panic, async-like, out-of-memory, out-of-memory-huge, stack-overflow, unreachable, abort, double-panic, panic-in-drop, found `explode`",
    );
    assert_eq!(
        line(app.method(&mine, "merge", values!["me"]).await),
        "recover:fixture/ledgers.ledger.merge, argument other: expected a handle of a ledger, found a string",
    );
    assert_eq!(
        line(app.method(&mine, "merge", values![&draft]).await),
        "recover:fixture/ledgers.ledger.merge, argument other: expected a ledger, found a draft",
    );
    assert_eq!(
        line(
            app.call(
                LEDGERS,
                "ledger.restore",
                values![Val::List(vec![Val::U8(1), Val::U16(2)])]
            )
            .await
        ),
        "recover:fixture/ledgers.ledger.restore, argument bytes[1]: expected a u8, found a u16",
    );
    assert_eq!(
        line(app.method(&mine, "absorb", values![&mine]).await),
        "recover:fixture/ledgers.ledger.absorb consumes a ledger that it is given twice; give two",
    );
    works(&app).await;
    assert_eq!((app.health().ended, app.health().epoch), (0, 1));
}

#[tokio::test]
async fn what_is_refused_has_not_run() {
    let (odd, other) = (crate::odd::odd(), crate::odd::odd());
    let (mine, yours) = (odd.make().await, other.make().await);
    odd.step(&mine).await.unwrap();
    line(odd.app.method(&mine, "join", values!["x"]).await);
    assert_eq!(
        line(odd.app.method(&mine, "join", values![&yours]).await),
        "this odd is of another supervisor; use the one that made it",
    );
    line(other.app.method(&mine, "step", vec![]).await);
    assert_eq!(odd.step(&mine).await.unwrap(), 2);
    assert_eq!((odd.app.health().ended, odd.app.health().epoch), (0, 1));
}

#[tokio::test]
async fn a_supervisor_that_can_not_be() {
    let component = component();
    let new = || App::new(uncounted());
    let unlinked =
        line(Supervisor::builder(component, Linker::new(component.engine()), new).build());
    assert!(
        unlinked.starts_with("the component can't be linked: "),
        "{unlinked}"
    );
    let other = limits().engine().unwrap();
    assert_eq!(
        line(Supervisor::builder(component, Linker::new(&other), new).build()),
        "the linker is of another engine than the component; make both by one",
    );
    let journal = recover_host::Journal { calls: 0, bytes: 0 };
    assert_eq!(
        line(crate::support::builder().journal(journal).build()),
        "Journal.calls is 0; 1 is the least: every call is followed by a save",
    );
}
