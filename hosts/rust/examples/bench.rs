//! What the supervisor costs: a call through it against the bare export, and an answer after a trap against an instance
//! that is made by hand. Both are ratios within one run, in one engine:
//! `cargo run --release --example bench [COMPONENT] [--check]`. With `--check`, a bar that is passed is a failure.

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use recover_host::{Limits, Supervisor, Value, Wasi, values};
use wasmtime::component::{Component, ComponentExportIndex, Func, InstancePre, Val};
use wasmtime::{Engine, Store};

type Tried<T> = Result<T, Box<dyn StdError>>;

const LEDGERS: &str = "recover:fixture/ledgers";
const ROUNDS: usize = 31;

/// The component as a program of wasmtime alone has it.
struct Bare {
    engine: Engine,
    component: Component,
    interface: ComponentExportIndex,
    pre: InstancePre<Wasi>,
    store: Store<Wasi>,
    instance: wasmtime::component::Instance,
}

impl Bare {
    async fn new(engine: &Engine, component: &Component) -> Tried<Self> {
        let pre = Wasi::linker(engine)?.instantiate_pre(component)?;
        let interface = component
            .get_export_index(None, "recover:fixture/ledgers@0.1.0")
            .ok_or("no ledgers")?;
        let (store, instance) = Self::made(engine, &pre).await?;
        Ok(Bare {
            engine: engine.clone(),
            component: component.clone(),
            interface,
            pre,
            store,
            instance,
        })
    }

    /// An instance, as one makes it by hand after a trap.
    async fn made(
        engine: &Engine,
        pre: &InstancePre<Wasi>,
    ) -> Tried<(Store<Wasi>, wasmtime::component::Instance)> {
        let mut store = Store::new(engine, Wasi::default());
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = pre.instantiate_async(&mut store).await?;
        Ok((store, instance))
    }

    fn function(&mut self, name: &str) -> Tried<Func> {
        let index = self
            .component
            .get_export_index(Some(&self.interface), name)
            .ok_or("no function")?;
        Ok(self
            .instance
            .get_func(&mut self.store, index)
            .ok_or("no function")?)
    }

    async fn call(&mut self, function: Func, args: &[Val]) -> Tried<Val> {
        let mut results = [Val::Bool(false)];
        function
            .call_async(&mut self.store, args, &mut results)
            .await?;
        let [result] = results;
        Ok(result)
    }
}

/// The median of the ratios of rounds that take turns, and of the times of both.
fn print(name: &str, mut rounds: Vec<(Duration, Duration)>, count: usize, bar: f64) -> bool {
    let of = |time: &Duration| time.as_secs_f64() * 1e6 / count as f64;
    let mut ratios: Vec<_> = rounds
        .iter()
        .map(|(ours, bare)| of(ours) / of(bare))
        .collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    rounds.sort();
    let ours = of(&rounds[rounds.len() / 2].0);
    rounds.sort_by_key(|round| round.1);
    let bare = of(&rounds[rounds.len() / 2].1);
    let kept = ratio <= bar;
    let word = if kept { "" } else { "  above the bar" };
    println!("{name:<44} {ratio:>6.2} (bar {bar})   {ours:>9.2} µs   {bare:>9.2} µs{word}");
    kept
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Tried<()> {
    let checks = std::env::args().any(|arg| arg == "--check");
    let path = std::env::args()
        .skip(1)
        .find(|arg| arg != "--check")
        .or_else(|| std::env::var("RECOVER_COMPONENT").ok());
    let path = path.unwrap_or_else(|| "../../target/component/fixture_component.wasm".to_owned());
    let limits = Limits::default()
        .memory(256 << 20)
        .timeout(Duration::from_secs(60));
    let engine = limits.engine()?;
    let component = Component::from_file(&engine, &path)
        .map_err(|why| format!("{path}: {why:#}; build it by `cargo xtask component`"))?;
    let build = |limits| {
        Supervisor::builder(&component, Wasi::linker(&engine)?, Wasi::default)
            .limits(limits)
            .build()
            .map_err(Box::<dyn StdError>::from)
    };
    let (app, timed) = (build(Limits::default())?, build(limits)?);
    let mut bare = Bare::new(&engine, &component).await?;
    let mut kept = true;
    println!(
        "{:<44} {:>16}   {:>12}   {:>12}",
        "", "ratio", "ours", "bare"
    );

    let count = 2000;
    let parse = bare.function("parse")?;
    for (name, app) in [
        ("parse: a function", &app),
        ("parse, with limits of time and memory", &timed),
    ] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let ours = Instant::now();
            for _ in 0..count {
                app.call(LEDGERS, "parse", values!["12345"]).await?;
            }
            let ours = ours.elapsed();
            let theirs = Instant::now();
            for _ in 0..count {
                bare.call(parse, &[Val::String("12345".to_owned())]).await?;
            }
            rounds.push((ours, theirs.elapsed()));
        }
        kept &= print(name, rounds, count, 1.1);
    }

    let tally = timed.construct(LEDGERS, "tally", vec![]).await?;
    let (make, add) = (
        bare.function("[constructor]tally")?,
        bare.function("[method]tally.add")?,
    );
    let bare_tally = bare.call(make, &[]).await?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let ours = Instant::now();
        for _ in 0..count {
            timed.method(&tally, "add", values![1u32]).await?;
        }
        let ours = ours.elapsed();
        let theirs = Instant::now();
        for _ in 0..count {
            bare.call(add, &[bare_tally.clone(), Val::U32(1)]).await?;
        }
        rounds.push((ours, theirs.elapsed()));
    }
    kept &= print("tally.add: an object", rounds, count, 1.1);

    let ledger = timed.construct(LEDGERS, "ledger", values!["me"]).await?;
    let (make, put) = (
        bare.function("[constructor]ledger")?,
        bare.function("[method]ledger.put")?,
    );
    let bare_ledger = bare.call(make, &[Val::String("me".to_owned())]).await?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let ours = Instant::now();
        for _ in 0..count {
            timed.method(&ledger, "put", values!["rent", 7i64]).await?;
        }
        let ours = ours.elapsed();
        let theirs = Instant::now();
        for _ in 0..count {
            bare.call(
                put,
                &[
                    bare_ledger.clone(),
                    Val::String("rent".to_owned()),
                    Val::S64(7),
                ],
            )
            .await?;
        }
        rounds.push((ours, theirs.elapsed()));
    }
    // Each 64th call is followed by a save: what that costs is the component's.
    print(
        "ledger.put: journaled, with its saves",
        rounds,
        count,
        f64::INFINITY,
    );

    let count = 20;
    let mut rounds = Vec::new();
    let unreachable = || Val::Enum("unreachable".to_owned());
    for _ in 0..ROUNDS {
        let ours = Instant::now();
        for _ in 0..count {
            timed
                .call(LEDGERS, "fail", vec![Value::from(unreachable())])
                .await
                .err()
                .ok_or("it was to trap")?;
            timed.call(LEDGERS, "parse", values!["7"]).await?;
        }
        let ours = ours.elapsed();
        let theirs = Instant::now();
        for _ in 0..count {
            let fail = bare.function("fail")?;
            bare.call(fail, &[unreachable()])
                .await
                .err()
                .ok_or("it was to trap")?;
            let (store, instance) = Bare::made(&bare.engine, &bare.pre).await?;
            (bare.store, bare.instance) = (store, instance);
            let parse = bare.function("parse")?;
            bare.call(parse, &[Val::String("7".to_owned())]).await?;
        }
        rounds.push((ours, theirs.elapsed()));
    }
    kept &= print("trap, then the next answer", rounds, count, 1.2);
    match kept || !checks {
        true => Ok(()),
        false => Err("a ratio is above its bar".into()),
    }
}
