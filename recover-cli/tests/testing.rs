//! `cargo recover test` on a real crate, in real engines: a stage of its own,
//! `cargo xtask test --only testing`. Node is `RECOVER_NODE`, or the one on the
//! PATH; playwright and miniflare are those below `RECOVER_ENGINES`.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{fixture, pin, recover, refused, run, with_engines};

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
                assert!(message.contains("sums differ"), "{line}");
                let location = line["location"].as_str().unwrap_or_default();
                assert!(location.contains("tests/theirs.rs:"), "{line}");
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
