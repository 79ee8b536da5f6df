//! Has the glue enter the instance through the host module.
//!
//! wasm-bindgen's guard knows an instance that died, and can replace it before the next
//! call, but when arguments were converted already; `Gate` of the runtime's `js/instance.js` also settles what was under way, brings
//! objects back, and is asked wherever the glue enters: exports, destructors, start. What
//! wasm-bindgen writes is known, since it is one version: what is not found as it should
//! be fails the build.

use super::entry;
use crate::options::Target;

/// What changes the glue.
pub(super) struct Glue<'a> {
    pub(super) text: &'a str,
    pub(super) target: Target,
    /// Bytes that the memory may have.
    pub(super) maximum: u64,
    /// Whatever JavaScript throws through Rust ends the instance.
    pub(super) torn_by_exceptions: bool,
}

const GUARD_BEGINS: &str = "let __wbg_terminated_addr;";
const GUARD: &str = "function __wbg_call_guard() {";
const STALE: &str = "throw new Error('Invalid stale object from previous Wasm instance');";
const STALE_CLOSURE: &str = "new Error('Cannot invoke closure from previous WASM instance')";
const CRITICAL: &str = "throw new Error(\"Critical error\", { cause });";
const START: &str = "wasm.__wbindgen_start();";
const IMPORTS: &str = "function __wbg_get_imports() {";
/// The same for every instance, since the functions ask for the instance when they are called:
/// engines give up on inlining one that is made again and again.
const IMPORTS_ONCE: &str = "var __recover_imports;
function __wbg_get_imports() {
    return __recover_imports ??= __recover_make_imports();
}

function __recover_make_imports() {";
const RESET: &str = "function __wbg_reset_state () {";
const INSTANCE: &str = "wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());";

/// The glue with its ways in changed, or what is not as it should be.
pub(super) fn through_gate(glue: &Glue<'_>) -> Result<String, String> {
    let mut text = match glue.target.revives() {
        true => given_up(glue.text),
        false => glue.text.to_owned(),
    };
    text = entry::calls(&text)?;
    text = guard(&text, glue)?;
    text = entry::rejected(&stale(&text)?);
    text = destructors(&text)?;
    text = text
        .replace(STALE_CLOSURE, "__recover_gate.staleClosure()")
        .replace(CRITICAL, "throw __recover_gate.critical(cause);")
        .replace(START, "__recover_gate.start();");
    if glue.target.revives() {
        text = reset(&text)?.replace(IMPORTS, IMPORTS_ONCE);
    }
    for left in [
        "Invalid stale object",
        "from previous WASM",
        "Critical error",
        "__wbg_called_abort",
    ] {
        if text.contains(left) {
            return Err(format!("`{left}` stands where it is not known"));
        }
    }
    Ok(text)
}

/// Puts the gate in the place of wasm-bindgen's guard.
fn guard(text: &str, glue: &Glue<'_>) -> Result<String, String> {
    let begin = text.find(GUARD_BEGINS).ok_or("it has no guard")?;
    let guard = begin + text[begin..].find(GUARD).ok_or("its guard is not known")?;
    let end = guard
        + text[guard..]
            .find("\n}\n")
            .ok_or("its guard does not end")?
        + 3;
    let revival = match glue.target.revives() {
        true => {
            "\n    reset: __wbg_reset_state,\n    id: () => __wbg_instance_id,\n    module: () => wasmModule,\n    imports: __wbg_get_imports,"
        }
        false => "",
    };
    let value = "e.getArg(__wbindgen_wrapped_jstag, 0)";
    let crossed = match glue.torn_by_exceptions {
        true => format!("__recover_gate.caught(__recover_gate.critical({value}), name, dead)"),
        false => format!("__recover_gate.thrown({value}, name, dead)"),
    };
    let export = match glue.target {
        Target::Bundler => "export ",
        _ => "",
    };
    let gate = format!(
        "\
function __recover_unwrap(e, name, dead) {{
    return e instanceof WebAssembly.Exception && e.is(__wbindgen_wrapped_jstag)
        ? {crossed}
        : __recover_gate.caught(e, name, dead);
}}
{export}const __recover_gate = new __recover_Gate(__recover_links(), {{
    wasm: () => wasm,
    unwrap: __recover_unwrap,{revival}
}});
{copying}
function __wbg_handle_catch(e, name, dead) {{
    throw __recover_unwrap(e, name, dead);
}}

function __wbg_call_guard(at) {{
    if (__recover_gate.dead || at !== wasm) __recover_gate.refuse();
    __recover_gate.depth++;
}}
",
        copying = copying(glue.maximum),
    );
    Ok(format!("{}{gate}{}", &text[..begin], &text[end..]))
}

fn copying(maximum: u64) -> String {
    format!(
        "const {{ malloc: __recover_malloc, realloc: __recover_realloc }} = __recover_gate.copying({maximum});\n"
    )
}

/// Gives the handles of an instance that is gone their error.
fn stale(text: &str) -> Result<String, String> {
    let mut changed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(STALE) {
        let unknown = "a stale object is refused in a way that is not known";
        let check = rest[..at].rfind("if (").ok_or(unknown)?;
        let (object, _) = rest[check + 4..at]
            .split_once(".__wbg_inst !== undefined")
            .ok_or(unknown)?;
        changed.push_str(&rest[..at]);
        changed.push_str(&format!("throw __recover_gate.stale({object});"));
        rest = &rest[at + STALE.len()..];
    }
    changed.push_str(rest);
    Ok(changed)
}

/// What gives up a handle without a check of wasm-bindgen's.
fn given_up(text: &str) -> String {
    let [free, unwrap] = [
        "    free() {\n        const ptr = ",
        "return jsValue.__destroy_into_raw();",
    ];
    let is_stale = "this.__wbg_inst !== undefined && this.__wbg_inst !== __wbg_instance_id";
    text.replace(free, &format!("    free() {{\n        if ({is_stale}) throw __recover_gate.stale(this);\n        const ptr = "))
        .replace(unwrap, "return jsValue.__wbg_inst === __wbg_instance_id ? jsValue.__destroy_into_raw() : 0;")
}

/// What drops values where no export is called.
fn destructors(text: &str) -> Result<String, String> {
    let mut changed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("wasm.") {
        changed.push_str(&rest[..at]);
        let call = &rest[at + 5..];
        let replaced = call.find(')').and_then(|end| {
            let (name, args) = call[..end].split_once('(')?;
            if !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
            {
                return None;
            }
            let gate = if name.starts_with("__wbg_") && name.ends_with("_free") {
                format!(
                    "__recover_gate.release('{name}', {})",
                    args.strip_suffix(", 1")?
                )
            } else if args == "state.a, state.b" {
                format!("__recover_gate.destroy('{name}', state)")
            } else {
                return None;
            };
            Some((gate, end + 1))
        });
        match replaced {
            Some((gate, length)) => {
                changed.push_str(&gate);
                rest = &call[length..];
            }
            None => {
                changed.push_str("wasm.");
                rest = call;
            }
        }
    }
    changed.push_str(rest);
    match changed.contains("_free(ptr, 1)") || changed.contains("(state.a, state.b)") {
        true => Err("a destructor is called in a way that is not known".to_owned()),
        false => Ok(changed),
    }
}

/// What starts the instance where a bundler makes it.
pub(super) fn bundled(text: &str) -> String {
    text.replace(
        "import { __wbg_set_wasm }",
        "import { __wbg_set_wasm, __recover_gate }",
    )
    .replace(START, "__recover_gate.start();")
}

/// The declarations without what is the gate's.
pub(super) fn declared(text: &str) -> String {
    text.replace("export function __wbg_reset_state(): void;\n", "")
}

/// The next instance is the gate's to make, nobody else's.
fn reset(text: &str) -> Result<String, String> {
    let begin = text.find(RESET).ok_or("it can't make another instance")?;
    let (head, tail) = text.split_at(begin);
    let head = head.strip_suffix("export ").unwrap_or(head);
    let made = "wasmInstance = __recover_gate.instantiate(wasmModule, __wbg_get_imports());";
    let forgotten = "    __wbg_called_abort = false;\n    __wbg_reinit_scheduled = false;\n";
    let (body, rest) = tail.split_at(tail.find("\n}\n").ok_or("its reset does not end")?);
    if !body.contains(INSTANCE) || !body.contains(forgotten) {
        return Err("it makes another instance in a way that is not known".to_owned());
    }
    let body = body.replace(INSTANCE, made).replace(forgotten, "");
    let rest = rest.replace("exports.__wbg_reset_state = __wbg_reset_state;\n", "");
    Ok(format!("{head}{body}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARDED_GLUE: &str = "\
let __wbg_terminated_addr;
let __wbg_called_abort = false;
function __wbg_call_abort_hook() {
}

function __wbg_handle_catch(e) {
    throw e;
}
function __wbg_call_guard() {
    if (flag) {
    }
}
";

    fn call(text: &str) -> String {
        format!(
            "function f() {{\n    __wbg_call_guard();\n    try {{\n        {text}\n    }} catch(e) {{\n        __wbg_handle_catch(e);\n    }}\n"
        )
    }

    fn changed(text: &str, target: Target) -> Result<String, String> {
        through_gate(&Glue {
            text,
            target,
            maximum: 65536,
            torn_by_exceptions: false,
        })
    }

    #[test]
    fn an_exception_that_crosses_an_abort_build_for_old_engines_is_its_end() {
        for (torn_by_exceptions, expected) in [
            (true, "? __recover_gate.caught(__recover_gate.critical("),
            (false, "? __recover_gate.thrown("),
        ] {
            let glue = Glue {
                text: GUARDED_GLUE,
                target: Target::Deno,
                maximum: 65536,
                torn_by_exceptions,
            };
            let text = through_gate(&glue).unwrap();
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_call_is_counted_and_named() {
        let text = changed(
            &(call("ret = wasm.store_put(this.__wbg_ptr, f(1));") + GUARDED_GLUE),
            Target::Deno,
        );
        let text = text.unwrap();
        let counted = "        ret = wasm.store_put(this.__wbg_ptr, f(1));\n        __recover_gate.depth--;\n    } catch(e) {\n        const dead = __recover_gate.dead;\n        __recover_gate.dead = true;\n        __recover_gate.depth--;\n        __wbg_handle_catch(e, 'store_put', dead);\n";
        assert!(text.contains(counted), "{text}");
        assert!(text.contains("if (__recover_gate.dead || at !== wasm) __recover_gate.refuse();"));
        assert!(!text.contains("__wbg_called_abort"));
        assert!(!text.contains("reset:"), "nothing makes another instance");
    }

    #[test]
    fn destructors_start_and_errors_are_the_gates() {
        for (theirs, ours) in [
            (
                "({ ptr, instance }) => {\nif (instance === __wbg_instance_id) wasm.__wbg_store_free(ptr, 1);",
                "__recover_gate.release('__wbg_store_free', ptr);",
            ),
            (
                "if (ptr0) wasm.__wbg_store_free(ptr0, 1);",
                "__recover_gate.release('__wbg_store_free', ptr0);",
            ),
            (
                "wasm.__wbindgen_destroy_closure(state.a, state.b);",
                "__recover_gate.destroy('__wbindgen_destroy_closure', state);",
            ),
            (START, "__recover_gate.start();"),
            (CRITICAL, "throw __recover_gate.critical(cause);"),
            (
                "if ((other).__wbg_inst !== undefined && (other).__wbg_inst !== __wbg_instance_id) {\nthrow new Error('Invalid stale object from previous Wasm instance');",
                "throw __recover_gate.stale((other));",
            ),
            (
                "throw new Error('Cannot invoke closure from previous WASM instance');",
                "throw __recover_gate.staleClosure();",
            ),
        ] {
            let text = changed(&format!("{theirs}\n{GUARDED_GLUE}"), Target::Deno).unwrap();
            assert!(text.contains(ours), "{text}");
        }
        let kept = "wasm.__wbg_store_free(ptr, 0);";
        let text = changed(&format!("{kept}\n{GUARDED_GLUE}"), Target::Deno).unwrap();
        assert!(text.contains(kept), "free() is guarded by the glue");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (glue, why) in [
            (
                "    x();\n    __wbg_handle_catch(e);\n".to_owned(),
                "called in a way",
            ),
            (call("f();"), "called in a way"),
            ("let __wbg_terminated_addr;\n".to_owned(), "guard"),
            (
                format!(
                    "throw new Error('Invalid stale object from previous Wasm instance');\n{GUARDED_GLUE}"
                ),
                "stale",
            ),
            (
                format!("throw Error('Invalid stale object');\n{GUARDED_GLUE}"),
                "not known",
            ),
            (
                format!("exports.f(state.a, state.b);\n{GUARDED_GLUE}"),
                "destructor",
            ),
        ] {
            let error = changed(&glue, Target::Deno).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let error = changed(GUARDED_GLUE, Target::Web).unwrap_err();
        assert!(error.contains("another instance"), "{error}");
    }

    #[test]
    fn only_the_gate_makes_another_instance() {
        let reset = format!(
            "export {RESET}\n    __wbg_instance_id++;\n    __wbg_called_abort = false;\n    __wbg_reinit_scheduled = false;\n    {INSTANCE}\n    {START}\n}}\n{IMPORTS}\n}}\n"
        );
        let text = changed(&format!("{reset}{GUARDED_GLUE}"), Target::Web).unwrap();
        assert!(text.starts_with("function __wbg_reset_state () {\n    __wbg_instance_id++;\n    wasmInstance = __recover_gate.instantiate(wasmModule, __wbg_get_imports());\n    __recover_gate.start();\n}\n"), "{text}");
        assert!(text.contains("reset: __wbg_reset_state,"));
        assert!(text.contains(IMPORTS_ONCE), "{text}");
        assert_eq!(
            declared("a\nexport function __wbg_reset_state(): void;\nb\n"),
            "a\nb\n"
        );
    }

    #[test]
    fn handles_of_another_instance_are_not_given_up() {
        let text = given_up(
            "    free() {\n        const ptr = this.__destroy_into_raw();\n        return jsValue.__destroy_into_raw();\n",
        );
        assert!(text.contains(
            "!== __wbg_instance_id) throw __recover_gate.stale(this);\n        const ptr"
        ));
        assert!(text.contains("return jsValue.__wbg_inst === __wbg_instance_id ?"));
    }

    #[test]
    fn a_bundler_starts_through_the_gate() {
        let text =
            bundled("import { __wbg_set_wasm } from './x_bg.js';\nwasm.__wbindgen_start();\n");
        assert_eq!(
            text,
            "import { __wbg_set_wasm, __recover_gate } from './x_bg.js';\n__recover_gate.start();\n"
        );
    }
}
