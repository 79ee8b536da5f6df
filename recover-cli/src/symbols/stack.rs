//! Finds the frames of a module in the stack that an engine wrote.
//!
//! All engines name one `wasm-function[INDEX]`. V8 (Chromium, Node, Deno, workerd) and SpiderMonkey
//! (Firefox) have the offset in the module behind it, `:0x1267`; JavaScriptCore (Safari, Bun) has none. What
//! else a line says is not read: engines and their versions differ there.

/// How every engine begins to name a function of a module.
const MARK: &str = "wasm-function[";

/// A frame of a module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Wasm {
    /// The function.
    pub(super) function: Function,
    /// The offset in the module, where the engine tells it.
    pub(super) offset: Option<u32>,
}

/// What a function is named by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Function {
    /// Its index; imported functions come first.
    Index(u32),
    /// Nothing: the offset says it.
    Unknown,
    /// Its name: JavaScriptCore has it in place of the index where the module has names.
    Name(String),
}

/// A line of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// As it was.
    pub(super) text: String,
    /// The frame that it is, if it is one of a module.
    pub(super) wasm: Option<Wasm>,
}

/// The lines of a stack.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let line = |text: &str| Line {
        text: text.to_owned(),
        wasm: frame(text),
    };
    text.lines().map(line).collect()
}

fn frame(line: &str) -> Option<Wasm> {
    // The last one: a name or an address may hold anything.
    let Some(at) = line.rfind(MARK) else {
        return in_file(line);
    };
    let (inside, rest) = closed(&line[at + MARK.len()..])?;
    let function = match inside.parse() {
        // What Deno says of every function. An imported one is no frame.
        Ok(0) => Function::Unknown,
        Ok(index) => Function::Index(index),
        Err(_) if inside.is_empty() || inside.bytes().all(|it| it.is_ascii_digit()) => return None,
        Err(_) => Function::Name(inside.to_owned()),
    };
    let offset = rest.strip_prefix(":0x").and_then(|digits| {
        let end = digits.find(|it: char| !it.is_ascii_hexdigit());
        u32::from_str_radix(&digits[..end.unwrap_or(digits.len())], 16).ok()
    });
    // Who tells an offset tells the module, too: a message may hold such words.
    if offset.is_some() && !line[..at].ends_with(':') {
        return None;
    }
    Some(Wasm { function, offset })
}

/// What Deno writes of a module that it fetched: the file, the line 1, and the offset as a column.
fn in_file(line: &str) -> Option<Wasm> {
    const FILE: &str = ".wasm:1:";
    let column = &line[line.rfind(FILE)? + FILE.len()..];
    let column = column.strip_suffix(')').unwrap_or(column);
    let offset = column.parse::<u32>().ok()?.checked_sub(1)?;
    Some(Wasm {
        function: Function::Unknown,
        offset: Some(offset),
    })
}

/// What stands before the bracket that closes, and what behind it. A name may have brackets of its own.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    for (at, char) in text.char_indices() {
        match char {
            '[' => depth += 1,
            ']' if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
#[path = "../tests/stack.rs"]
mod tests;
