//! Calls that suspend, built and run for Node; and where they are refused.

mod support;

use std::path::Path;

use support::{eh, fixture, manifest, pin, recover, run, script, succeed};

const OURS: &str = r#"
use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(suspending, js_name = "waits")]
    fn wait() -> u32;
}

#[recoverable(jspi)]
pub fn plus_one() -> u32 {
    wait() + 1
}
"#;

/// wasm-bindgen's own, beside ours.
const THEIRS: &str = r#"
pub mod theirs {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(suspending, js_name = "waits")]
        fn wait() -> u32;
    }

    #[wasm_bindgen]
    pub fn plain() -> u32 {
        wait()
    }
}
"#;

#[test]
fn calls_that_suspend_are_built_or_refused() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let runtime = runtime.canonicalize().unwrap();
    let end = format!(
        "[dependencies]\nrecover-runtime = {{ path = {runtime:?} }}\nwasm-bindgen = \"={}\"\n",
        pin("wasm-bindgen")
    );
    let manifest = manifest("suspending", &end);
    let root = fixture(
        "suspending",
        &[("Cargo.toml", &manifest), ("src/lib.rs", OURS)],
    );
    let build = |target| {
        let arguments = ["build", "--dev", "--eh", eh(), "--target", target];
        recover(&root, &[&arguments[..], &["--out-dir", target]].concat())
    };
    succeed(build("nodejs"));
    let package = root.join("nodejs").display().to_string();
    let answer = script(&format!(
        "import {{ createRequire }} from 'node:module';
        globalThis.waits = async () => 4;
        const wasm = createRequire('{package}/')('{package}');
        const can = typeof WebAssembly.promising === 'function';
        console.log(await wasm.plus_one().catch((error) => can ? error : error.code === 'E_UNSUPPORTED' && 5));"
    ));
    assert_eq!(answer, "5");
    // The compiler talks, too.
    let refused = |target, parts: [&str; 2]| {
        let run = run(build(target));
        let last = run.stderr.lines().last().unwrap_or_default();
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(parts.iter().all(|part| last.contains(part)), "{last}");
    };
    // It has the web's glue.
    succeed(build("bundler"));
    let both = [OURS, THEIRS].concat();
    std::fs::write(root.join("src/lib.rs"), both).unwrap();
    refused("nodejs", ["`suspending`", "write `#[recoverable]`"]);
}
