//! `cargo recover replay` on a real crate, in Node: with its stage of `testing`, `cargo xtask test --only
//! testing`. Node is `RECOVER_NODE`, or the one on the PATH.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{
    clean, directory, eh, fixture, manifest, recover, refused, run, script, succeed, with_engines,
};

const LIBRARY: &str = r#"
use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};

#[recoverable(persist = "journal", on_panic = "rollback")]
#[derive(Serialize, Deserialize)]
pub struct Shelf {
    books: Vec<String>,
}

#[recoverable]
impl Shelf {
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Shelf { books: Vec::new() }
    }
    pub fn put(&mut self, book: String, _place: &str) {
        self.books.push(book);
    }
    pub fn swap(&mut self, one: u32, other: u32, _note: &str) {
        let last = self.books.len() as u32;
        self.books.swap(one as usize, other.min(last) as usize);
    }
}
"#;

fn crate_of(name: &str) -> PathBuf {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let dependencies = format!(
        "[dependencies]\nrecover-runtime = {{ path = {runtime:?}, features = [\"persist\", \"capture\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    );
    let manifest = manifest(name, &dependencies);
    fixture(name, &[("Cargo.toml", &manifest), ("src/lib.rs", LIBRARY)])
}

/// Builds the package, has a call of it fail, and writes the capture.
fn captured(root: &Path) {
    let build = [
        "build",
        "--profile",
        "dev",
        "--out-dir",
        "pkg",
        "--eh",
        eh(),
    ];
    succeed(recover(root, &build));
    let package = root.join("pkg/replayed.js");
    script(&format!(
        "import {{ readFileSync, writeFileSync }} from 'node:fs';
         const pkg = await import({package:?});
         pkg.initSync({{ module: readFileSync({:?}) }});
         pkg.recovery.capture((capture) => writeFileSync({:?}, capture.bytes));
         const shelf = new pkg.Shelf();
         shelf.put('Middlemarch', 'first');
         try {{ shelf.swap(0, 7, 'why \"not\"') }} catch {{}}",
        root.join("pkg/replayed_bg.wasm"),
        root.join("swap.json"),
    ));
}

#[test]
#[ignore = "builds a crate: the stage `testing`"]
fn a_capture_is_made_again_by_its_package_by_a_fixed_one_and_by_a_test_on_the_host() {
    let root = crate_of("replayed");
    captured(&root);
    let replay = |arguments: &[&str]| {
        let arguments = [&["replay", "swap.json"], arguments].concat();
        run(with_engines(recover(&root, &arguments)))
    };

    let same = replay(&["--package", "pkg"]);
    assert_eq!(same.code, 0, "{}{}", same.stdout, same.stderr);
    assert!(same.stdout.contains("src/lib.rs:22:"), "{}", same.stdout);
    assert!(
        same.stdout.contains("replay: it fails the same"),
        "{}",
        same.stdout
    );

    // A test in the crate's own sources, as it was printed.
    let printed = replay(&["--package", "pkg", "--test"]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let library = root.join("src/lib.rs");
    fs::write(&library, format!("{LIBRARY}\n{}", printed.stdout)).unwrap();
    let mut test = clean(env!("CARGO"));
    test.arg("test").current_dir(&root);
    let tested = run_failing(test);
    assert!(
        tested.contains("shelf_swap_does_not_fail_any_more"),
        "{tested}"
    );
    assert!(
        tested.contains("index out of bounds: the len is 1 but the index is 1"),
        "{tested}"
    );

    // The crate of the directory, mended: its package is built.
    let mended = LIBRARY.replace("other.min(last)", "other.min(last - 1)");
    fs::write(&library, mended).unwrap();
    let mended = replay(&["--", "--dev", "--eh", eh()]);
    assert_eq!(mended.code, 1, "{}{}", mended.stdout, mended.stderr);
    assert!(
        mended.stdout.contains("replay: the call succeeds"),
        "{}",
        mended.stdout
    );
}

/// Runs what fails with a backtrace of its own, and returns what it said.
fn run_failing(mut command: std::process::Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_capture_or_a_package_that_is_not_there_is_one_line() {
    let root = directory("replay-nothing");
    let replay = |arguments: &[&str]| with_engines(recover(&root, arguments));
    refused(replay(&["replay", "none.json"]), &["none.json"]);
    fs::write(root.join("some.json"), "{}").unwrap();
    let nowhere = ["replay", "some.json", "--package", "nowhere"];
    refused(
        replay(&nowhere),
        &["nowhere", "cargo recover build", "--package"],
    );
}
