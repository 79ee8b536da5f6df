//! A crate that has every seam, and texts full of their words, is built and loaded.

mod support;

use std::path::Path;

use support::{eh, fixture, manifest, pin, recover, script, succeed};

const LIBRARY: &str = include_str!("seams/sample.rs");

/// What a call that meets an instance or a handle that is gone does, by a name.
const USES: &str = "
    const told = (call) => {
        try {
            const given = call();
            return given instanceof Promise ? given.then((it) => it, (error) => `rejects ${error.name}`) : given;
        } catch (error) { return `throws ${error.name}`; }
    };
    const [base, child, twin, store] = [new wasm.Base(1), new wasm.Child(2, 3), new wasm.Child(4, 5), new wasm.Store()];
    const words = [wasm.plain('a', [1, 2]), wasm.words(), wasm.way('__wbg_handle_catch(e);'), wasm.calledBack(), child.count(), child.more()];
    const before = [await wasm.told(base), await wasm.undocumented(base), await wasm.untold(child), await store.getLater(), await wasm.Store.of(base)];
    const end = told(wasm.trap);
    // The place of the old one in the memory of the next instance.
    const [next, heir] = [new wasm.Base(10), new wasm.Child(20, 30)];
    const after = [];
    for (const call of [
        () => wasm.told(base), () => wasm.undocumented(base), () => wasm.untold(base), () => store.getLater(), () => wasm.Store.of(base),
        () => base.count(), () => child.more(), () => child.free(), () => twin[Symbol.dispose](), () => wasm.sum([base]) === 0,
    ]) after.push(await told(call));
    const kept = [next.count(), heir.count(), heir.more(), wasm.sum([new wasm.Base(5), new wasm.Base(6)])];
    console.log(JSON.stringify([words, before, end, after, kept]));
";

#[test]
fn seams_are_found_in_a_crate_full_of_their_words() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recover-runtime");
    let runtime = runtime.canonicalize().unwrap();
    let end = format!(
        "[dependencies]\nrecover-runtime = {{ path = {runtime:?} }}\njs-sys = \"0.3\"\n\
         wasm-bindgen = \"={}\"\n",
        pin("wasm-bindgen")
    );
    let manifest = manifest("sample", &end);
    let root = fixture(
        "seams",
        &[("Cargo.toml", &manifest), ("src/lib.rs", LIBRARY)],
    );
    for target in ["web", "nodejs"] {
        for more in [&[][..], &["--no-typescript"]] {
            let arguments = ["build", "--dev", "--eh", eh(), "--target", target];
            let out = ["--out-dir", target];
            succeed(recover(&root, &[&arguments[..], &out, more].concat()));
            let package = root.join(target).display().to_string();
            let load = match target {
                "web" => format!(
                    "const wasm = await import('file://{package}/sample.js'); wasm.initSync({{ module: readFileSync('{package}/sample_bg.wasm') }});"
                ),
                _ => format!("const wasm = createRequire('{package}/')('{package}');"),
            };
            let answer = script(&format!(
                "import {{ createRequire }} from 'node:module'; import {{ readFileSync }} from 'node:fs';{load}{USES}"
            ));
            let (rejects, throws) = (
                "\"rejects StaleHandleError\"",
                "\"throws StaleHandleError\"",
            );
            let expected = format!(
                "[[\"a2\",\"wasm.__wbindgen_start(); __wbg_called_abort = false;\",\"__wbg_handle_catch(e);\",45,2,3],[1,1,2,1,2],\
                 \"throws InstanceAbortedError\",[{},{}],[10,20,30,11]]",
                [rejects; 5].join(","),
                [throws, throws, throws, throws, "\"throws Error\""].join(","),
            );
            assert_eq!(answer, expected, "{target} {more:?}");
        }
    }
}
