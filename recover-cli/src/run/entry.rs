//! What stands around a call of an export in the glue: whether there is an instance to
//! enter is asked before anything is converted, calls are counted, and what they throw is
//! looked at. Which gate they ask stands in `gate`.

const GUARD: &str = "function __wbg_call_guard() {";
const GUARDED: &str = "__wbg_call_guard();";
const CAUGHT: &str = "__wbg_handle_catch(e);";
const ASKED: &str = "if (__recover_gate.dead) __recover_gate.enter();";
const STALE: &str = "throw __recover_gate.stale(";

/// Has every call ask first whether there is an instance to enter, counts those that are
/// under way, and names those that end badly. Where the engine's stack is full nothing
/// can be called: what must be done by then is done where the exception is caught.
pub(super) fn calls(text: &str) -> Result<String, String> {
    let mut lines: Vec<String> = Vec::new();
    let mut name = String::new();
    let (mut begin, mut frees) = (None, false);
    for line in text.lines() {
        if let Some(called) = called(line) {
            name = called.to_owned();
        }
        if is_function(line) {
            begin = Some(lines.len() + 1);
        }
        if line.trim() == GUARDED {
            frees = begin.is_none();
            let guard = match begin.take() {
                Some(begin) => format!("__wbg_call_guard({});", converted(&mut lines, begin)),
                // What the call returned is freed, however it ended: nothing is thrown here.
                None => "__recover_gate.depth++;".to_owned(),
            };
            lines.push(line.replace(GUARDED, &guard));
        } else if frees && line.trim().starts_with("wasm.") {
            frees = false;
            let free = line.replacen(
                "wasm.",
                "if (__recover_at === wasm && !__recover_gate.dead) wasm.",
                1,
            );
            lines.push(free);
        } else if line.trim() == CAUGHT {
            let before = lines.pop().unwrap_or_default();
            if before.trim() != "} catch(e) {" || name.is_empty() {
                return Err("an export is called in a way that is not known".to_owned());
            }
            let indent = &line[..line.len() - CAUGHT.len()];
            lines.push(format!("{indent}__recover_gate.depth--;"));
            lines.push(before);
            lines.push(format!("{indent}const dead = __recover_gate.dead;"));
            lines.push(format!("{indent}__recover_gate.dead = true;"));
            lines.push(format!("{indent}__recover_gate.depth--;"));
            lines.push(line.replace(CAUGHT, &format!("__wbg_handle_catch(e, '{name}', dead);")));
            name.clear();
        } else {
            lines.push(line.to_owned());
        }
    }
    if lines.iter().any(|line| line.contains(CAUGHT)) {
        return Err("an export is called in a way that is not known".to_owned());
    }
    Ok(lines.join("\n") + "\n")
}

/// Has a function ask, whose arguments are converted from line `begin` on; what its guard
/// compares with the instance that there is then. To convert may run JavaScript that ends
/// the instance, and what was converted is of no use in the next one, not even to be freed.
fn converted(lines: &mut Vec<String>, begin: usize) -> &'static str {
    let converts = lines[begin..]
        .iter()
        .any(|line| !["let ret;", ""].contains(&line.trim()));
    for line in &mut lines[begin..] {
        let code = line.trim_start();
        let pointer = code
            .strip_prefix("if (ptr")
            .and_then(|rest| rest.split_once(") "));
        if let Some((number, rest)) = pointer {
            let indent = &line[..line.len() - code.len()];
            *line = format!("{indent}if (ptr{number} && __recover_at === wasm) {rest}");
        }
    }
    let head = &lines[begin - 1];
    let indent = " ".repeat(head.len() - head.trim_start().len() + 4);
    // A closure's has its own refusal where its instance is gone.
    let asks = !head.starts_with("function wasm_bindgen_");
    if converts {
        lines.insert(begin, format!("{indent}const __recover_at = wasm;"));
    }
    if asks {
        lines.insert(begin, format!("{indent}{ASKED}"));
    }
    match converts {
        true => "__recover_at",
        false => "wasm",
    }
}

/// Whether a line begins a function.
fn is_function(line: &str) -> bool {
    let line = line.trim();
    line.ends_with(") {")
        && !["if ", "for ", "while ", "}", GUARD]
            .iter()
            .any(|other| line.starts_with(other))
}

/// The export that a line calls.
fn called(line: &str) -> Option<&str> {
    let line = line.trim();
    let call = line
        .strip_prefix("ret = ")
        .unwrap_or(line)
        .strip_prefix("wasm.")?;
    call.split_once('(').map(|(name, _)| name)
}

/// What gives a promise rejects it where it would throw before it has one.
pub(super) fn rejected(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let (mut next, mut promises) = (false, false);
    for line in text.lines() {
        next |= line.contains("@returns {Promise<");
        if is_function(line) {
            promises = std::mem::take(&mut next);
        }
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        lines.push(match code.strip_prefix(STALE) {
            _ if !promises => line.to_owned(),
            None if code == ASKED => format!(
                "{indent}if (__recover_gate.dead && !__recover_gate.asked()) return Promise.reject(__recover_gate.refusal());"
            ),
            None => line.to_owned(),
            Some(rest) => format!(
                "{indent}return Promise.reject(__recover_gate.stale({});",
                rest.trim_end_matches(';')
            ),
        });
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> String {
        format!(
            "    __wbg_call_guard();\n    try {{\n        {text}\n    }} catch(e) {{\n        __wbg_handle_catch(e);\n    }}\n"
        )
    }

    #[test]
    fn a_call_asks_before_anything_is_converted() {
        let put = format!(
            "    put(key) {{\n        if (x) {{\n        }}\n        if (ptr0) f(ptr0);\n        let ret;\n{}",
            call("ret = wasm.store_put(key);")
        );
        let invoke = format!(
            "function wasm_bindgen_1_invoke(a) {{\n{}",
            call("wasm.wasm_bindgen_1_invoke(a);")
        );
        let text = calls(&(put + &invoke)).unwrap();
        let asked = format!(
            "    put(key) {{\n        {ASKED}\n        const __recover_at = wasm;\n        if (x) {{\n        }}\n        if (ptr0 && __recover_at === wasm) f(ptr0);\n"
        );
        assert!(text.starts_with(&asked), "{text}");
        assert_eq!(
            text.matches("__wbg_call_guard(__recover_at);").count(),
            1,
            "{text}"
        );
        assert_eq!(text.matches("__wbg_call_guard(wasm);").count(), 1, "{text}");
        assert_eq!(text.matches(ASKED).count(), 1, "{text}");
    }

    #[test]
    fn what_a_call_returned_is_freed_in_its_own_instance() {
        let text = format!(
            "export function f(a) {{\n    let deferred;\n    try {{\n{}    }} finally {{\n{}    }}\n}}\n",
            call("ret = wasm.f(a);"),
            call("wasm.__wbindgen_free(deferred, 1, 1);")
        );
        let text = calls(&text).unwrap();
        let free = "    __recover_gate.depth++;\n    try {\n        if (__recover_at === wasm && !__recover_gate.dead) wasm.__wbindgen_free(deferred, 1, 1);\n        __recover_gate.depth--;\n";
        assert!(text.contains(free), "{text}");
        assert_eq!(
            text.matches("__wbg_call_guard(__recover_at);").count(),
            1,
            "{text}"
        );
    }

    #[test]
    fn a_promise_is_rejected_and_nothing_else_is() {
        let function = |returns: &str| {
            format!(
                "/**\n * @returns {{{returns}}}\n */\nexport function f(a) {{\n    {ASKED}\n    if (a) {{\n        throw __recover_gate.stale((a));\n    }}\n}}\n"
            )
        };
        let text = rejected(&(function("Promise<number>") + &function("number")));
        for line in [
            "\n    if (__recover_gate.dead && !__recover_gate.asked()) return Promise.reject(__recover_gate.refusal());\n",
            "\n        return Promise.reject(__recover_gate.stale((a)));\n",
            "\n        throw __recover_gate.stale((a));\n",
        ] {
            assert_eq!(text.matches(line).count(), 1, "{text}");
        }
    }
}
