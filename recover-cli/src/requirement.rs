//! Which requirement rules the supported versions of wasm-bindgen out, as cargo tells it, and what
//! loosens it. Pure: cargo's text in, a text for the user out. Asking cargo is `run/probe.rs`.

use crate::pins::Pins;

/// The command that loosens what rules the supported versions of wasm-bindgen out, which is the
/// requirement that cargo names last. js-sys and its kind require one wasm-bindgen each.
pub(crate) fn loosen(reason: &str, pins: &Pins) -> String {
    let mut required = reason.rsplit("which satisfies dependency `");
    let name = required.next().and_then(|rest| rest.split(' ').next());
    match name {
        Some(name @ ("js-sys" | "web-sys")) => format!("cargo add {name}@0.3"),
        Some(name @ "wasm-bindgen-futures") => format!("cargo add {name}@0.4"),
        _ => format!("cargo add wasm-bindgen@={}", pins.wasm_bindgen),
    }
}

/// The requirement that rules the supported versions of wasm-bindgen out, with the package that has it;
/// all that cargo says where it can't be told.
pub(crate) fn ruled_out_by(reason: &str) -> String {
    let chained = || {
        let (_, last) = reason.rsplit_once("which satisfies dependency `")?;
        last.split_once("` of package `")
    };
    let direct = || {
        let (_, last) = reason.split_once("a version for the requirement `")?;
        let (requirement, rest) = last.split_once('`')?;
        let (_, package) = rest.split_once("required by package `")?;
        Some((requirement, package))
    };
    match chained().or_else(direct) {
        Some((requirement, package)) => {
            let package = package.split([' ', '`']).next().unwrap_or_default();
            format!("`{package}` requires `{requirement}`")
        }
        None => format!("another requirement in the crate rules it out: {reason}"),
    }
}

#[cfg(test)]
#[path = "tests/requirement.rs"]
mod tests;
