//! Components: what a build of one is, from what was asked and what is there, and what is asked of its bytes.
//!
//! Pure. `interface` reads what a component exports, `stamp` gives it its build id. Compiling and writing
//! belong in `run/component.rs`.

mod interface;
mod stamp;

use std::path::{Path, PathBuf};

use crate::call::Call;
use crate::compile::{
    cargo_call, debug_info, environment, link_arguments, profile_overrides, strips_symbols,
};
use crate::component_error::ComponentError;
use crate::debug_info::DebugInfo;
use crate::error::Error;
use crate::facts::Facts;
use crate::metadata::{COMPONENT_FEATURE, Metadata, Package};
use crate::options::{BuildOptions, Eh};
use crate::pins::Pins;
use crate::rustflags::Caller;

/// The steps of a build, in order.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What the user should know about choices made for them.
    pub(crate) notes: Vec<String>,
    /// Compiling, which makes the component, too: the linker of the target does.
    pub(crate) cargo: Call,
    /// The package whose component is wanted, by cargo's id.
    pub(crate) package_id: String,
    /// The package's name.
    pub(crate) package_name: String,
    /// The name of the files.
    pub(crate) stem: String,
    /// Where cargo's lock on the result is held.
    pub(crate) staging: PathBuf,
    /// Where the files go.
    pub(crate) out_dir: PathBuf,
    /// Does the crate guard its exports?
    pub(crate) guards: bool,
}

/// Plans a build of a component.
pub(crate) fn plan(options: &BuildOptions, pins: &Pins, facts: &Facts) -> Result<Plan, Error> {
    refuse(options)?;
    let package = facts.metadata.select(options.package.as_deref())?;
    let library = package
        .cdylib()
        .ok_or_else(|| Error::NoCdylib(package.name.clone()))?;
    let guards = guards(&facts.metadata, package)?;
    let mut notes = vec![];
    let overrides = profile_overrides(options, facts, &mut notes)?;
    let mut linked = link_arguments(options);
    linked.extend(strip(options, facts)?.map(str::to_owned));
    let environment = environment(options, facts, Caller::Host, &[])?;
    let crate_directory = package.manifest_path.parent().unwrap_or(Path::new("."));
    let out_dir = match &options.out_dir {
        Some(directory) => facts.user_directory.join(directory),
        None => crate_directory.join("pkg"),
    };
    Ok(Plan {
        notes,
        cargo: cargo_call(
            options,
            pins,
            facts,
            package,
            &overrides,
            environment,
            linked,
        ),
        package_id: package.id.clone(),
        package_name: package.name.clone(),
        stem: options.out_name.clone().unwrap_or(library),
        staging: facts.metadata.target_directory.join("recover"),
        out_dir,
        guards,
    })
}

/// What the linker made, checked and with its id.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The component.
    pub(crate) wasm: Vec<u8>,
    /// Its interface.
    pub(crate) wit: String,
    /// Its id.
    pub(crate) build: String,
    /// The exported functions that can't return a failure, where the crate guards its exports.
    pub(crate) unguarded: Vec<String>,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// Checks what the linker made, and gives it its id.
pub(crate) fn finished(plan: &Plan, wasm: &[u8]) -> Result<Finished, Error> {
    let found = interface::read(wasm)?;
    if found.guarded + found.unguarded.len() == 0 {
        return Err(ComponentError::NoExports(plan.package_name.clone()).into());
    }
    if plan.guards && found.guarded == 0 {
        return Err(ComponentError::Unguarded(plan.package_name.clone()).into());
    }
    let stamped = stamp::stamped(wasm)?;
    let mut notes = vec![];
    let unguarded = match plan.guards {
        true => found.unguarded,
        false => vec![],
    };
    if !unguarded.is_empty() {
        notes.push(format!(
            "a failure in one of these is a trap, because its result in WIT is no `result<_, failure>`: {}",
            unguarded.join(", ")
        ));
    }
    if plan.guards && !stamped.known {
        notes.push(
            "the component does not know its build id, so failures don't tell it; run `cargo update -p recover-runtime`"
                .to_owned(),
        );
    }
    Ok(Finished {
        wasm: stamped.wasm,
        wit: found.wit,
        build: stamped.build,
        unguarded,
        notes,
    })
}

/// Refuses the options that are of packages for JavaScript.
pub(crate) fn refuse(options: &BuildOptions) -> Result<(), Error> {
    let refused = [
        (
            options.eh == Eh::Legacy,
            "--eh legacy",
            "leave it out: hosts of components run exnref",
        ),
        (
            options.no_typescript,
            "--no-typescript",
            "leave it out: a component has its interface in WIT",
        ),
        (
            options.split_linked_modules,
            "--split-linked-modules",
            "leave it out: a component is one file",
        ),
        (
            options.debug_info == Some(DebugInfo::Split),
            "--debug-info=split",
            "write `--debug-info=full`, or leave it out",
        ),
    ];
    match refused.into_iter().find(|(given, _, _)| *given) {
        Some((_, option, fix)) => Err(ComponentError::Option { option, fix }.into()),
        None => Ok(()),
    }
}

/// Whether the crate guards its exports; refuses one that makes no component.
fn guards(metadata: &Metadata, package: &Package) -> Result<bool, Error> {
    if metadata.dependency(package, "wit-bindgen").is_none() {
        return Err(ComponentError::NoWitBindgen(package.name.clone()).into());
    }
    let Some(runtime) = metadata.active(package, "recover-runtime") else {
        return Ok(false);
    };
    match runtime.iter().any(|feature| feature == COMPONENT_FEATURE) {
        true => Ok(true),
        false => Err(ComponentError::NoFeature(package.name.clone()).into()),
    }
}

/// What is stripped: debug information, unless it is asked for. Names stay, because traces are of them.
fn strip(options: &BuildOptions, facts: &Facts) -> Result<Option<&'static str>, Error> {
    Ok(if options.no_names {
        Some("-Cstrip=symbols")
    } else if strips_symbols(options, facts)? || debug_info(options) == DebugInfo::Full {
        None
    } else {
        Some("-Cstrip=debuginfo")
    })
}

#[cfg(test)]
#[path = "../tests/component.rs"]
mod tests;
