//! The end of an instance, in packages of every target: it is known in all of them, and the
//! next instance follows where the glue can make one. What an end costs is tested in
//! tests/e2e.

mod support;

use std::path::Path;

use support::{eh, fixture, manifest, recover, script, succeed};

const LIBRARY: &str = "\
use recover_runtime::recoverable;

#[recoverable]
pub fn trap() { std::process::abort() }

#[recoverable]
pub fn answer() -> u32 { 42 }
";

/// How each kind of package is loaded, and whether its instances follow one another. Node
/// can't load Deno's.
const LOADED: [(&str, &str, bool); 4] = [
    (
        "web",
        "const wasm = await import('file://PKG/ends.js'); wasm.initSync({ module: readFileSync('PKG/ends_bg.wasm') });",
        true,
    ),
    ("nodejs", "const wasm = createRequire('PKG/')('PKG');", true),
    (
        "module",
        "const wasm = await import('file://PKG/ends.js');",
        true,
    ),
    (
        "bundler",
        "const wasm = await import('file://PKG/ends.js');",
        false,
    ),
];

#[test]
fn the_end_is_known_in_every_target_and_the_next_instance_follows_where_it_can() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let runtime = runtime.canonicalize().unwrap();
    let end = format!("[dependencies]\nrecover-runtime.path = {runtime:?}\n");
    let manifest = manifest("ends", &end);
    let files = [("Cargo.toml", &*manifest), ("src/lib.rs", LIBRARY)];
    let root = fixture("ends", &files);
    for (target, load, follows) in LOADED {
        // What can't load the standard instructions can't import wasm either.
        if eh() == "legacy" && ["module", "bundler"].contains(&target) {
            continue;
        }
        let build = ["build", "--strategy", "abort", "--eh", eh()];
        let build = [&build[..], &["--target", target, "--out-dir", target]].concat();
        succeed(recover(&root, &build));
        let load = load.replace("PKG", &root.join(target).display().to_string());
        let answer = script(&format!(
            "import {{ createRequire }} from 'node:module';
             import {{ readFileSync }} from 'node:fs';
             {load}
             const attempt = (f) => {{ try {{ return f(); }} catch (e) {{ return e.name; }} }};
             console.log(attempt(() => wasm.trap()), attempt(() => wasm.answer()), wasm.recovery.health().epoch);"
        ));
        let expected = match (eh(), follows) {
            // Without a handler nobody knows of the end.
            ("legacy", _) => "RuntimeError 42 0",
            (_, true) => "InstanceAbortedError 42 1",
            (_, false) => "InstanceAbortedError InstanceAbortedError 0",
        };
        assert_eq!(answer, expected, "{target}");
    }
}
