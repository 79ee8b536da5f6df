//! Builds with points: with the feature by which recover-runtime asks, at each place where something may fail,
//! whether it shall. What is done there, `js/torture/` decides.

use std::io::IsTerminal;

use serde_json::Value;

use super::cargo;
use super::package::Compile;
use super::say::say;
use crate::call::Call;
use crate::error::Error;
use crate::metadata::{Metadata, Package};
use crate::options::BuildOptions;

const RUNTIME: &str = "recover-runtime";

/// With this one allocations are points, since the runtime is the global allocator.
const WITH_ALLOCATOR: &str = "torture-allocator";

/// For a crate that has a global allocator.
const WITHOUT: &str = "torture";

/// Makes something of a crate, with points; `make` gets the options of the build, and what runs cargo.
pub(super) fn instrumented<T>(
    metadata: &Metadata,
    package: &Package,
    build: &BuildOptions,
    make: impl Fn(&BuildOptions, &mut Hearing) -> Result<T, Error>,
) -> Result<T, Error> {
    let name = package.key_of(RUNTIME);
    let name = name.ok_or_else(|| Error::NoWasmBindgen(package.name.clone()))?;
    if !metadata.has_feature(package, RUNTIME, WITH_ALLOCATOR) {
        return Err(Error::NoPoints);
    }
    let with = |feature: &str| {
        let mut build = build.clone();
        build.features.named.push(format!("{name}/{feature}"));
        build
    };
    let mut hearing = Hearing::default();
    match make(&with(WITH_ALLOCATOR), &mut hearing) {
        Err(Error::Cargo(_)) if hearing.conflicts => {}
        result => return result,
    }
    say(
        "note",
        "the crate has a global allocator of its own: allocations are points where it is \
         recover_runtime::memory::Allocator, and nowhere else",
    );
    make(&with(WITHOUT), &mut Hearing::default())
}

/// Runs cargo and hears whether two allocators want to be the global one.
#[derive(Default)]
pub(super) struct Hearing {
    conflicts: bool,
}

impl Compile for Hearing {
    fn compile(&mut self, call: &Call, message: &mut dyn FnMut(&Value)) -> Result<(), Error> {
        let mut call = call.clone();
        let format = match std::io::stderr().is_terminal() {
            true => "--message-format=json-diagnostic-rendered-ansi",
            false => "--message-format=json",
        };
        for argument in &mut call.arguments {
            if argument.starts_with("--message-format=") {
                *argument = format.to_owned();
            }
        }
        // An error that is mended by the second build is not shown.
        let mut errors = vec![];
        let result = cargo::compile(&call, |value| {
            if value["reason"] == "compiler-message" {
                let text = value["message"]["rendered"].as_str().unwrap_or_default();
                self.conflicts |= is_conflict(&value["message"]);
                match value["message"]["level"] == "error" {
                    true => errors.push(text.to_owned()),
                    false => eprint!("{text}"),
                }
            }
            message(value);
        });
        if !self.conflicts {
            errors.iter().for_each(|text| eprint!("{text}"));
        }
        result
    }
}

/// Whether rustc says that there are two global allocators.
fn is_conflict(message: &Value) -> bool {
    let text = message["message"].as_str().unwrap_or_default();
    text.contains("#[global_allocator]") && text.contains("conflicts with global allocator")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_conflict_is_told_from_other_errors() {
        let says = |text: &str| is_conflict(&json!({ "message": text }));
        assert!(says(
            "the `#[global_allocator]` in this crate conflicts with global allocator in: recover_runtime"
        ));
        assert!(says(
            "the `#[global_allocator]` in recover_runtime conflicts with global allocator in: app"
        ));
        assert!(!says(
            "cannot find attribute `global_allocator` in this scope"
        ));
    }
}
