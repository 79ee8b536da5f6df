//! What the glue says to `js/torture.js`, in the recorded output of wasm-bindgen that `seams` reads.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::run::seam::{Argument, File};
use crate::run::seams::change;

const WEB: &str = include_str!("seams/web.js.txt");
const NODEJS: &str = include_str!("seams/nodejs.js.txt");
const HOST: &str = "./snippets/recover-runtime-1a/js/host.js";

/// The glue with imports of the user's, of wasm-bindgen's and of the host's, changed.
fn changed(target: Target, glue: &str, imports: &[(&str, &str)]) -> String {
    let written = |(name, function): &(&str, &str)| format!("        {name}: {function},\n");
    let written: String = imports.iter().map(written).collect();
    let tag = "        __wbindgen_jstag";
    let glue = glue.replacen(tag, &format!("{written}{tag}"), 1);
    let names = glue.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("        __wb")?.split_once(": ")?;
        let is_function =
            rest.starts_with("function") || rest.starts_with("() =>") || rest == "now,";
        is_function.then(|| format!("__wb{name}"))
    });
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let known = Known {
        version: &crate::pins::pins().wasm_bindgen,
        target,
        host: HOST.to_owned(),
        instance: HOST.replace("host.js", "instance.js"),
        maximum: 65536,
        own_frames: "own: [7],".to_owned(),
        exnref: true,
        torn_by_exceptions: false,
        exports: set(&["__wbindgen_start", "plain", "told"]),
        arguments: BTreeMap::from([
            (
                "child_new".to_owned(),
                vec![Argument::Number, Argument::BigInt],
            ),
            ("plain".to_owned(), vec![Argument::Number; 4]),
        ]),
        imports: names.collect(),
        modules: BTreeMap::from([("./snippets/sample-1b/inline0.js".to_owned(), 1)]),
        promises: BTreeSet::from(["told".to_owned(), "Store.getLater".to_owned()]),
    };
    change(&glue, File::Glue, &known).unwrap()
}

/// The glue of a package that has the module.
fn driven(target: Target) -> String {
    let path = HOST.replace("host.js", "torture.js");
    match target {
        Target::Nodejs => {
            let first = "const { attach";
            assert!(NODEJS.contains(first));
            NODEJS.replacen(
                first,
                &format!("const {{ point }} = require(String.raw`{path}`);\n{first}"),
                1,
            )
        }
        _ => format!("import {{ point }} from '{path}';\n{WEB}"),
    }
}

const HASH: &str = "0123456789abcdef";

#[test]
fn an_import_of_the_users_says_that_it_is_called_once_its_arguments_are_converted() {
    let imports = [
        ("now", "function() {\n const ret = now();\n return ret;\n}"),
        (
            "label",
            "function(arg0, arg1) {\n const ret = label(1, getStringFromWasm0(arg0, arg1));\n return ret;\n}",
        ),
        ("spread", "function(arg0) {\n spread(...arg0);\n}"),
        (
            "set_href",
            "function(arg0, arg1, arg2) {\n arg0.href = getStringFromWasm0(arg1, arg2);\n}",
        ),
        (
            "href",
            "function(arg0) {\n const ret = arg0.href;\n return ret;\n}",
        ),
        (
            "new",
            "function(arg0, arg1) {\n try {\n var state0 = {a: arg0, b: arg1};\n const ret = new Promise(cb0);\n return ret;\n } finally {\n state0.a = 0;\n }\n}",
        ),
        (
            "checked",
            "function() { return handleError(function (arg0) {\n const ret = checked(arg0);\n return ret;\n }, arguments);\n}",
        ),
        (
            "log",
            "function(arg0, arg1) {\n let deferred0_0;\n try {\n deferred0_0 = arg0;\n console.log(getStringFromWasm0(arg0, arg1));\n } finally {\n free(deferred0_0);\n }\n}",
        ),
        ("direct", "now"),
    ];
    let imports: Vec<_> = imports
        .iter()
        .map(|(name, function)| (format!("__wbg_{name}_{HASH}"), *function))
        .collect();
    let imports: Vec<_> = imports
        .iter()
        .map(|(name, function)| (name.as_str(), *function))
        .collect();
    let text = changed(Target::Web, &driven(Target::Web), &imports);
    for code in [
        "try { const ret = __recover_returned('now', (__recover_called('now'), now()));",
        "__recover_returned('label', label(1, __recover_called('label', getStringFromWasm0(arg0, arg1))));",
        "try { __recover_returned('spread', spread(...__recover_called('spread', arg0))); } catch (e)",
        "__recover_returned('set_href', arg0.href = __recover_called('set_href', getStringFromWasm0(arg1, arg2)));",
        "__recover_returned('href', (__recover_called('href'), arg0.href));",
        "__recover_returned('new', (__recover_called('new'), __recover_gate.newPromise(cb0)));",
        // Inside what catches.
        "handleError(function (arg0) {\n const ret = __recover_returned('checked', checked(__recover_called('checked', arg0)));",
        "deferred0_0 = arg0;\n __recover_returned('log', console.log(__recover_called('log', getStringFromWasm0(arg0, arg1))));",
        ": __recover_direct(now, 'direct'),",
        "\"./snippets/sample-1b/inline0.js\": __recover_module(import1, true),",
        "function __recover_direct(f, name) {",
    ] {
        assert!(text.contains(code), "{code}\n{text}");
    }
}

#[test]
fn imports_that_are_not_the_users_say_nothing() {
    let imports = [
        // The host's.
        (
            "__wbg_report_00000000000000aa",
            "function(arg0) {\n report(arg0);\n}",
        ),
        // wasm-bindgen's.
        (
            "__wbg___wbindgen_is_null_00000000000000ab",
            "function(arg0) {\n const ret = arg0.f();\n return ret;\n}",
        ),
        (
            "__wbg__wbg_cb_unref_00000000000000ac",
            "function(arg0) {\n arg0._wbg_cb_unref();\n}",
        ),
        (
            "__wbg_other_new",
            "function(arg0) {\n const ret = Store.__wrap(arg0);\n return ret;\n}",
        ),
        // What calls nothing.
        (
            "__wbg_instanceof_Error_00000000000000ad",
            "function(arg0) {\n let result;\n try { result = arg0 instanceof Error; } catch (_) { result = false; }\n const ret = result;\n return ret;\n}",
        ),
    ];
    let text = changed(Target::Web, &driven(Target::Web), &imports);
    for word in ["report", "__wbindgen", "_wbg_cb", "other_new", "instanceof"] {
        assert!(
            !text.contains(&format!("__recover_called('{word}")),
            "{word}"
        );
    }
}

#[test]
fn two_imports_of_one_name_are_told_apart() {
    let other = "fedcba9876543210";
    let get = "function(arg0) {\n const ret = get(arg0);\n return ret;\n}";
    let names = [format!("__wbg_get_{HASH}"), format!("__wbg_get_{other}")];
    let imports = [(names[0].as_str(), get), (names[1].as_str(), get)];
    let text = changed(Target::Web, &driven(Target::Web), &imports);
    for hash in [HASH, other] {
        assert!(text.contains(&format!("__recover_called('get_{hash}', arg0)")));
    }
}

#[test]
fn each_instance_passes_through_the_module() {
    for target in [Target::Web, Target::Nodejs] {
        let text = changed(target, &driven(target), &[]);
        let many = text.matches("= __recover_instance(").count();
        assert_eq!(many, 2, "the first one and those that follow");
        assert!(
            text.contains("wasm = __recover_instance(wasmInstance.exports, __recover_links());")
        );
        assert!(
            text.contains("instance: __recover_instance")
                || text.contains("instance as __recover_instance")
        );
    }
}

#[test]
fn the_glue_of_a_package_without_the_module_has_no_word_of_it() {
    for (target, glue) in [(Target::Web, WEB), (Target::Nodejs, NODEJS)] {
        let text = changed(target, glue, &[]);
        for word in [
            "torture",
            "__recover_called",
            "__recover_returned",
            "__recover_instance",
            "f, name",
            ", named",
        ] {
            assert!(!text.contains(word), "{word}");
        }
    }
}
