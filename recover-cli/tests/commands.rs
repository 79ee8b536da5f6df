//! `check`, `watch`, progress and JSON on real crates, in the stage `testing`.

mod support;

use std::process::Command;

use serde_json::Value;
use support::{fixture, manifest, real_wasm_bindgen, recover, refused, run, with_engines};

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
