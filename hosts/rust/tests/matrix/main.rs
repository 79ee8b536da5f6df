//! The rows of the matrix in the host in Rust. `tests/matrix/components/rows.json` of the repository has what each row
//! does and its whole outcome; this reads it, and decides nothing. Each row is a test.

mod told;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use recover_host::{Error, Handle, Limits, Overlap, RestartLimit, Supervisor, Value, Wasi};
use serde_json::{Map, Value as Json, json};
use wasmtime::Engine;
use wasmtime::component::{Component, Val};

const HOST: &str = "rust";
const LEDGERS: &str = "recover:fixture/ledgers";
/// What every outcome says, so that none is half of one.
const WHOLE: [&str; 5] = ["class", "kind", "code", "fatal", "retryable"];

fn matrix() -> &'static Json {
    static MATRIX: OnceLock<Json> = OnceLock::new();
    MATRIX.get_or_init(|| {
        let text = include_str!("../../../../tests/matrix/components/rows.json");
        serde_json::from_str(text).unwrap()
    })
}

/// The component, compiled once for all rows.
fn component() -> &'static (Engine, Component) {
    static COMPONENT: OnceLock<(Engine, Component)> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let path = std::env::var_os("RECOVER_COMPONENT").map_or_else(
            || PathBuf::from("../../target/component/fixture_component.wasm"),
            PathBuf::from,
        );
        assert!(
            path.is_file(),
            "there is no component at {}; build it by `cargo xtask component`",
            path.display()
        );
        let limits = Limits::default().timeout(Duration::from_secs(60));
        let engine = limits.engine().unwrap();
        let component = Component::from_file(&engine, path).unwrap();
        (engine, component)
    })
}

/// A row under way.
struct Run {
    app: Supervisor<Wasi>,
    handles: HashMap<String, Handle>,
}

impl Run {
    fn new(row: &Json) -> Self {
        let (engine, component) = component();
        let memory = row["memory"].as_u64().unwrap_or(64 << 20);
        let timeout = row["timeout"].as_f64().unwrap_or(60.0);
        let limits = Limits::default()
            .memory(usize::try_from(memory).unwrap())
            .timeout(Duration::from_secs_f64(timeout));
        let linker = Wasi::linker(engine).unwrap();
        let mut builder = Supervisor::builder(component, linker, Wasi::default)
            .limits(limits)
            .overlap(Overlap::Refuse);
        if let Some(restarts) = row["restarts"].as_u64() {
            builder = builder.restarts(RestartLimit {
                restarts: restarts.try_into().unwrap(),
                period: Duration::from_secs(60),
            });
        }
        Run {
            app: builder.build().unwrap(),
            handles: HashMap::new(),
        }
    }

    async fn row(mut self, row: &Json) {
        for step in list(&row["steps"]) {
            self.steps(step).await;
        }
        self.call(&json!({ "call": "parse", "with": ["-12"], "gives": -12 }))
            .await;
        let live = self.app.call(LEDGERS, "live", vec![]).await.unwrap();
        let health = self.app.health();
        let then = json!({ "instance": health.epoch, "live": live.as_i64(), "busy": health.busy });
        assert_eq!(then, row["then"], "what the row leaves");
    }

    /// A step, as often as it says.
    async fn steps(&mut self, step: &Json) {
        if step["not"][HOST].is_string() {
            return;
        }
        for _ in 0..step["times"].as_u64().unwrap_or(1) {
            self.step(step).await;
        }
    }

    async fn step(&mut self, step: &Json) {
        if let Some(name) = step["make"].as_str() {
            let class = step["class"].as_str().unwrap();
            let made = self.app.construct(LEDGERS, class, self.values(step));
            let made = made.await.unwrap();
            self.handles.insert(name.to_owned(), made);
        } else if let Some(name) = step["close"].as_str() {
            self.handles.remove(name).unwrap();
        } else if step["restart"] == true {
            self.app.restart().await.unwrap();
        } else if step["during"].is_object() {
            self.during(step).await;
        } else {
            self.call(step).await;
        }
    }

    /// Takes steps while a call of another task is under way.
    async fn during(&mut self, step: &Json) {
        let before = self.app.health().calls;
        let beside = Run {
            app: self.app.clone(),
            handles: self.handles.clone(),
        };
        let call = step["during"].clone();
        let beside = tokio::spawn(async move { beside.call(&call).await });
        while self.app.health().calls == before && !beside.is_finished() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for step in list(&step["steps"]) {
            self.call(step).await;
        }
        beside.await.unwrap();
    }

    async fn call(&self, step: &Json) {
        let function = step["call"].as_str().unwrap();
        let values = self.values(step);
        let answer = match step["on"].as_str() {
            Some(name) => self.app.method(&self.handles[name], function, values).await,
            None => self.app.call(LEDGERS, function, values).await,
        };
        if let Some(gives) = step.get("gives") {
            assert_eq!(&told::value(answer.unwrap()), gives, "{step}");
            return;
        }
        let fails = match &step["differs"][HOST] {
            Json::Null => &step["fails"],
            own => own,
        };
        let expected = expected(fails);
        let whole = WHOLE.iter().all(|key| expected.contains_key(*key));
        assert!(whole, "the outcome is not whole: {step}");
        let error = answer.unwrap_err();
        let is_domain = matches!(error, Error::Domain(_));
        assert_eq!(told::outcome(&error, &expected), expected, "{step}");
        assert_eq!(is_domain, expected["kind"] == "domain", "{step}");
    }

    /// The arguments of a step, by the types that the fixture's WIT has for them.
    fn values(&self, step: &Json) -> Vec<Value> {
        let given = step["with"].as_array().map_or(&[][..], Vec::as_slice);
        let value = |(at, one): (usize, &Json)| match one {
            Json::Number(number) if step["call"] == "put" => number.as_i64().unwrap().into(),
            Json::Number(number) => u32::try_from(number.as_u64().unwrap()).unwrap().into(),
            Json::String(how) if step["call"] == "fail" && at + 1 == given.len() => {
                Val::Enum(how.clone()).into()
            }
            Json::String(text) => text.as_str().into(),
            other => match other["handle"].as_str() {
                Some(name) => (&self.handles[name]).into(),
                None => {
                    let times = usize::try_from(other["times"].as_u64().unwrap()).unwrap();
                    other["text"].as_str().unwrap().repeat(times).into()
                }
            },
        };
        given.iter().enumerate().map(value).collect()
    }
}

/// The outcome that a step expects: one of the named ones, with what it says itself.
fn expected(fails: &Json) -> Map<String, Json> {
    let named = |name: &str| matrix()["outcomes"][name].as_object().unwrap().clone();
    match fails {
        Json::String(name) => named(name),
        other => {
            let mut own = other.as_object().unwrap().clone();
            let mut all = own
                .remove("as")
                .map_or_else(Map::new, |name| named(name.as_str().unwrap()));
            all.append(&mut own);
            all
        }
    }
}

fn list(value: &Json) -> &[Json] {
    value.as_array().unwrap()
}

fn run(name: &str) {
    let row = list(&matrix()["rows"])
        .iter()
        .find(|row| row["row"] == name);
    let row = row.unwrap_or_else(|| panic!("rows.json has no row {name}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(Run::new(row).row(row));
}

macro_rules! rows {
    ($($test:ident: $row:literal,)*) => {
        /// Those that are tests here.
        const ROWS: &[&str] = &[$($row),*];

        $(#[test]
        fn $test() {
            run($row);
        })*
    };
}

rows! {
    err: "err",
    panic: "panic",
    drop_of_what_unwinds: "drop",
    panic_drop: "panic-drop",
    rollback: "rollback",
    poison: "poison",
    keep: "keep",
    overlap: "overlap",
    oom_small: "oom-small",
    oom_huge: "oom-huge",
    oom_argument: "oom-argument",
    stack_guarded: "stack-guarded",
    stack_unguarded: "stack-unguarded",
    trap: "trap",
    double_panic: "double-panic",
    timeout: "timeout",
    revival: "revival",
    restart: "restart",
    restart_limit: "restart-limit",
    restart_often: "restart-often",
    stale_handle: "stale-handle",
}

#[test]
fn every_row_that_applies_is_a_test() {
    let rows = list(&matrix()["rows"]).iter();
    let applies = rows.filter(|row| !row["not"][HOST].is_string());
    let names: Vec<_> = applies.map(|row| row["row"].as_str().unwrap()).collect();
    assert_eq!(names, ROWS);
}

#[test]
fn the_engine_is_the_one_of_the_page() {
    let lock = include_str!("../../Cargo.lock");
    let engine = matrix()["hosts"][HOST]["engine"].as_str().unwrap();
    let version = engine.strip_prefix("wasmtime ").unwrap();
    let version = version.strip_suffix(", from crates.io").unwrap();
    assert!(lock.contains(&format!("name = \"wasmtime\"\nversion = \"{version}\"\n")));
}
