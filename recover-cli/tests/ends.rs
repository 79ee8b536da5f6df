//! The end of an instance in packages of every target, loaded as that target is: in Node,
//! and what is for Deno in Deno (`RECOVER_DENO`, or the one on the PATH).

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{eh, fixture, manifest, recover, script, succeed};

const LIBRARY: &str = r#"
use recover_runtime::recoverable;

/// Lives on.
#[recoverable(persist = "journal")]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Counter {
    count: u32,
}

#[recoverable]
impl Counter {
    #[recoverable(constructor)]
    pub fn new() -> Self {
        Counter { count: 0 }
    }

    pub fn add(&mut self) -> u32 {
        self.count += 1;
        self.count
    }
}

#[recoverable]
pub fn trap() {
    std::process::abort()
}

#[recoverable]
pub fn answer() -> u32 {
    42
}

#[recoverable]
pub async fn wait() {
    std::future::pending().await
}
"#;

/// The end in a call, in another's promise, in an object and in what comes after.
const ENDS: &str = "
    const counter = new wasm.Counter();
    counter.add();
    const waiting = wasm.wait().catch((error) => error.name);
    const told = (call) => { try { return call(); } catch (error) { return error.name; } };
    const add = () => counter.add();
    console.log(told(() => wasm.trap()), await waiting, told(add), told(wasm.answer), told(add), wasm.recovery.health().epoch);
";

const IMPORT: &str = "const wasm = await import('file://PKG/ends.js');";

/// How a package is loaded, and whether it has a next instance.
const TARGETS: [(&str, &str, bool); 5] = [
    (
        "web",
        // In Node it reads the file itself.
        "const wasm = await import('file://PKG/ends.js'); await wasm.default();",
        true,
    ),
    ("nodejs", "const wasm = createRequire('PKG/')('PKG');", true),
    ("module", IMPORT, true),
    ("bundler", IMPORT, true),
    ("deno", IMPORT, false),
];

#[test]
fn every_target_detects_the_end_of_an_instance_and_all_but_deno_make_the_next() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let runtime = runtime.canonicalize().unwrap();
    let end = format!(
        "[dependencies]\nrecover-runtime = {{ path = {runtime:?}, features = [\"persist\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    );
    let manifest = manifest("ends", &end);
    let root = fixture(
        "ends",
        &[("Cargo.toml", &manifest), ("src/lib.rs", LIBRARY)],
    );
    for (target, load, revives) in TARGETS {
        let arguments = ["build", "--strategy", "unwind", "--eh", eh(), "--target"];
        succeed(recover(
            &root,
            &[&arguments[..], &[target, "--out-dir", target]].concat(),
        ));
        let package = root.join(target).display().to_string();
        let text = format!("{}{ENDS}", load.replace("PKG", &package));
        let answer = match target {
            "deno" => deno(&root, &text),
            _ => script(&format!(
                "import {{ createRequire }} from 'node:module'; import {{ readFileSync }} from 'node:fs';{text}"
            )),
        };
        let died = "InstanceAbortedError";
        let expected = match revives {
            true => format!("{died} {died} 2 42 3 1"),
            false => format!("{died} {died} {died} {died} {died} 0"),
        };
        assert_eq!(answer, expected, "{target}");
    }
}

fn deno(root: &Path, text: &str) -> String {
    let file = root.join("ends.mjs");
    fs::write(&file, text).unwrap();
    let program = std::env::var("RECOVER_DENO").unwrap_or_else(|_| "deno".to_owned());
    let mut command = Command::new(program);
    command.args(["run", "--no-lock", "--allow-read"]).arg(file);
    // It asks for its updates' sake else.
    command.env("DENO_NO_UPDATE_CHECK", "1");
    succeed(command).stdout.trim().to_owned()
}
