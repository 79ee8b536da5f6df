//! Changes the glue: it allocates and enters the instance through the host module.
//!
//! wasm-bindgen's `__wbindgen_malloc` traps where there is no room; the functions of
//! `copying` in the runtime's `js/instance.js` throw an `OutOfMemoryError`. wasm-bindgen is
//! one version, so what it writes is known: what is not found as it should be fails the
//! build. What the gate is stands in `gate`.

use std::fs;
use std::path::Path;

use wasmparser::{Parser, Payload};

use super::gate;
use crate::error::Error;
use crate::options::Target;
use crate::plan::Bindgen;

/// What wasm-bindgen writes, and what stands there afterwards.
const NAMES: [(&str, &str); 2] = [
    ("wasm.__wbindgen_malloc", "__recover_malloc"),
    ("wasm.__wbindgen_realloc", "__recover_realloc"),
];
/// Pages of a memory that says nothing: all that 32 bits can address.
const ALL_PAGES: u64 = 1 << 16;

/// Changes the glue in `staging`; that of a crate without recover-runtime is left alone.
pub(super) fn through_host(staging: &Path, bindgen: &Bindgen) -> Result<(), Error> {
    let (stem, target) = (&bindgen.stem, bindgen.target);
    let Some(host) = host(staging)? else {
        return Ok(());
    };
    let path = staging.join(format!("{stem}_bg.wasm"));
    let wasm = fs::read(&path).map_err(Error::io("read", &path))?;
    let mut facts = facts(&wasm).map_err(|error| Error::Glue(error.to_string()))?;
    facts.old_handler = bindgen.old_handler;
    let name = match target {
        Target::Bundler => format!("{stem}_bg.js"),
        _ => format!("{stem}.js"),
    };
    let path = staging.join(name);
    let glue = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let glue = changed(&glue, &host, target, &facts).map_err(Error::Glue)?;
    fs::write(&path, glue).map_err(Error::io("write", &path))?;
    if target == Target::Bundler {
        change(&staging.join(format!("{stem}.js")), gate::bundled)?;
    }
    let declarations = staging.join(format!("{stem}.d.ts"));
    if declarations.is_file() {
        change(&declarations, gate::declared)?;
    }
    Ok(())
}

fn change(path: &Path, edit: fn(&str) -> String) -> Result<(), Error> {
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    fs::write(path, edit(&text)).map_err(Error::io("write", path))
}

/// Where the glue imports the host's modules from, if it does.
fn host(staging: &Path) -> Result<Option<String>, Error> {
    let snippets = staging.join("snippets");
    if !snippets.is_dir() {
        return Ok(None);
    }
    for entry in fs::read_dir(&snippets).map_err(Error::io("list", &snippets))? {
        let name = entry.map_err(Error::io("list", &snippets))?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("recover-runtime-")
            && snippets.join(&*name).join("js/host.js").is_file()
        {
            return Ok(Some(format!("./snippets/{name}/js")));
        }
    }
    Ok(None)
}

/// What the module has to say.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    /// It has what the host calls.
    allocates: bool,
    /// Bytes that its memory may have.
    maximum: u64,
    /// Its trap handler does not tell an exception that crosses Rust from one that may.
    old_handler: bool,
}

fn facts(wasm: &[u8]) -> Result<Facts, wasmparser::BinaryReaderError> {
    let mut facts = Facts {
        allocates: false,
        maximum: ALL_PAGES << 16,
        old_handler: false,
    };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::MemorySection(section) => {
                for memory in section {
                    facts.maximum = memory?.maximum.unwrap_or(ALL_PAGES) << 16;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    facts.allocates |= export?.name == "__recover_malloc";
                }
            }
            _ => {}
        }
    }
    Ok(facts)
}

/// The glue, changed, or what is not as it should be.
fn changed(glue: &str, snippets: &str, target: Target, facts: &Facts) -> Result<String, String> {
    let mut text = glue.to_owned();
    let mut found = 0;
    for (theirs, ours) in NAMES {
        found += text.matches(theirs).count();
        text = text.replace(theirs, ours);
    }
    if text.contains("__wbindgen_malloc") || text.contains("__wbindgen_realloc") {
        return Err("it allocates in a way that is not known".to_owned());
    }
    // Every function that copies something in leaves its length here.
    if found == 0 && text.contains("WASM_VECTOR_LEN = ") && text.contains("ToWasm0(") {
        return Err("it copies arguments in, and does not allocate".to_owned());
    }
    if !facts.allocates {
        return Err("the module has no `__recover_malloc`, which the recover-runtime of this version has; run `cargo update -p recover-runtime`".to_owned());
    }
    let host = format!("{snippets}/host.js");
    let import = text
        .find(&host)
        .ok_or("it does not import the host module")?;
    let end = import
        + text[import..]
            .find('\n')
            .ok_or("it ends where it imports the host module")?
        + 1;
    let rest = gate::through_gate(&gate::Glue {
        text: &text[end..],
        target,
        maximum: facts.maximum,
        torn_by_exceptions: facts.old_handler,
    })?;
    let mut lines = String::new();
    for (name, module) in [
        ("linksOf: __recover_links", "host"),
        ("Gate: __recover_Gate", "instance"),
    ] {
        lines += &match target {
            Target::Nodejs => format!("const {{ {name} }} = require('{snippets}/{module}.js');\n"),
            _ => format!(
                "import {{ {} }} from '{snippets}/{module}.js';\n",
                name.replace(':', " as")
            ),
        };
    }
    Ok(format!("{}{lines}{rest}", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNIPPETS: &str = "./snippets/recover-runtime-1a/js";
    const FACTS: Facts = Facts {
        allocates: true,
        maximum: 65536,
        old_handler: false,
    };

    fn glue(import: &str) -> String {
        format!(
            "/* @ts-self-types=\"./x.d.ts\" */\n{import}\n\nlet wasm;\nexport function f(a) {{\n    \
             const p = pass(a, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);\n    \
             const l = WASM_VECTOR_LEN;\n    wasm.__wbindgen_free(p, l, 1);\n}}\n\
             let __wbg_terminated_addr;\nfunction __wbg_call_guard() {{\n}}\n"
        )
    }

    #[test]
    fn calls_go_through_the_host() {
        let import = format!("import {{ attach }} from '{SNIPPETS}/host.js';");
        let text = changed(&glue(&import), SNIPPETS, Target::Deno, &FACTS).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], import);
        assert_eq!(
            lines[2],
            format!("import {{ linksOf as __recover_links }} from '{SNIPPETS}/host.js';")
        );
        assert_eq!(
            lines[3],
            format!("import {{ Gate as __recover_Gate }} from '{SNIPPETS}/instance.js';")
        );
        assert!(text.contains("new __recover_Gate(__recover_links(), {"));
        assert!(text.contains("} = __recover_gate.copying(65536);"));
        assert!(text.contains("pass(a, __recover_malloc, __recover_realloc)"));
        assert!(text.contains("wasm.__wbindgen_free"));
    }

    #[test]
    fn node_requires() {
        let import = format!("const {{ attach }} = require(String.raw`{SNIPPETS}/host.js`);");
        let glue = glue(&import);
        // What can't make another instance is refused, and Node can.
        let error = changed(&glue, SNIPPETS, Target::Nodejs, &FACTS).unwrap_err();
        assert!(error.contains("another instance"), "{error}");
        let reset = "function __wbg_reset_state () {\n    __wbg_called_abort = false;\n    __wbg_reinit_scheduled = false;\n    wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());\n}\nexports.__wbg_reset_state = __wbg_reset_state;\n";
        let text = changed(&format!("{glue}{reset}"), SNIPPETS, Target::Nodejs, &FACTS).unwrap();
        let required =
            format!("const {{ linksOf: __recover_links }} = require('{SNIPPETS}/host.js');\n");
        assert!(text.contains(&required), "{text}");
        assert!(!text.contains("exports.__wbg_reset_state"), "{text}");
    }

    #[test]
    fn what_is_not_as_it_should_be_is_refused() {
        let import = format!("import {{ attach }} from '{SNIPPETS}/host.js';");
        let refused = |glue: &str, facts: &Facts, why: &str| {
            let error = changed(glue, SNIPPETS, Target::Deno, facts).unwrap_err();
            assert!(error.contains(why), "{error}");
        };
        let good = glue(&import);
        refused(
            &good.replace("wasm.__wbindgen_m", "exports.__wbindgen_m"),
            &FACTS,
            "not known",
        );
        refused(
            &good.replace("wasm.__wbindgen_r", "wasm['__wbindgen_r"),
            &FACTS,
            "not known",
        );
        let renamed = good
            .replace("__wbindgen_malloc", "m")
            .replace("__wbindgen_realloc", "r")
            + "function passArray8ToWasm0() { WASM_VECTOR_LEN = 1; }\n";
        refused(&renamed, &FACTS, "does not allocate");
        refused(&glue(""), &FACTS, "does not import");
        let old = Facts {
            allocates: false,
            ..FACTS
        };
        refused(&good, &old, "cargo update -p recover-runtime");
    }

    #[test]
    fn the_module_is_read() {
        // A memory of 1 to 2 pages, one of 1 page without a maximum; an export of it.
        let header = b"\0asm\x01\0\0\0";
        let bounded = [&header[..], &[5, 4, 1, 1, 1, 2]].concat();
        assert_eq!(facts(&bounded).unwrap().maximum, 131_072);
        let mut export = vec![7, 20, 1, 16];
        export.extend_from_slice(b"__recover_malloc");
        export.extend([2, 0]);
        let open = [&header[..], &[5, 3, 1, 0, 1], &export].concat();
        let found = facts(&open).unwrap();
        assert_eq!((found.maximum, found.allocates), (1 << 32, true));
        assert!(!facts(&bounded).unwrap().allocates);
    }
}
