//! The seams in what wasm-bindgen writes for `tests/seams/sample.rs`, recorded: each is
//! found, and missed, and seen where it is twice. That crate's texts are full of their words.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::run::seam::Argument;

/// A recorded file: what it is of, and its text. That of the web is an abort build's.
const SAMPLES: [(Target, File, &str); 5] = [
    (Target::Web, File::Glue, include_str!("seams/web.js.txt")),
    (
        Target::Web,
        File::Declarations,
        include_str!("seams/web.d.ts.txt"),
    ),
    (
        Target::Nodejs,
        File::Glue,
        include_str!("seams/nodejs.js.txt"),
    ),
    (
        Target::Bundler,
        File::Glue,
        include_str!("seams/bundler_bg.js.txt"),
    ),
    (
        Target::Bundler,
        File::Start,
        include_str!("seams/bundler.js.txt"),
    ),
];

fn known(target: Target) -> Known<'static> {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    // What the samples have, whatever a test does to them.
    let (_, _, text) = SAMPLES.iter().find(|sample| sample.0 == target).unwrap();
    let imports = text.lines().filter_map(|line| {
        let (name, _) = line
            .strip_prefix("        __wb")?
            .split_once(": function(")?;
        Some(format!("__wb{name}"))
    });
    Known {
        version: &crate::pins::pins().wasm_bindgen,
        target,
        host: "./snippets/recover-runtime-1a/js/host.js".to_owned(),
        instance: "./snippets/recover-runtime-1a/js/instance.js".to_owned(),
        maximum: 65536,
        own_frames: "own: '8',".to_owned(),
        exnref: true,
        torn_by_exceptions: false,
        exports: names(&["__wbindgen_start", "kept___recover_export", "plain", "told"]),
        arguments: BTreeMap::from([
            (
                "child_new".to_owned(),
                vec![Argument::Number, Argument::BigInt],
            ),
            ("plain".to_owned(), vec![Argument::Number; 4]),
        ]),
        imports: imports.collect(),
        modules: match target {
            Target::Bundler => BTreeMap::new(),
            _ => BTreeMap::from([("./snippets/sample-1b/inline0.js".to_owned(), 1)]),
        },
        promises: names(&["told", "Store.getLater"]),
    }
}

#[test]
fn init_reads_a_file_in_node_and_no_bundler_sees_how() {
    let text = changed(Target::Web, File::Glue);
    assert!(text.contains("module_or_path = __recover_fetch(module_or_path);"));
    assert_eq!(text.matches("getBuiltinModule('node:").count(), 2);
    assert!(!text.contains("import(") && !text.contains("from 'node:"));
    assert!(!changed(Target::Nodejs, File::Glue).contains("__recover_fetch"));
}

fn changed(target: Target, file: File) -> String {
    let sample = SAMPLES.iter().find(|(t, f, _)| (*t, *f) == (target, file));
    change(sample.unwrap().2, file, &known(target)).unwrap()
}

/// The sample with another text at the first site of a row.
fn damaged(
    text: &str,
    row: &'static Seam,
    target: Target,
    how: fn(Node<'_>) -> String,
) -> Option<String> {
    let value = tree::parse(
        text,
        match row.file {
            File::Declarations => Language::Declarations,
            _ => Language::JavaScript,
        },
    );
    let value = value.unwrap();
    let tree = Tree::new(text, &value);
    let known = known(target);
    let node = sites(&tree, row, &known).first()?.node;
    let mut edits = Edits::new();
    edits.replace(node.range(), how(node));
    Some(edits.apply(text).unwrap())
}

/// Without what makes it the seam.
fn taken_out(node: Node<'_>) -> String {
    match node.kind() {
        "IfStatement" => node.get("consequent").unwrap().text().to_owned(),
        "FunctionDeclaration" => "function other() {}".to_owned(),
        "CallExpression" => format!("{}()", node.get("callee").unwrap().text()),
        "MemberExpression" | "NewExpression" => "undefined".to_owned(),
        "Property" => "other: 1".to_owned(),
        _ => String::new(),
    }
}

fn doubled(node: Node<'_>) -> String {
    let text = node.text();
    match node.kind() {
        "CallExpression" | "MemberExpression" | "NewExpression" => format!("({text}, {text})"),
        "ImportSpecifier" | "Property" => format!("{text}, {text}"),
        _ => format!("{text}\n{text}"),
    }
}

fn each_fails(how: fn(Node<'_>) -> String) {
    for row in TABLE {
        // The first sample that has it: a row does not depend on the target.
        let mut met = false;
        // By what the glue imports it is that of a package which has failures injected.
        let driver = "import { point } from './snippets/recover-runtime-1a/js/torture.js';\n";
        // And by its types, that of one with objects in stores.
        let stores = "export interface DurableStore {\n}\nexport class Kept {\n    static import(bytes: Uint8Array): Kept;\n}\n";
        let driver = match row.name {
            "torture-instance" => driver,
            "declared-open" => stores,
            _ => "",
        };
        for (target, file, text) in SAMPLES.iter().filter(|(_, file, _)| *file == row.file) {
            let text = format!("{driver}{text}");
            let Some(text) = damaged(&text, row, *target, how) else {
                continue;
            };
            met = true;
            match change(&text, *file, &known(*target)) {
                Ok(_) => panic!("{target:?}: {} is not missed", row.name),
                Err(error) => assert_eq!(error.seam, row.name, "{target:?}: {}", error.reason),
            }
            break;
        }
        assert!(met, "no sample has {}", row.name);
    }
}

#[test]
fn classes_that_persist_have_open_in_the_types_of_a_package_with_stores() {
    let class = "export interface DurableStore {\n}\nexport class Kept {\n    static import(bytes: Uint8Array): Kept;\n}\n";
    let open = "    static open(store: DurableStore, name: string, options?: DurableOptions<Kept>): Promise<Durable<Kept>>;\n";
    let sample = |text: &str| {
        let before = SAMPLES
            .iter()
            .find(|(_, file, _)| *file == File::Declarations);
        let text = text.to_owned() + before.unwrap().2;
        change(&text, File::Declarations, &known(Target::Web)).unwrap()
    };
    assert!(sample(class).contains(open));
    assert!(!sample(&class.replace("DurableStore", "Other")).contains(open));
    let own = class.replace("Kept;\n}", "Kept;\n    static open(door: string): void;\n}");
    assert!(!sample(&own).contains(open));
}

#[test]
fn a_missing_seam_is_reported_by_its_name() {
    each_fails(taken_out);
}

#[test]
fn a_doubled_seam_is_reported_by_its_name() {
    each_fails(doubled);
}

#[test]
fn user_strings_full_of_seam_words_build_and_stay_unchanged() {
    for (target, file, before) in SAMPLES {
        let after = changed(target, file);
        for line in before
            .lines()
            .filter(|line| line.trim_start().starts_with('*'))
        {
            assert!(after.contains(line), "{line}");
        }
        for text in [
            "\"wasm.__wbindgen_start(); __wbg_called_abort = false;\"",
            "[\"__wbg_handle_catch(e);\", \"from previous WASM instance\"]",
        ] {
            assert_eq!(before.matches(text).count(), after.matches(text).count());
        }
    }
}

#[test]
fn calls_ask_the_gate_are_counted_and_give_their_names() {
    let text = changed(Target::Web, File::Glue);
    let sum = "\
export function sum(list) {
    if (__recover_gate.dead) __recover_gate.enter();
    const __recover_at = wasm;
    const ptr0 = passArrayJsValueToWasm0(list, __recover_malloc);
    const len0 = +WASM_VECTOR_LEN;
    let ret;
    __wbg_call_guard(__recover_at);
    try {
        ret = wasm.sum(ptr0, len0);
        __recover_gate.depth--;
    } catch(e) {
        const dead = __recover_gate.dead;
        __recover_gate.dead = true;
        __recover_gate.depth--;
        __wbg_handle_catch(e, 'sum', dead);
    }
    if (__recover_gate.failed) throw __recover_gate.taken();
    return ret >>> 0;
}
";
    assert!(text.contains(sum), "{text}");
    // Nothing is converted, nothing to compare.
    assert!(text.contains("__wbg_call_guard(wasm);\n    try {\n        ret = wasm.trap();"));
    // A closure has its own refusal.
    let closure = text.find("\nfunction wasm_bindgen_").unwrap();
    let body = &text[closure..closure + text[closure..].find("\n}").unwrap()];
    assert!(!body.contains("enter()"), "{body}");
}

#[test]
fn arguments_are_converted_before_the_call() {
    let text = changed(Target::Web, File::Glue);
    for lines in [
        // What a class that another one extends gets in place of an argument is left alone.
        "        let ret;\n        count = +count;\n        __wbg_call_guard(__recover_at);\n        try {\n            ret = wasm.base_new(count);",
        "        count = +count;\n        more = BigInt.asIntN(64, more);\n        __wbg_call_guard(__recover_at);",
        "const __recover_0 = +((__wbindgen_enum_Way.indexOf(way) + 1 || 3) - 1);\n    __wbg_call_guard(__recover_at);",
        "wasm.way(__recover_0);",
        "const __recover_0 = +this.__wbg_ptr_Base;",
        "    const __recover_at = wasm;\n    arg2 = +arg2;\n    arg3 = +arg3;",
    ] {
        assert!(text.contains(lines), "{lines}\n{text}");
    }
}

#[test]
fn a_module_is_named_once_for_each_function_that_comes_straight_from_it() {
    let mut known = known(Target::Web);
    for many in known.modules.values_mut() {
        *many += 1;
    }
    let entry = "        \"./snippets/sample-1b/inline0.js\": import1,\n";
    let twice = format!("{entry}{}", entry.replace("import1", "import2"));
    let glue = SAMPLES[0].2.replace(entry, &twice);
    let text = change(&glue, File::Glue, &known).unwrap();
    for module in ["import1", "import2"] {
        assert!(
            text.contains(&format!("__recover_module({module})")),
            "{module}"
        );
    }
    assert!(change(SAMPLES[0].2, File::Glue, &known).is_err());
}

#[test]
fn a_number_of_two_arguments_is_converted_as_two() {
    let call = "wasm.way((__wbindgen_enum_Way.indexOf(way) + 1 || 3) - 1)";
    let wide = "wasm.way(way, way >> BigInt(64))";
    let mut known = known(Target::Web);
    let takes = vec![Argument::BigInt, Argument::BigInt];
    known.arguments.insert("way".to_owned(), takes);
    let glue = SAMPLES[0].2.replace(call, wide);
    let text = change(&glue, File::Glue, &known).unwrap();
    for line in [
        "const __recover_0 = BigInt.asIntN(64, way);",
        "const __recover_1 = BigInt.asIntN(64, (way >> BigInt(64)));",
        "wasm.way(__recover_0, __recover_1);",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn what_an_import_throws_has_our_tag() {
    for target in [Target::Web, Target::Nodejs] {
        let text = changed(target, File::Glue);
        for line in [
            "try { died(); } catch (e) { throw __recover_crossing(e); }",
            "\"./snippets/sample-1b/inline0.js\": __recover_module(import1),",
            "__wbindgen_jstag: __recover_tag,",
            "    return new WebAssembly.Exception(__recover_tag, [e]);",
        ] {
            assert!(text.contains(line), "{line}");
        }
        assert!(!text.contains("try { throw"), "that has a tag");
    }
    let text = changed(Target::Bundler, File::Glue);
    assert!(text.contains("__wbindgen_jstag = WebAssembly.JSTag;"));
    assert!(!text.contains("__recover_crossing"));
    // What engines from before the tag get, and a function that is given as it is.
    let glue = SAMPLES[0].2;
    let old = glue
        .replace("__wbindgen_jstag: WebAssembly.JSTag", "__wbindgen_jstag: __wbindgen_jstag_polyfill")
        .replace(
            "__wbg_died_25f0c3e4a215c20f: function() {\n            died();\n        }",
            "__wbg_died_25f0c3e4a215c20f: function() { return wrapError(function() {\n            died();\n        }, arguments); }",
        )
        .replace("__wbg_report_4b74f9051ca7742a: function(arg0) {\n            report(arg0);\n        }", "__wbg_report_4b74f9051ca7742a: import1.f");
    let old = format!(
        "const __wbindgen_jstag_polyfill = new WebAssembly.Tag({{ parameters: ['externref'] }});\n{old}"
    );
    let text = change(&old, File::Glue, &known(Target::Web)).unwrap();
    for line in [
        "function() {\n            try { died(); } catch (e) { throw __recover_crossing(e); }\n        },",
        "__wbg_report_4b74f9051ca7742a: __recover_direct(import1.f),",
        "    return new WebAssembly.Exception(__wbindgen_jstag_polyfill, [e]);",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn a_module_is_guarded_once_for_each_function_that_comes_from_it() {
    let given = "\"./snippets/sample-1b/inline0.js\": import1,";
    let twice = SAMPLES[0]
        .2
        .replacen(given, &format!("{given}\n        {given}"), 1);
    let mut known = known(Target::Web);
    assert_eq!(
        change(&twice, File::Glue, &known).unwrap_err().seam,
        "import-module"
    );
    known
        .modules
        .values_mut()
        .for_each(|functions| *functions = 2);
    let text = change(&twice, File::Glue, &known).unwrap();
    assert_eq!(text.matches("__recover_module(import1)").count(), 2);
}

#[test]
fn a_slice_is_copied_back_by_the_gate() {
    let name = "__wbg___wbindgen_copy_to_typed_array_7a";
    let import = "new Uint8Array(arg2.buffer, arg2.byteOffset, arg2.byteLength).set(getArrayU8FromWasm0(arg0, arg1));";
    let with = |import: &str| {
        let glue = SAMPLES[0].2.replacen(
            "        __wbindgen_jstag",
            &format!("        {name}: function(arg0, arg1, arg2) {{\n            {import}\n        }},\n        __wbindgen_jstag"),
            1,
        );
        let mut known = known(Target::Web);
        known.imports.insert(name.to_owned());
        change(&glue, File::Glue, &known)
    };
    let copied = "__recover_gate.copyBack(arg2, getArrayU8FromWasm0(arg0, arg1));";
    assert!(with(import).unwrap().contains(copied));
    assert_eq!(with("other(arg2);").unwrap_err().seam, "import");
}

#[test]
fn converted_and_returned_values_are_freed_only_in_their_own_instance() {
    let text = changed(Target::Web, File::Glue);
    for line in [
        "if (ptr0 && __recover_at === wasm) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }",
        "__recover_gate.depth++;\n        try {\n            if (__recover_at === wasm && !__recover_gate.dead) wasm.__wbindgen_free(deferred",
    ] {
        assert!(text.contains(line), "{line}");
    }
    // What a call was to consume is only offered, and not freed.
    assert!(
        SAMPLES[0]
            .2
            .contains("if (ptr) wasm.__wbg_base_free(ptr, 1);")
    );
    assert!(!text.contains("if (ptr)"), "{text}");
}

#[test]
fn only_exports_with_promises_reject() {
    let text = changed(Target::Web, File::Glue);
    let body = |head: &str| {
        let begin = text.find(head).unwrap();
        &text[begin..begin + text[begin..].find("let ret;").unwrap()]
    };
    for (head, rejects) in [
        ("export function told(base) {", true),
        ("    getLater() {", true),
        // Not in the list.
        ("export function untold(base) {", false),
        // Its comment has `@returns {Promise<`.
        ("export function plain(text, list) {", false),
    ] {
        let code = body(head)[head.len()..].trim_start();
        assert_eq!(code.starts_with("try {\n"), rejects, "{head}");
    }
    let told = "\
export function told(base) {
    try {
    if (__recover_gate.dead) __recover_gate.enter();
";
    let end = "    return ret;
    } catch (e) {
        return Promise.reject(e);
    }
}
";
    let begin = text.find(told).unwrap();
    assert!(
        text[begin..]
            .split_inclusive("\n}\n")
            .next()
            .unwrap()
            .ends_with(end),
        "{text}"
    );
    assert_eq!(text.matches("return Promise.reject(e);").count(), 2);
}

#[test]
fn objects_of_another_class_are_refused_by_name() {
    let text = changed(Target::Bundler, File::Glue);
    for line in [
        "_assertClass(other, Base, 'Base');",
        "if (!(instance instanceof klass)) throw __recover_gate.wrongClass(klass, name);",
        "if (!(this instanceof Base)) throw __recover_gate.wrongClass(Base, 'Base');",
        "if (!(this instanceof Child)) throw __recover_gate.wrongClass(Child, 'Child');",
    ] {
        assert!(text.contains(line), "{line}");
    }
    assert!(!text.contains("expected instance of"));
    // A constructor has no receiver, nor has a static method.
    for head in ["    constructor(count) {", "    static of(_base) {"] {
        let begin = text.find(head).unwrap();
        let body = &text[begin..begin + text[begin..].find("let ret;").unwrap()];
        assert!(!body.contains("this instanceof"), "{body}");
    }
}

#[test]
fn handles_of_another_instance_are_refused() {
    let text = changed(Target::Web, File::Glue);
    let check = |class: &str| {
        format!(
            "if (this.__wbg_inst !== undefined && this.__wbg_inst !== __wbg_instance_id) throw __recover_gate.staleHandle(this, '{class}');\n        "
        )
    };
    for line in [
        "throw __recover_gate.staleHandle((other), 'Base');",
        "throw __recover_gate.staleClosure();",
        "return jsValue.__wbg_inst === __wbg_instance_id ? jsValue.__destroy_into_raw() : 0;",
        // Before wasm-bindgen's own check of a class that extends another.
        &format!(
            "{}if (this.__wbg_ptr !== this.__wbg_ptr_Child)",
            check("Child")
        ),
        // A class of its own.
        &format!("{}const ptr = +this.__destroy_into_raw();", check("Store")),
    ] {
        assert!(text.contains(line), "{line}");
    }
    assert!(!text.contains("throw new Error('Invalid stale object"));
    // Where no instance follows, no handle is of another.
    assert!(!changed(Target::Bundler, File::Glue).contains("__wbg_inst"));
}

#[test]
fn destructors_and_errors_go_through_the_gate() {
    let text = changed(Target::Web, File::Glue);
    for line in [
        "__recover_gate.release('__wbg_store_free', ptr);",
        "__recover_gate.release('__wbg_child_free', tok.__wbg_ptr_Child >>> 0);",
        "__recover_gate.release('__wbg_base_free', __anc_Base >>> 0);",
        "__recover_gate.destroy('__wbindgen_destroy_closure', state);",
        // That of a guarded class waits, and no other.
        "            wasm.__wbg_store_free(ptr, 1);",
        "            wasm.__wbg_child_free(ptr, 0);",
        "        idx = wasm.__externref_table_alloc();\n    } catch(e) {\n        const dead = __recover_gate.dead;\n        \
         __recover_gate.dead = true;\n        __wbg_handle_catch(e, '', dead);\n    }",
        "{ throw __recover_gate.critical(cause); }",
        "? __recover_gate.thrown(e.getArg(__wbindgen_wrapped_jstag, 0), name, dead)",
        "maximum: 65536,\n    own: '8',\n    loads: true,\n    exnref: true,",
        "    module = __recover_gate.compile(module);\n",
        "= await __recover_gate.load(__wbg_load, await module_or_path, imports);\n",
        "} = __recover_gate.copying();",
        "if (__recover_gate.dead || at !== wasm) __recover_gate.refuse();\n    __recover_gate.depth++;",
    ] {
        assert!(text.contains(line), "{line}");
    }
    let glue = SAMPLES[0].2;
    let torn = Known {
        torn_by_exceptions: true,
        ..known(Target::Web)
    };
    let text = change(glue, File::Glue, &torn).unwrap();
    assert!(text.contains("? __recover_gate.caught(__recover_gate.critical("));
}

#[test]
fn futures_of_js_sys_run_and_fail_by_the_gate() {
    let text = changed(Target::Bundler, File::Glue);
    for line in [
        "    const ret = __recover_gate.panicked(arg0);\n",
        "    queueMicrotask(__recover_gate.runTick(arg0, true));\n",
        "    const ret = __recover_gate.newPromise(cb0);\n",
    ] {
        assert!(text.contains(line), "{line}");
    }
    // A user who queues microtasks, too: nobody knows which of the two is js-sys's.
    let own = "export function __wbg_queueMicrotask_0(arg0) {\n    queueMicrotask(arg0);\n}\n";
    let glue = SAMPLES
        .iter()
        .find(|(target, file, _)| (*target, *file) == (Target::Bundler, File::Glue));
    let both = format!("{}{own}", glue.unwrap().2);
    let text = change(&both, File::Glue, &known(Target::Bundler)).unwrap();
    assert_eq!(
        text.matches("__recover_gate.runTick(arg0, false)").count(),
        2
    );
    // Where an engine has no tag for JavaScript's exceptions, imports are wrapped.
    let mut wrapped = glue.unwrap().2.to_owned();
    for body in [
        "    queueMicrotask(arg0);\n",
        "    const ret = arg0.queueMicrotask;\n    return ret;\n",
    ] {
        let plain = format!("(arg0) {{\n{body}}}\n");
        let with = format!("() {{ return wrapError(function (arg0) {{\n{body}}}, arguments); }}\n");
        assert!(wrapped.contains(&plain), "{plain}");
        wrapped = wrapped.replace(&plain, &with);
    }
    let text = change(&wrapped, File::Glue, &known(Target::Bundler)).unwrap();
    assert!(text.contains("queueMicrotask(__recover_gate.runTick(arg0, true));"));
}

#[test]
fn only_the_gate_makes_and_starts_instances() {
    for target in [Target::Web, Target::Nodejs] {
        let text = changed(target, File::Glue);
        assert!(text.contains("\nfunction __wbg_reset_state () {\n    __wbg_instance_id++;"));
        assert!(!text.contains("exports.__wbg_reset_state"));
        assert!(text.contains(
            "    wasmInstance = __recover_gate.instantiate(wasmModule, __wbg_get_imports());\n    wasm = wasmInstance.exports;\n    __recover_gate.start();\n}"
        ));
        assert_eq!(text.matches("__recover_gate.start();").count(), 2);
        assert!(text.contains("return __recover_imports ??= __recover_make_imports();"));
    }
    let declared = changed(Target::Web, File::Declarations);
    assert!(!declared.contains("\nexport function __wbg_reset_state(): void;"));
    let start = changed(Target::Bundler, File::Start);
    assert!(start.contains("import { __wbg_set_wasm, __recover_gate } from"));
    assert!(start.contains("\n__recover_gate.start();"));
}

#[test]
fn an_export_that_is_called_without_a_guard_is_refused() {
    let glue = SAMPLES[0].2;
    for call in [
        "wasm.plain(1);",
        "const f = wasm.plain;",
        "wasm[name]();",
        "(cache ??= WebAssembly.promising(wasm.told))(1);",
    ] {
        let error = change(
            &format!("{glue}\n{call}\n"),
            File::Glue,
            &known(Target::Web),
        );
        assert_eq!(error.unwrap_err().seam, "call", "{call}");
    }
}

#[test]
fn exports_with_promises_are_read_from_types_not_comments() {
    let promises = crate::run::promises::declared(SAMPLES[1].2).unwrap();
    let promises: BTreeSet<_> = promises.iter().map(String::as_str).collect();
    for name in ["told", "undocumented"] {
        assert!(promises.contains(name), "{name} in {promises:?}");
    }
    for name in ["plain", "untold", "Store.getLater"] {
        assert!(!promises.contains(name), "{name} in {promises:?}");
    }
}

#[test]
fn a_version_uses_its_own_rows_of_the_table() {
    let some = Versions {
        since: "3.2.26",
        until: Some("3.2.30"),
    };
    for (version, expected) in [
        ("3.2.9", false),
        ("3.2.26", true),
        ("3.2.29", true),
        ("3.2.30", false),
        ("3.3.0", false),
    ] {
        assert_eq!(some.has(version), expected, "{version}");
    }
}

#[test]
fn an_export_with_the_name_of_the_loader_is_told_apart_from_glue_that_cannot_be_read() {
    let (target, file, text) = SAMPLES[0];
    let reason = |more: &str| {
        let text = format!("{text}\n{more}\n");
        change(&text, file, &known(target)).unwrap_err().reason
    };
    let twice = reason("export { initSync as default };");
    assert!(
        twice.starts_with("an export is named `default`") && twice.contains("js_name"),
        "{twice}"
    );
    let broken = reason("export {");
    assert!(broken.starts_with("the file can't be parsed"), "{broken}");
}
