//! What the tests share: the component, a supervisor of it, and short names for its calls.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use recover_host::{Builder, Error, Guard, Guarded, Handle, Limits, Supervisor, Value, values};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker, ResourceTable, Val};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub(crate) const LEDGERS: &str = "recover:fixture/ledgers";

/// The data of an instance, which counts how many there are.
pub(crate) struct App {
    guard: Guard,
    context: WasiCtx,
    table: ResourceTable,
    counted: &'static AtomicUsize,
}

impl App {
    pub(crate) fn new(counted: &'static AtomicUsize) -> Self {
        counted.fetch_add(1, Ordering::SeqCst);
        App {
            guard: Guard::default(),
            context: WasiCtx::builder().build(),
            table: ResourceTable::new(),
            counted,
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.counted.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Guarded for App {
    fn guard(&mut self) -> &mut Guard {
        &mut self.guard
    }
}

impl WasiView for App {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.context,
            table: &mut self.table,
        }
    }
}

pub(crate) fn limits() -> Limits {
    Limits::default()
        .memory(64 << 20)
        .timeout(std::time::Duration::from_secs(20))
}

pub(crate) fn path() -> PathBuf {
    match std::env::var_os("RECOVER_COMPONENT") {
        Some(path) => path.into(),
        None => PathBuf::from("../../target/component/fixture_component.wasm"),
    }
}

/// The component, compiled once for all tests.
pub(crate) fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let path = path();
        assert!(
            path.is_file(),
            "there is no component at {}; build it by `cargo xtask component`",
            path.display()
        );
        let engine = limits().engine().unwrap();
        Component::from_file(&engine, path).unwrap()
    })
}

pub(crate) fn linker(engine: &Engine) -> Linker<App> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    linker
}

/// Where instances are counted by a test that does not ask.
pub(crate) fn uncounted() -> &'static AtomicUsize {
    static UNCOUNTED: AtomicUsize = AtomicUsize::new(0);
    &UNCOUNTED
}

pub(crate) fn builder() -> Builder<App> {
    let component = component();
    let linker = linker(component.engine());
    Supervisor::builder(component, linker, || App::new(uncounted())).limits(limits())
}

pub(crate) fn app() -> Supervisor<App> {
    builder().build().unwrap()
}

pub(crate) fn how(how: &str) -> Value {
    Value::from(Val::Enum(how.to_owned()))
}

/// Fails in a function of its own.
pub(crate) async fn fail(app: &Supervisor<App>, by: &str) -> Error {
    app.call(LEDGERS, "fail", vec![how(by)]).await.unwrap_err()
}

pub(crate) async fn ledger(app: &Supervisor<App>, owner: &str) -> Handle {
    app.construct(LEDGERS, "ledger", values![owner])
        .await
        .unwrap()
}

pub(crate) async fn put(
    app: &Supervisor<App>,
    ledger: &Handle,
    key: &str,
    amount: i64,
) -> Result<i64, Error> {
    let answer = app.method(ledger, "put", values![key, amount]).await?;
    Ok(answer.as_i64().unwrap())
}

pub(crate) async fn get(app: &Supervisor<App>, ledger: &Handle, key: &str) -> Result<i64, Error> {
    let answer = app.method(ledger, "get", values![key]).await?;
    Ok(answer.as_i64().unwrap())
}

pub(crate) async fn entries(app: &Supervisor<App>, ledger: &Handle) -> Vec<(String, i64)> {
    let answer = app.method(ledger, "entries", vec![]).await.unwrap();
    let Some(Val::List(entries)) = answer.into_plain() else {
        panic!("entries is no list");
    };
    let entry = |entry: Val| match entry {
        Val::Record(fields) => match &fields[..] {
            [(_, Val::String(key)), (_, Val::S64(amount))] => (key.clone(), *amount),
            other => panic!("no entry: {other:?}"),
        },
        other => panic!("no entry: {other:?}"),
    };
    entries.into_iter().map(entry).collect()
}

/// How many values the guest has not dropped.
pub(crate) async fn live(app: &Supervisor<App>) -> i64 {
    app.call(LEDGERS, "live", vec![])
        .await
        .unwrap()
        .as_i64()
        .unwrap()
}

/// The next call of a caller who knows nothing of what happened.
pub(crate) async fn works(app: &Supervisor<App>) {
    let parsed = app.call(LEDGERS, "parse", values!["-12"]).await.unwrap();
    assert_eq!(parsed.as_i64(), Some(-12));
}

/// Runs a test in a thread of its own: if its call is never stopped, the test fails in place of running for ever.
pub(crate) fn watched<F: Future<Output = ()> + 'static>(test: impl FnOnce() -> F + Send + 'static) {
    let (done, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let ended =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(test())));
        let _ = done.send(ended.is_ok());
    });
    let ended = waits.recv_timeout(std::time::Duration::from_secs(120));
    assert_eq!(
        ended,
        Ok(true),
        "the call was not stopped, or the test failed as told above"
    );
}
