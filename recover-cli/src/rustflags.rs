//! Which rustflags cargo would use, and the same list with ours at its end.
//!
//! cargo takes one source only: CARGO_ENCODED_RUSTFLAGS, RUSTFLAGS, the joined
//! `target.*` tables, or `build.rustflags`. A tool that sets one of them hides
//! the others, so the active one is found as cargo finds it and the whole list
//! is handed over. Pure: the environment and the configuration come as values.

use std::collections::BTreeMap;
use std::str::FromStr;

use cargo_platform::{Cfg, Platform};
use serde_json::Value;

use crate::error::Error;
use crate::options::{Eh, Strategy};

/// Where the user's flags were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// `CARGO_ENCODED_RUSTFLAGS` or `RUSTFLAGS`.
    Environment(&'static str),
    /// `target.<triple>.rustflags` and `target.<cfg>.rustflags`.
    Target,
    /// `build.rustflags`.
    Build,
    /// Nowhere.
    Nothing,
}

impl Source {
    /// The source's name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Environment(name) => name,
            Self::Target => "`target.*.rustflags` of cargo's configuration",
            Self::Build => "`build.rustflags` of cargo's configuration",
            Self::Nothing => "no source",
        }
    }
}

/// The flags that cargo would use by itself, by cargo's order of precedence.
pub(crate) fn effective(
    vars: &BTreeMap<String, String>,
    config: &Value,
    cfgs: &[Cfg],
    triple: &str,
) -> (Source, Vec<String>) {
    if let Some(encoded) = vars.get("CARGO_ENCODED_RUSTFLAGS") {
        let flags = encoded.split('\x1f').filter(|flag| !flag.is_empty());
        let flags = flags.map(str::to_owned).collect();
        return (Source::Environment("CARGO_ENCODED_RUSTFLAGS"), flags);
    }
    // Set but empty counts: that is how a user switches the configured ones off.
    if let Some(plain) = vars.get("RUSTFLAGS") {
        return (Source::Environment("RUSTFLAGS"), words(plain));
    }
    let flags = of_target(vars, config, cfgs, triple);
    if !flags.is_empty() {
        return (Source::Target, flags);
    }
    let mut flags = list(config.pointer("/build/rustflags"));
    flags.extend(
        vars.get("CARGO_BUILD_RUSTFLAGS")
            .map_or(vec![], |v| words(v)),
    );
    let source = if flags.is_empty() {
        Source::Nothing
    } else {
        Source::Build
    };
    (source, flags)
}

fn of_target(
    vars: &BTreeMap<String, String>,
    config: &Value,
    cfgs: &[Cfg],
    triple: &str,
) -> Vec<String> {
    let table = config.get("target").and_then(Value::as_object);
    let rustflags = |entry: &Value| list(entry.get("rustflags"));
    let mut flags = table
        .and_then(|table| table.get(triple))
        .map_or(vec![], rustflags);
    let variable = format!(
        "CARGO_TARGET_{}_RUSTFLAGS",
        triple.to_uppercase().replace('-', "_")
    );
    flags.extend(vars.get(&variable).map_or(vec![], |v| words(v)));
    for (key, entry) in table.into_iter().flatten() {
        let matches = key.starts_with("cfg(")
            && Platform::from_str(key).is_ok_and(|platform| platform.matches(triple, cfgs));
        if matches {
            flags.extend(rustflags(entry));
        }
    }
    flags
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => words(text),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => vec![],
    }
}

const LEGACY_EH: &str = "-wasm-use-legacy-eh";

/// Has LLVM not conclude that functions never unwind. What it concludes of exnref makes it compile clean-up
/// that runs twice; in packages for JavaScript the cause is mended at its root (`copies.rs`), and wit-bindgen's
/// imports are declared as wasm-bindgen's were.
const NO_INFERENCE: &str = "-disable-nounwind-inference";

/// Whether the flags say that symbols are stripped; `None` if they say nothing of it.
pub(crate) fn strips_symbols(flags: &[String]) -> Option<bool> {
    let options = codegen_options(flags);
    let last = options.iter().rfind(|(name, _)| name == "strip");
    last.map(|(_, value)| value == "symbols")
}

/// What has rustc leave the symbols in: wasm-bindgen needs them.
pub(crate) const KEEP_SYMBOLS: &str = "-Cstrip=debuginfo";

/// What recover-runtime is compiled with for a package whose glue has the gate: exports return values
/// then, and never lists of a value and an error.
pub(crate) const GATE: &str = "--cfg=recover_gate";

/// Who calls the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// wasm-bindgen's glue as it is.
    Glue,
    /// Glue with the gate.
    Gate,
    /// The host of a component.
    Host,
}

/// The user's flags with ours after them; `None` where we have none to add, so
/// that cargo goes on reading its own sources.
pub(crate) fn merged(
    user: (Source, Vec<String>),
    strategy: Strategy,
    eh: Eh,
    caller: Caller,
) -> Result<Option<Vec<String>>, Error> {
    let (source, mut flags) = user;
    refuse_contradictions(source, &flags, strategy, eh, caller)?;
    let gate = caller == Caller::Gate;
    let strips = caller != Caller::Host && strips_symbols(&flags) == Some(true);
    if strips {
        flags.push(KEEP_SYMBOLS.to_owned());
    }
    if gate {
        flags.push(GATE.to_owned());
    }
    if strategy == Strategy::Abort {
        return Ok((strips || gate).then_some(flags));
    }
    flags.push("-Cpanic=unwind".to_owned());
    // LLVM refuses an option that is given twice.
    let given = llvm_options(&flags);
    let is_given = |option: &str| given.iter().any(|(name, _)| name == option);
    if eh == Eh::Legacy && !is_given(LEGACY_EH) {
        flags.push(format!("-Cllvm-args={LEGACY_EH}"));
    }
    if caller == Caller::Host && !is_given(NO_INFERENCE) {
        flags.push(format!("-Cllvm-args={NO_INFERENCE}=true"));
    }
    Ok(Some(flags))
}

/// The variables that hand the whole list to cargo. The plain one reads better; the encoded one is
/// for flags with spaces.
pub(crate) fn variables(
    flags: &[String],
    vars: &BTreeMap<String, String>,
) -> Vec<(String, Option<String>)> {
    let encoded = "CARGO_ENCODED_RUSTFLAGS".to_owned();
    if flags.iter().any(|flag| flag.contains(char::is_whitespace)) {
        return vec![(encoded, Some(flags.join("\x1f")))];
    }
    let mut set = vec![("RUSTFLAGS".to_owned(), Some(flags.join(" ")))];
    if vars.contains_key(&encoded) {
        // It would win over the plain one.
        set.push((encoded, None));
    }
    set
}

fn refuse_contradictions(
    source: Source,
    flags: &[String],
    strategy: Strategy,
    eh: Eh,
    caller: Caller,
) -> Result<(), Error> {
    let refuse = |flag: String, wanted: &'static str| {
        Err(Error::Contradiction {
            flag,
            source_name: source.name(),
            wanted,
        })
    };
    for (name, value) in codegen_options(flags) {
        let wrong_panic = match strategy {
            Strategy::Unwind => value != "unwind",
            Strategy::Abort => value == "unwind",
        };
        if name == "panic" && wrong_panic {
            let wanted = match strategy {
                Strategy::Unwind => "remove it, or build with `--strategy abort`",
                Strategy::Abort => "remove it, or build with `--strategy unwind`",
            };
            return refuse(format!("-C{name}={value}"), wanted);
        }
        let fat = matches!(&*value, "" | "fat" | "true" | "yes" | "y" | "on");
        if name == "lto" && fat && strategy == Strategy::Unwind && eh == Eh::Exnref {
            let wanted = match caller {
                Caller::Host => {
                    "exnref with fat LTO gives invalid modules; use `-Clto=thin` or `--strategy abort`"
                }
                _ => "exnref with fat LTO gives invalid modules; use `-Clto=thin` or `--eh legacy`",
            };
            return refuse("-Clto=fat".to_owned(), wanted);
        }
    }
    for (name, value) in llvm_options(flags) {
        let on = value != "false" && value != "0";
        let legacy = strategy == Strategy::Unwind && name == LEGACY_EH;
        if legacy && on != (eh == Eh::Legacy) {
            let wanted = match eh {
                Eh::Exnref if caller == Caller::Host => "remove it",
                Eh::Exnref => "remove it, or build with `--eh legacy`",
                Eh::Legacy => "remove it, or build with `--eh exnref`",
            };
            return refuse(format!("-Cllvm-args={name}"), wanted);
        }
    }
    Ok(())
}

/// The `-C` options among the flags, in all of rustc's spellings.
fn codegen_options(flags: &[String]) -> Vec<(String, String)> {
    let mut options = vec![];
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let option = match flag.as_str() {
            "-C" | "--codegen" => flags.next().map(String::as_str),
            joined => joined
                .strip_prefix("-C")
                .or_else(|| joined.strip_prefix("--codegen=")),
        };
        if let Some(option) = option {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            options.push((name.replace('_', "-"), value.to_owned()));
        }
    }
    options
}

fn llvm_options(flags: &[String]) -> Vec<(String, String)> {
    codegen_options(flags)
        .into_iter()
        .filter(|(name, _)| name == "llvm-args")
        .flat_map(|(_, value)| words(&value))
        .map(|option| {
            let option = option.strip_prefix('-').map_or(&*option, |rest| {
                // LLVM takes one dash or two.
                if rest.starts_with('-') { rest } else { &option }
            });
            let (name, value) = option.split_once('=').unwrap_or((option, "true"));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[cfg(test)]
#[path = "tests/rustflags.rs"]
mod tests;
