//! `cargo recover torture` on a real crate, in real engines: of the stage `testing`. Node is `RECOVER_NODE`, or the
//! one on the PATH; playwright and miniflare are those below `RECOVER_ENGINES`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{Run, eh, fixture, recover, refused, run, succeed, with_engines};

/// `post` writes twice: what fails between leaves one side more than the other, and the policy keeps that.
const LIBRARY: &str = r#"
extern crate rt as recover_runtime;

use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};

#[recoverable(persist = "journal", on_panic = "rollback")]
#[derive(Default, Serialize, Deserialize)]
pub struct Counter {
    count: u32,
    names: Vec<String>,
}

#[recoverable]
impl Counter {
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self::default()
    }
    pub fn add(&mut self, name: String) -> u32 {
        self.count += 1;
        self.names.push(name);
        self.count
    }
}

#[recoverable(on_panic = "keep")]
#[derive(Default)]
pub struct Ledger {
    debit: Vec<u32>,
    credit: Vec<u32>,
}

#[recoverable]
impl Ledger {
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Self::default()
    }
    pub fn post(&mut self, amount: u32) {
        // mend
        self.debit.push(amount);
        self.credit.push(amount);
    }
    pub fn balance(&self) -> i32 {
        self.debit.iter().sum::<u32>() as i32 - self.credit.iter().sum::<u32>() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::Counter;

    #[recover_runtime::torture]
    fn counts() {
        let mut counter = Counter::new();
        counter.add("a".to_owned());
        assert_eq!(counter.add("b".to_owned()), 2);
    }
}
"#;

/// What makes room on both sides first.
const MENDED: &str = "self.debit.reserve(1);\n        self.credit.reserve(1);";

/// An assertion that holds only where nothing failed before it.
const ASSERTS: &str = r#"
#[cfg(test)]
mod asserts {
    #[recover_runtime::torture]
    fn assumes_that_nothing_fails() {
        let mut numbers: Vec<u8> = Vec::new();
        let _ = numbers.try_reserve(1000);
        assert!(numbers.capacity() >= 1000, "there is room");
    }
}
"#;

const COUNTER: &str = "
export function setup(pkg) { return { counter: new pkg.Counter() }; }
export const steps = [
  ({ counter }) => counter.add('a'),
  { name: 'again', run: ({ counter }) => counter.add('b') },
];
";

const LEDGER: &str = "
export function setup(pkg) { return { ledger: new pkg.Ledger() }; }
export const steps = [
  ({ ledger }) => ledger.post(2),
];
export const atomic = false;
export const policy = { Ledger: 'keep' };
export function invariant({ ledger }) {
  const balance = ledger.balance();
  if (balance !== 0) throw new Error(`the balance is ${balance}`);
}
";

/// The crate, with these files in its folder `torture`.
fn torturing(name: &str, library: &str, scenarios: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // The runtime has another name, by which the feature is asked for.
    let manifest = format!(
        "[package]\nname = \"torturing-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[workspace]\n\
         [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
         rt = {{ package = \"recover-runtime\", path = '{}', features = [\"persist\"] }}\n",
        root.join("recover-runtime").display(),
    );
    let mut files = vec![("Cargo.toml".to_owned(), manifest)];
    files.push(("src/lib.rs".to_owned(), library.to_owned()));
    for (file, text) in scenarios {
        files.push((format!("torture/{file}"), (*text).to_owned()));
    }
    let files: Vec<_> = files
        .iter()
        .map(|(file, text)| (&**file, &**text))
        .collect();
    fixture(&format!("torturing-{name}"), &files)
}

/// The command, on the engines of this repository.
fn torture(directory: &Path, arguments: &[&str]) -> Command {
    let eh = ["--eh", eh()];
    let all: Vec<&str> = ["torture"]
        .iter()
        .chain(arguments)
        .chain(&eh)
        .copied()
        .collect();
    with_engines(recover(directory, &all))
}

/// Runs a command that was printed.
fn again(directory: &Path, command: &str) -> Run {
    let words = command.strip_prefix("cargo recover ").unwrap();
    let words: Vec<_> = words.split_whitespace().collect();
    run(with_engines(recover(directory, &words)))
}

/// What stands behind `label` in what was printed.
fn said<'a>(text: &'a str, label: &str) -> &'a str {
    let mut lines = text.lines();
    let found = lines.find_map(|line| line.trim_start().strip_prefix(label));
    found.unwrap_or_else(|| panic!("no {label:?} in {text}"))
}

/// The injected failures and the violations of the closing line.
fn counts(run: &Run) -> (u64, u64) {
    let last = run.stdout.lines().last().unwrap_or_default();
    let rest = last.strip_prefix("torture: ");
    let rest = rest.unwrap_or_else(|| panic!("{}{}", run.stdout, run.stderr));
    let numbers = rest.split(' ').filter_map(|word| word.parse().ok());
    let numbers: Vec<u64> = numbers.collect();
    (numbers[0], numbers[1])
}

#[test]
#[ignore = "the stage `testing`"]
fn a_sound_crate_passes_in_its_scenarios_and_its_functions() {
    let directory = torturing("sound", LIBRARY, &[("counter.mjs", COUNTER)]);
    let passed = succeed(torture(&directory, &["--exhaustive"]));
    let (injected, violations) = counts(&passed);
    assert!(injected > 100, "{}", passed.stdout);
    assert_eq!(violations, 0);
    for part in [
        "counter: ok; ",
        "tests::counts: ok; ",
        " failures tried",
        "sites: ",
    ] {
        assert!(
            passed.stdout.contains(part),
            "no {part:?} in {}",
            passed.stdout
        );
    }
    let tap = directory.join("out/results.tap");
    let output = ["--format", "tap", "--output", tap.to_str().unwrap()];
    let only = ["--only", "counter", "--budget", "2s"];
    let passed = succeed(torture(&directory, &[&output[..], &only].concat()));
    assert!(passed.stdout.contains("counter: ok; "), "{}", passed.stdout);
    let text = fs::read_to_string(&tap).unwrap();
    assert!(
        text.starts_with("TAP version 14\n1..1\nok 1 - counter\n"),
        "{text}"
    );
    // A point that there is not: a mistake by hand, and a warning of a test that was kept.
    let far = ["--only", "counter", "--schedule", "panic@99999"];
    let far = run(torture(&directory, &far));
    let is_mistake = |run: &Run, part: &str| {
        let last = run.stderr.lines().last().unwrap_or_default();
        run.code == 2 && last.starts_with("error: ") && last.contains(part)
    };
    assert!(
        is_mistake(&far, "point 99999 is not reached"),
        "{}",
        far.stderr
    );
    let kept = "export * from '../counter.mjs';\nexport const schedule = [{ point: 99999, action: 'panic' }];\n";
    fs::create_dir_all(directory.join("torture/regressions")).unwrap();
    fs::write(directory.join("torture/regressions/far.mjs"), kept).unwrap();
    let both = ["--only", "counter", "--only", "far", "--budget", "2s"];
    let passed = succeed(torture(&directory, &[&output[..], &both].concat()));
    assert!(
        passed
            .stderr
            .contains("warning: far: its schedule reaches nothing any more"),
        "{}",
        passed.stderr
    );
    let text = fs::read_to_string(&tap).unwrap();
    assert!(
        text.contains("ok 1 - far # SKIP its schedule reaches nothing"),
        "{text}"
    );
    let alone = run(torture(&directory, &["--only", "far"]));
    let nothing = "nothing was injected, so nothing is known: far: ";
    assert!(is_mistake(&alone, nothing), "{}", alone.stderr);
}

#[test]
#[ignore = "the stage `testing`"]
fn a_violation_is_shown_replayed_and_kept_until_the_crate_is_mended() {
    let directory = torturing("ledger", LIBRARY, &[("ledger.mjs", LEDGER)]);
    let found = run(torture(&directory, &["--exhaustive", "--only", "ledger"]));
    assert_eq!(found.code, 1, "{}{}", found.stdout, found.stderr);
    assert!(counts(&found).1 > 0);
    for part in [
        "violation in ledger: ",
        "the balance is ",
        "fail@",
        "src/lib.rs:",
    ] {
        assert!(
            found.stdout.contains(part),
            "no {part:?} in {}",
            found.stdout
        );
    }
    let command = said(&found.stdout, "again: ").to_owned();
    let replayed = again(&directory, &command);
    assert_eq!(
        replayed.code, 1,
        "{command}: {}{}",
        replayed.stdout, replayed.stderr
    );
    assert!(
        replayed.stdout.contains("the balance is "),
        "{}",
        replayed.stdout
    );
    // It is kept, and run before all others.
    let kept = said(&found.stdout, "kept as a test: ").to_owned();
    let stem = Path::new(&kept)
        .file_stem()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert!(directory.join(&kept).is_file(), "{kept}");
    let junit = directory.join("results.xml");
    let arguments = [
        "--only",
        &stem,
        "--format",
        "junit",
        "--output",
        junit.to_str().unwrap(),
    ];
    let failed = run(torture(&directory, &arguments));
    assert_eq!(failed.code, 1, "{}{}", failed.stdout, failed.stderr);
    let text = fs::read_to_string(&junit).unwrap();
    assert!(
        text.contains("failures=\"1\"") && text.contains("the balance is"),
        "{text}"
    );
    let library = directory.join("src/lib.rs");
    fs::write(&library, LIBRARY.replace("// mend", MENDED)).unwrap();
    let mended = succeed(torture(&directory, &["--exhaustive"]));
    assert_eq!(counts(&mended).1, 0, "{}", mended.stdout);
    assert!(
        mended.stdout.contains(&format!("{stem}: ok")),
        "{}",
        mended.stdout
    );
}

#[test]
#[ignore = "the stage `testing`"]
fn an_assertion_in_rust_is_a_violation() {
    let library = format!("{LIBRARY}{ASSERTS}");
    let directory = torturing("asserts", &library, &[]);
    let found = run(torture(&directory, &["--exhaustive", "--json"]));
    assert_eq!(found.code, 1, "{}{}", found.stdout, found.stderr);
    let lines: Vec<Value> = found
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let violations = lines.iter().filter(|line| line["type"] == "violation");
    for violation in violations.clone() {
        assert_eq!(violation["scenario"], "asserts::assumes_that_nothing_fails");
        let message = violation["message"].as_str().unwrap();
        assert!(
            message.contains("an assertion failed: there is room"),
            "{violation}"
        );
        assert!(message.contains("src/lib.rs:"), "{violation}");
    }
    assert!(violations.count() > 0, "{}", found.stdout);
    assert_eq!(lines.last().unwrap()["ok"], false);
    let replayed = again(&directory, lines[0]["command"].as_str().unwrap_or_default());
    assert_eq!(replayed.code, 1, "{}{}", replayed.stdout, replayed.stderr);
}

#[test]
#[ignore = "the stage `testing`"]
fn a_crate_with_an_allocator_of_its_own_is_built_without_ours() {
    let own = "#[global_allocator]\nstatic ALLOCATOR: std::alloc::System = std::alloc::System;\n";
    let library = format!("{LIBRARY}{own}");
    let directory = torturing("allocator", &library, &[("counter.mjs", COUNTER)]);
    let passed = succeed(torture(&directory, &["--exhaustive", "--only", "counter"]));
    assert!(
        passed.stderr.contains("a global allocator of its own"),
        "{}",
        passed.stderr
    );
    assert!(counts(&passed).0 > 0, "{}", passed.stdout);
}

/// One sound scenario, in another engine.
fn in_engine(engine: &str) {
    let directory = torturing(engine, LIBRARY, &[("counter.mjs", COUNTER)]);
    let arguments = ["--engine", engine, "--exhaustive", "torture/counter.mjs"];
    let passed = succeed(torture(&directory, &arguments));
    let (injected, violations) = counts(&passed);
    assert!(injected > 50 && violations == 0, "{}", passed.stdout);
}

#[test]
#[ignore = "the stage `testing`"]
fn a_sound_crate_passes_in_chromium() {
    in_engine("chromium");
}

#[test]
#[ignore = "the stage `testing`"]
fn a_sound_crate_passes_in_workerd() {
    in_engine("workerd");
}

#[test]
#[ignore = "the stage `testing`"]
fn a_mistake_in_a_scenario_or_a_waiver_is_one_line() {
    let directory = torturing("mistakes", LIBRARY, &[("counter.mjs", COUNTER)]);
    for (text, part) in [
        ("export const steps = [];", "`setup(pkg, t)`"),
        (
            "export function setup() {}\nexport const steps = [1];",
            "step 1",
        ),
        (
            "export function setup( {}",
            "torture/bad.mjs can't be loaded: SyntaxError",
        ),
    ] {
        fs::write(directory.join("torture/bad.mjs"), text).unwrap();
        let run = run(torture(&directory, &["--quiet", "torture/bad.mjs"]));
        assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
        let last = run.stderr.lines().last().unwrap();
        assert!(
            last.starts_with("error: ") && last.contains(part),
            "{}",
            run.stderr
        );
    }
    fs::remove_file(directory.join("torture/bad.mjs")).unwrap();
    let waiver = "[{ \"site\": \"enter@gone\", \"reason\": \"it was there\" }]";
    fs::write(directory.join("torture/waivers.json"), waiver).unwrap();
    // Without the function of Rust's these are all scenarios.
    let library = directory.join("src/lib.rs");
    let text = LIBRARY.split("#[cfg(test)]").next().unwrap();
    fs::write(&library, text).unwrap();
    let run = run(torture(&directory, &["--quiet", "--budget", "1s"]));
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr
            .contains("the waiver of enter@gone matches no site"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_cannot_be_tortured_is_refused_in_a_line_and_new_writes_a_first_scenario() {
    let library = LIBRARY.split("#[cfg(test)]").next().unwrap();
    let directory = torturing(
        "refused",
        library,
        &[("_shared.mjs", ""), ("waivers.json", "[]")],
    );
    let quick =
        |arguments: &[&str]| torture(&directory, &[arguments, &["--strategy", "abort"]].concat());
    refused(
        quick(&[]),
        &[
            "no scenario: `torture` has no .mjs file",
            "cargo recover torture --new NAME",
        ],
    );
    refused(quick(&["torture/gone.mjs"]), &["cannot read", "gone.mjs"]);
    let written = succeed(quick(&["--new", "first"]));
    assert!(
        written.stderr.contains("torture/first.mjs"),
        "{}",
        written.stderr
    );
    refused(quick(&["--new", "first"]), &["`torture/first.mjs` exists"]);
    refused(
        quick(&["--only", "second"]),
        &["no scenario `second`", "there are: first"],
    );
    fs::write(directory.join("torture/second.mjs"), COUNTER).unwrap();
    refused(
        quick(&["--schedule", "panic@3"]),
        &["`--schedule` is of one scenario", "first, second"],
    );
    refused(
        quick(&["--waivers", "torture/gone.json"]),
        &["cannot read", "gone.json"],
    );
    for (arguments, part) in [
        (&["--schedule", "explode@3"][..], "`explode` is no action"),
        (&["--budget", "soon"], "such as 60s, 10m or 1h"),
        (&["--exhaustive", "--budget", "5s"], "cannot be used with"),
        (&["--new", "a/b"], "letters, digits"),
        (&["--engine", "netscape"], "node, chromium, workerd"),
    ] {
        let run = run(quick(arguments));
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(part), "no {part:?} in {}", run.stderr);
    }
}
