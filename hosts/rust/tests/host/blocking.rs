//! The same from threads, by wasmtime's blocking functions.

use std::time::Duration;

use recover_host::{BlockingSupervisor, Kind, Overlap, Supervisor, Wasi, values};

use crate::support::{LEDGERS, component, how, limits, watched};

fn app() -> BlockingSupervisor<Wasi> {
    let component = component();
    let linker = Wasi::blocking_linker(component.engine()).unwrap();
    Supervisor::builder(component, linker, Wasi::default)
        .limits(limits())
        .build_blocking()
        .unwrap()
}

#[test]
fn calls_fail_and_the_next_one_works() {
    let app = app();
    let mine = app.construct(LEDGERS, "ledger", values!["me"]).unwrap();
    app.method(&mine, "put", values!["a", 1i64]).unwrap();
    let fail = |by: &str| app.call(LEDGERS, "fail", vec![how(by)]).unwrap_err();
    assert_eq!(fail("panic").kind(), Some(Kind::Panic));
    assert_eq!(fail("unreachable").kind(), Some(Kind::Aborted));
    assert_eq!(fail("out-of-memory").kind(), Some(Kind::OutOfMemory));
    assert_eq!(
        app.method(&mine, "get", values!["a"]).unwrap().as_i64(),
        Some(1)
    );
    assert_eq!(app.health().ended, 1);
}

#[test]
fn time_is_over_without_an_executor() {
    watched(|| async {
        let app = app();
        let short = app.within(Duration::from_millis(100)).unwrap();
        let spinning = move || short.call(LEDGERS, "spin", vec![]).unwrap_err().kind();
        assert_eq!(
            std::thread::spawn(spinning).join().unwrap(),
            Some(Kind::Timeout)
        );
        let parsed =
            std::thread::spawn(move || app.call(LEDGERS, "parse", values!["7"]).unwrap().as_i64());
        assert_eq!(parsed.join().unwrap(), Some(7));
    });
}

#[test]
fn threads_wait_for_each_other() {
    let app = app().overlapping(Overlap::Wait);
    let mine = app.construct(LEDGERS, "tally", vec![]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    app.method(&mine, "add", values![1u32]).unwrap();
                }
            });
        }
    });
    assert_eq!(
        app.method(&mine, "add", values![0u32]).unwrap().as_i64(),
        Some(100)
    );
}

#[test]
fn bindings_are_called_by_blocking_functions() {
    mod bindings {
        wasmtime::component::bindgen!({
            path: "tests/host/wit",
            world: "fixture",
            with: { "recover:error/types@0.1.0": recover_host::types },
        });
    }
    let app = app();
    let typed = app.typed(|store, instance| bindings::Fixture::new(store, instance));
    let number = app.with(&typed, |store, fixture| {
        fixture.recover_fixture_ledgers().call_parse(store, "5")
    });
    assert_eq!(number.unwrap().unwrap(), 5);
}
