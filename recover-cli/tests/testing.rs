//! `cargo recover test`, `check` and `watch` on real crates, in real engines: a stage of its own,
//! `cargo xtask test --only testing`. Node is `RECOVER_NODE`, or the one on the
//! PATH; playwright and miniflare are those below `RECOVER_ENGINES`.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{fixture, manifest, node, pin, real_wasm_bindgen, recover, refused, run};

const LIBRARY: &str = r#"
use recover_runtime::recoverable;

#[recoverable]
pub fn half(n: u32) -> u32 {
    if n == 0 { panic!("nothing to halve") }
    n / 2
}

#[cfg(test)]
mod tests {
    use super::half;

    #[recover_runtime::test(host)]
    fn halves() {
        assert_eq!(half(4), 2);
    }

    #[recover_runtime::test]
    #[should_panic(expected = "nothing to halve")]
    fn refuses_zero() {
        half(0);
    }

    #[recover_runtime::test]
    #[should_panic(expected = "another message")]
    fn fails_for_the_message() {
        half(0);
    }

    #[recover_runtime::test]
    #[should_panic]
    fn fails_without_a_panic() {}

    #[recover_runtime::test]
    fn fails_by_assertion() {
        assert_eq!(half(5), 3, "five is <odd>");
    }

    #[recover_runtime::test]
    fn fails_by_error() -> Result<(), String> {
        Err("no such thing".to_owned())
    }

    #[recover_runtime::test]
    async fn waits() -> Result<(), std::num::ParseIntError> {
        let promise = recover_runtime::JsFuture::from(resolved());
        assert_eq!(promise.await.unwrap().as_f64(), Some(7.0));
        "7".parse::<u32>().map(|_| ())
    }

    #[recover_runtime::test]
    async fn fails_after_an_await() {
        let _ = recover_runtime::JsFuture::from(resolved()).await;
        panic!("after the await");
    }

    #[recover_runtime::test]
    fn fails_by_a_trap() {
        std::process::abort();
    }

    #[recover_runtime::test]
    #[ignore = "only by hand"]
    fn fails_if_it_is_run() {
        panic!("it was run");
    }

    // What a host's test would be: nothing runs it here.
    #[test]
    fn natively() {
        assert!(cfg!(not(target_family = "wasm")));
    }

    #[wasm_bindgen::prelude::wasm_bindgen(inline_js = "export function resolved() { console.log('asked'); return Promise.resolve(7); }")]
    extern "C" {
        fn resolved() -> wasm_bindgen::JsValue;
    }
}
"#;

const THEIRS: &str = r#"
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn sums() {
    assert_eq!(1 + 1, 2);
}

#[wasm_bindgen_test]
fn fails_of_theirs() {
    assert_eq!(1 + 1, 3, "sums differ");
}

#[wasm_bindgen_test]
#[should_panic(expected = "as it should")]
fn panics() {
    panic!("as it should");
}

#[wasm_bindgen_test]
async fn waits() {
    let promise = js_sys::Promise::resolve(&wasm_bindgen::JsValue::from(7));
    let value = wasm_bindgen_futures::JsFuture::from(promise).await.unwrap();
    assert_eq!(value.as_f64(), Some(7.0));
}

#[wasm_bindgen_test]
#[ignore]
fn fails_if_it_is_run() {
    panic!("it was run");
}
"#;

const HANGS: &str = r#"
#[recover_runtime::test]
fn a_passes() {}

#[recover_runtime::test]
fn b_turns_for_ever() {
    let mut n = 0u32;
    while std::hint::black_box(true) { n = n.wrapping_add(1); }
}

#[recover_runtime::test]
async fn c_waits_for_ever() {
    std::future::pending::<()>().await;
}

#[recover_runtime::test]
fn d_passes() {}
"#;

/// The crate, in a directory of its own for each test; what it depends on is compiled once.
fn testing(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = format!(
        "[package]\nname = \"testing\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[workspace]\n\
         [dependencies]\nrecover-runtime.path = '{}'\nwasm-bindgen = \"={}\"\n\
         [dev-dependencies]\nwasm-bindgen-test = \"0.3\"\njs-sys = \"0.3\"\nwasm-bindgen-futures = \"0.4\"\n",
        root.join("recover-runtime").display(),
        pin("wasm-bindgen"),
    );
    fixture(
        &format!("testing-{name}"),
        &[
            ("Cargo.toml", &manifest),
            ("src/lib.rs", LIBRARY),
            ("tests/theirs.rs", THEIRS),
            ("tests/hangs.rs", HANGS),
        ],
    )
}

/// The command with the engines of this repository.
fn test(directory: &Path, arguments: &[&str]) -> Command {
    let all: Vec<&str> = ["test"].iter().chain(arguments).copied().collect();
    with_engines(recover(directory, &all))
}

fn with_engines(mut command: Command) -> Command {
    let mut path: Vec<PathBuf> = Path::new(&node())
        .parent()
        .map(Path::to_owned)
        .into_iter()
        .collect();
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    command.env("PATH", std::env::join_paths(path).unwrap());
    if let Some(engines) = std::env::var_os("RECOVER_ENGINES") {
        let modules = ["playwright", "miniflare"]
            .map(|engine| Path::new(&engines).join(engine).join("node_modules"));
        command.env("NODE_PATH", std::env::join_paths(modules).unwrap());
    }
    command
}

/// The end of each test of a program, from the lines of JSON.
fn ends(stdout: &str, program: &str) -> Vec<(String, String, Value)> {
    let lines = stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect(line));
    let tests = lines.filter(|line| line["type"] == "test" && line["program"] == program);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut ends: Vec<_> = tests
        .map(|line| (text(&line["name"]), text(&line["outcome"]), line))
        .collect();
    ends.sort_by(|a, b| a.0.cmp(&b.0));
    ends
}

/// Every test has the end that its name says, in an engine and a strategy.
fn as_named(engine: &str, strategy: &str) {
    let directory = testing(engine);
    let junit = directory.join(format!("out/{engine}-{strategy}.xml"));
    let run = run(test(
        &directory,
        &[
            "--json",
            "--engine",
            engine,
            "--strategy",
            strategy,
            "--junit",
            junit.to_str().unwrap(),
            "--",
            "--lib",
            "--test",
            "theirs",
        ],
    ));
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let mut many = 0;
    for program in ["lib testing", "test theirs"] {
        for (name, outcome, line) in ends(&run.stdout, program) {
            many += 1;
            let last = name.rsplit("::").next().unwrap();
            let expected = match last {
                "fails_if_it_is_run" => "ignored",
                name if name.starts_with("fails") => "failed",
                _ => "passed",
            };
            assert_eq!(outcome, expected, "{line}");
            let message = line["message"].as_str().unwrap_or_default();
            let part = match last {
                "fails_for_the_message" => {
                    "another message than `another message`: nothing to halve"
                }
                "fails_without_a_panic" => "did not panic",
                "fails_by_assertion" => "five is <odd>",
                "fails_by_error" => "no such thing",
                "fails_after_an_await" => "after the await",
                _ => "",
            };
            assert!(message.contains(part), "{line}");
            if ["fails_by_assertion", "fails_after_an_await"].contains(&last) {
                let location = line["location"].as_str().unwrap_or_default();
                assert!(location.contains("src/lib.rs:"), "{line}");
                assert_eq!(line["file"], "src/lib.rs", "{line}");
            }
            if last == "fails_of_theirs" {
                let all = line.to_string();
                assert!(all.contains("sums differ"), "{line}");
            }
            if last == "fails_after_an_await" {
                assert_eq!(line["output"], "asked", "{line}");
            }
        }
    }
    assert_eq!(many, 15, "{}", run.stdout);
    let result: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(
        (
            &result["type"],
            &result["passed"],
            &result["failed"],
            &result["ignored"]
        ),
        (&"result".into(), &6.into(), &7.into(), &2.into()),
        "{result}"
    );
    let text = std::fs::read_to_string(&junit).unwrap();
    assert!(
        text.contains("tests=\"15\" failures=\"7\" errors=\"0\" skipped=\"2\""),
        "{text}"
    );
    assert!(text.contains("five is &lt;odd&gt;"), "{text}");
}

#[test]
#[ignore = "the stage `testing`"]
fn tests_end_as_they_should_in_node_and_both_strategies() {
    as_named("node", "unwind");
    as_named("node", "abort");
}

#[test]
#[ignore = "the stage `testing`"]
fn tests_end_as_they_should_in_chromium() {
    as_named("chromium", "unwind");
    as_named("chromium", "abort");
}

#[test]
#[ignore = "the stage `testing`"]
fn tests_end_as_they_should_in_workerd() {
    as_named("workerd", "unwind");
    as_named("workerd", "abort");
}

#[test]
#[ignore = "the stage `testing`"]
fn a_test_that_never_ends_fails_and_the_others_run() {
    let run = run(test(
        &testing("hangs"),
        &["--timeout", "3", "--", "--test", "hangs"],
    ));
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    for part in [
        "running 4 tests of test hangs in node (unwind)",
        "test a_passes ... ok",
        "test b_turns_for_ever ... FAILED",
        "test c_waits_for_ever ... FAILED",
        "test d_passes ... ok",
        "took longer than 3 s",
        "waits for something that can no longer happen",
        "in the test at tests/hangs.rs:",
        "test result: FAILED. 2 passed; 2 failed; 0 ignored; 0 filtered out",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
    }
}

#[test]
#[ignore = "the stage `testing`"]
fn tests_are_listed_filtered_and_included() {
    let directory = testing("listed");
    let listed = run(test(&directory, &["--list", "--", "--test", "theirs"]));
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert_eq!(
        listed.stdout,
        "fails_if_it_is_run: test\nfails_of_theirs: test\npanics: test\nsums: test\nwaits: test\n"
    );
    let filtered = run(test(&directory, &["--filter", "halves", "--", "--lib"]));
    assert_eq!(filtered.code, 0, "{}{}", filtered.stdout, filtered.stderr);
    assert!(
        filtered
            .stdout
            .contains("1 passed; 0 failed; 0 ignored; 9 filtered out"),
        "{}",
        filtered.stdout
    );
    let included = run(test(
        &directory,
        &["--filter", "if_it", "--include-ignored", "--", "--lib"],
    ));
    assert_eq!(included.code, 1, "{}", included.stdout);
    assert!(
        included.stdout.contains("it was run"),
        "{}",
        included.stdout
    );
}

#[test]
#[ignore = "the stage `testing`"]
fn an_engine_that_is_missing_is_one_line_with_the_command() {
    let directory = testing("missing");
    for (engine, command_of) in [
        (
            "chromium",
            "npm install --save-dev playwright && npx playwright install chromium",
        ),
        ("workerd", "npm install --save-dev miniflare"),
    ] {
        let mut command = test(&directory, &["--quiet", "--engine", engine, "--", "--lib"]);
        command.env_remove("NODE_PATH");
        let run = run(command);
        assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
        let last = run.stderr.lines().last().unwrap();
        assert!(
            last.starts_with("error: ") && last.contains(command_of),
            "{}",
            run.stderr
        );
    }
}

#[test]
#[ignore = "the stage `testing`"]
fn bad_options_are_refused_in_a_line() {
    let directory = testing("refused");
    refused(
        test(&directory, &["--junit", "src"]),
        &["`src` is a directory"],
    );
    let run = run(test(&directory, &["--engine", "netscape"]));
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("node, chromium, workerd"),
        "{}",
        run.stderr
    );
}

#[test]
#[ignore = "the stage `testing`"]
fn check_names_what_is_not_protected_and_its_exit_code_says_whether_there_is_something() {
    let manifest = manifest(
        "checked",
        &format!("{}[features]\nmore = []\n", real_wasm_bindgen()),
    );
    let directory = fixture(
        "checked",
        &[
            ("Cargo.toml", &manifest),
            (
                "src/lib.rs",
                "mod deep;\n#[cfg(feature = \"more\")]\nmod more;\n#[cfg(test)]\nmod absent;\n",
            ),
            (
                "src/deep/mod.rs",
                "use wasm_bindgen::prelude::*;\n\n#[wasm_bindgen]\npub fn f() {}\n",
            ),
            (
                "src/more.rs",
                "#[wasm_bindgen::prelude::wasm_bindgen]\npub fn g() {}\n",
            ),
        ],
    );
    let checked = |arguments: &[&str]| {
        let all: Vec<&str> = ["check"].iter().chain(arguments).copied().collect();
        run(recover(&directory, &all))
    };
    let one = checked(&["--quiet"]);
    assert_eq!((one.code, one.stderr.as_str()), (1, ""), "{}", one.stdout);
    assert_eq!(one.stdout.lines().count(), 1, "{}", one.stdout);
    let line = "src/deep/mod.rs:4:8: plain-export: `f` is exported by `#[wasm_bindgen]`";
    assert!(one.stdout.starts_with(line), "{}", one.stdout);
    let two = checked(&["--json", "--features", "more"]);
    let document: Value = serde_json::from_str(&two.stdout).unwrap();
    assert_eq!(
        document["findings"].as_array().unwrap().len(),
        2,
        "{document}"
    );
    assert_eq!(document["findings"][1]["file"], "src/more.rs");
    std::fs::write(directory.join("src/deep/mod.rs"), "").unwrap();
    let none = checked(&[]);
    assert_eq!(
        (none.code, none.stdout.as_str()),
        (0, ""),
        "{}",
        none.stderr
    );
    std::fs::write(directory.join("src/deep/mod.rs"), "fn (").unwrap();
    refused(recover(&directory, &["check"]), &["src/deep/mod.rs:1:4"]);
}

#[test]
#[cfg(unix)]
#[ignore = "the stage `testing`"]
fn watch_builds_again_after_a_change_outlives_an_error_and_ends_cleanly() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let manifest = manifest("watched", &real_wasm_bindgen());
    let library = |answer: &str| {
        format!("#[wasm_bindgen::prelude::wasm_bindgen]\npub fn answer() -> u32 {{ {answer} }}\n")
    };
    let directory = fixture(
        "watched",
        &[("Cargo.toml", &manifest), ("src/lib.rs", &library("1"))],
    );
    let mut command = recover(&directory, &["watch", "--json", "--dev", "--no-debug-info"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || loop {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        if line["type"] == "watch" {
            return line;
        }
    };
    let write = |text: &str| std::fs::write(directory.join("src/lib.rs"), text).unwrap();
    let first = next();
    assert_eq!(
        (&first["ok"], &first["changed"]),
        (&true.into(), &Value::Array(vec![])),
        "{first}"
    );
    // cargo has written the lock file by now, which is one more build.
    let settle = Instant::now();
    while settle.elapsed() < Duration::from_millis(500) {
        std::thread::sleep(Duration::from_millis(100));
    }
    write(&library("oops"));
    let mut broken = next();
    while broken["changed"] == serde_json::json!(["Cargo.lock"]) {
        broken = next();
    }
    assert_eq!(broken["ok"], false, "{broken}");
    assert!(
        broken["message"]
            .as_str()
            .unwrap()
            .contains("the build failed"),
        "{broken}"
    );
    write(&library("2"));
    let mended = next();
    assert_eq!(
        (&mended["ok"], &mended["changed"]),
        (&true.into(), &serde_json::json!(["src/lib.rs"])),
        "{mended}"
    );
    let package = directory.join("pkg/watched.js");
    let text = format!(
        "import * as m from '{}'; import {{ readFileSync }} from 'node:fs';
         m.initSync({{ module: readFileSync('{}') }}); console.log(m.answer());",
        package.display(),
        directory.join("pkg/watched_bg.wasm").display()
    );
    assert_eq!(support::script(&text), "2");
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
#[ignore = "the stage `testing`"]
fn progress_is_shown_on_a_terminal_alone() {
    let directory = fixture(
        "progress",
        &[
            ("Cargo.toml", &manifest("progress", &real_wasm_bindgen())),
            ("src/lib.rs", ""),
        ],
    );
    let shown = |arguments: &str, ci: bool| {
        let program = env!("CARGO_BIN_EXE_cargo-recover");
        // Of util-linux: runs a command on a terminal of its own.
        let mut command = support::clean("script");
        command
            .args([
                "-qec",
                &format!("{program} recover {arguments}"),
                "/dev/null",
            ])
            .current_dir(&directory)
            .env("TERM", "xterm")
            .env_remove("CI");
        if ci {
            command.env("CI", "true");
        }
        run(command).stdout
    };
    assert!(shown("check", false).contains("reading the crate"));
    assert!(!shown("check", true).contains("reading the crate"));
    assert!(!shown("check --quiet", false).contains("reading the crate"));
    let piped = run(recover(&directory, &["check"]));
    assert!(
        !piped.stderr.contains("reading the crate"),
        "{}",
        piped.stderr
    );
}

#[test]
#[ignore = "the stage `testing`"]
fn every_command_prints_json_and_nothing_else() {
    let directory = fixture(
        "json",
        &[
            ("Cargo.toml", &manifest("json", &real_wasm_bindgen())),
            ("src/lib.rs", ""),
        ],
    );
    for (arguments, kind) in [
        (&["build", "--dry-run"][..], "plan"),
        (&["build", "--strategy", "abort", "--dev"], "build"),
        (&["check"], "check"),
        (&["doctor"], "doctor"),
        (&["build", "no/such"], "error"),
        (&["test", "--strategy", "abort"], "result"),
    ] {
        let all: Vec<&str> = arguments.iter().chain(&["--json"]).copied().collect();
        let run = run(with_engines(recover(&directory, &all)));
        let lines: Vec<Value> = run
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect();
        assert_eq!(
            lines.last().map(|line| &line["type"]),
            Some(&kind.into()),
            "{arguments:?}: {}{}",
            run.stdout,
            run.stderr
        );
    }
    let env = run(recover(&directory, &["env", "--json"]));
    let variables: Value = serde_json::from_str(&env.stdout).unwrap();
    assert!(
        variables["RUSTFLAGS"]
            .as_str()
            .unwrap()
            .contains("panic=unwind"),
        "{variables}"
    );
}
