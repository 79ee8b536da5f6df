//! What the guard in a component costs: its exports against those of the same body by wit-bindgen alone, in one engine
//! and one run, as ratios; and its bytes. Nothing of this crate is between, so that nothing else is measured:
//! `cargo run --release --example guard GUARDED PLAIN [--check]`.

use std::error::Error as StdError;
use std::hint::black_box;
use std::time::Instant;

use recover_host::Wasi;
use recover_host::types::Failure;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower, ResourceAny,
    TypedFunc,
};
use wasmtime::{Engine, Store};

type Tried<T> = Result<T, Box<dyn StdError>>;
/// What every export gives.
type Told<T> = (Result<T, Failure>,);

const WORK: &str = "recover:bench/work@0.1.0";
const ROUNDS: usize = 41;
const CALLS: usize = 20_000;
const BAR: f64 = 1.1;
/// In bytes.
const SIZE: i64 = 15_000;

/// A component, ready to be called.
struct Side {
    bytes: i64,
    component: Component,
    interface: ComponentExportIndex,
    store: Store<Wasi>,
    instance: Instance,
}

impl Side {
    fn new(engine: &Engine, path: &str) -> Tried<Self> {
        let bytes = std::fs::read(path)
            .map_err(|why| format!("{path}: {why}; `cargo xtask component --bench` builds it"))?;
        let component = Component::new(engine, &bytes)?;
        let interface = component
            .get_export_index(None, WORK)
            .ok_or_else(|| format!("{path} does not export {WORK}"))?;
        let mut store = Store::new(engine, Wasi::default());
        let instance = Wasi::blocking_linker(engine)?.instantiate(&mut store, &component)?;
        Ok(Side {
            bytes: bytes.len().try_into()?,
            component,
            interface,
            store,
            instance,
        })
    }

    fn function<A, R>(&mut self, name: &str) -> Tried<TypedFunc<A, R>>
    where
        A: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let index = self
            .component
            .get_export_index(Some(&self.interface), name)
            .ok_or("no such function")?;
        Ok(self.instance.get_typed_func(&mut self.store, index)?)
    }

    fn counter(&mut self) -> Tried<ResourceAny> {
        let make = self.function::<(), (ResourceAny,)>("[constructor]counter")?;
        Ok(make.call(&mut self.store, ())?.0)
    }
}

/// The two that are compared: the guarded one and the plain one.
struct Sides([Side; 2]);

impl Sides {
    /// Calls of both in turns: the median of the ratios of rounds, and of the nanoseconds of each.
    fn compare<A, T>(
        &mut self,
        name: &str,
        calls: usize,
        export: &str,
        args: impl Fn(usize) -> A,
    ) -> Tried<bool>
    where
        A: ComponentNamedList + Lower + Clone,
        T: Lift + 'static,
        Told<T>: ComponentNamedList + Lift,
    {
        let functions = [
            self.0[0].function::<A, Told<T>>(export)?,
            self.0[1].function::<A, Told<T>>(export)?,
        ];
        let args = [args(0), args(1)];
        let mut rounds = Vec::new();
        for round in 0..=ROUNDS {
            let mut took = [0.0; 2];
            // Each begins as often as the other.
            for at in [round % 2, 1 - round % 2] {
                let begun = Instant::now();
                for _ in 0..calls {
                    let (told,) =
                        functions[at].call(&mut self.0[at].store, black_box(args[at].clone()))?;
                    black_box(told.map_err(|failure| failure.message)?);
                }
                took[at] = begun.elapsed().as_secs_f64() * 1e9 / calls as f64;
            }
            // The first one warms up.
            if round > 0 {
                rounds.push(took);
            }
        }
        let ratio = median(rounds.iter().map(|[ours, plain]| ours / plain));
        let [ours, plain] = [0, 1].map(|at| median(rounds.iter().map(|took| took[at])));
        let kept = ratio <= BAR;
        let word = if kept { "" } else { "  above the bar" };
        println!("{name:<44} {ratio:>6.3} (bar {BAR})   {ours:>9.1} ns   {plain:>9.1} ns{word}");
        Ok(kept)
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Tried<()> {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let checks = args.iter().any(|arg| arg == "--check");
    args.retain(|arg| arg != "--check");
    let [guarded, plain] = &args[..] else {
        return Err("name two components: the guarded one, and the plain one".into());
    };
    let engine = Engine::default();
    let mut sides = Sides([Side::new(&engine, guarded)?, Side::new(&engine, plain)?]);
    println!(
        "{:<44} {:>16}   {:>12}   {:>12}",
        "", "ratio", "guarded", "plain"
    );
    let counters = [sides.0[0].counter()?, sides.0[1].counter()?];
    let text = "the quick brown fox jumps over the lazy dog ".repeat(4);
    let numbers: Vec<u32> = (0..1000).collect();
    let mut kept = sides.compare::<_, u32>("add: two numbers", CALLS, "add", |_| (3u32, 4u32))?;
    kept &= sides.compare::<_, u32>("words: a text of 176 bytes", CALLS, "words", |_| (&*text,))?;
    kept &= sides.compare::<_, u64>("sum: a list of 1000 numbers", CALLS / 10, "sum", |_| {
        (&*numbers,)
    })?;
    kept &= sides.compare::<_, u32>(
        "counter.add: an object",
        CALLS,
        "[method]counter.add",
        |at| (counters[at], 0u32),
    )?;
    let [ours, bare] = [0, 1].map(|at| sides.0[at].bytes);
    let more = ours - bare;
    kept &= more <= SIZE;
    let word = if more <= SIZE { "" } else { "  above the bar" };
    println!(
        "{:<44} {more:>6} (bar {SIZE})   {ours:>10}   {bare:>10}{word}",
        "size: bytes more"
    );
    match kept || !checks {
        true => Ok(()),
        false => Err("a bar is passed".into()),
    }
}
