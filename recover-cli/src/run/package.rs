//! Makes the package of a plan: compiles the crate, generates the glue, changes it, and puts it in place.
//! What the user is told of it, the callers know.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::progress::Progress;
use super::say::{say, shown};
use super::{
    adapters, awaited, cargo, emit, fibers, glue, handler, minify, patch, program, split,
    telemetry, unused, upgrade,
};
use crate::call::Call;
use crate::error::{Error, one_line};
use crate::facts::Facts;
use crate::module::{self, Checked, Refused};
use crate::plan::Plan;

/// What was made.
pub(super) struct Made {
    /// The build's id.
    pub(super) build: String,
    /// The files.
    pub(super) written: emit::Written,
}

/// Runs cargo, and hands on what that reports.
pub(super) trait Compile {
    /// Runs it.
    fn compile(&mut self, call: &Call, message: &mut dyn FnMut(&Value)) -> Result<(), Error>;
}

/// As a build does.
pub(super) struct Plain;

impl Compile for Plain {
    fn compile(&mut self, call: &Call, message: &mut dyn FnMut(&Value)) -> Result<(), Error> {
        cargo::compile(call, message)
    }
}

/// Makes it; `compile` runs cargo.
pub(super) fn make(plan: &Plan, facts: &Facts, compile: &mut impl Compile) -> Result<Made, Error> {
    let lock = cargo::lock(&plan.staging)?;
    let wasm_file = compiled(&plan.cargo, &plan.package_id, compile)?
        .ok_or_else(|| Error::NoArtifact(plan.package_name.clone()))?;
    let wasm = fs::read(&wasm_file).map_err(Error::io("read", &wasm_file))?;
    drop(lock);
    let Checked { wasm, promises } =
        module::check_and_strip(&wasm).map_err(|refused| match refused {
            Refused::Other(error) => error,
            Refused::Invalid(reason) => Error::InvalidModule {
                path: wasm_file,
                reason: one_line(&reason),
            },
        })?;
    say("run", &plan.bindgen.to_string());
    // Installing the program of another version is cargo's to show.
    let built_in = plan.bindgen.built_in;
    let making = built_in.then(|| Progress::new("making the package"));
    let staging = emit::Staging::create(&plan.staging)?;
    let linked = plan.debug_file.is_some().then(|| wasm.clone());
    if linked.as_ref().is_some_and(|wasm| !split::has(wasm)) {
        return Err(Error::NoDebugInfo);
    }
    let wasm = match linked {
        Some(_) => split::bare(&wasm)?,
        None => wasm,
    };
    let wasm = fibers::ready(&wasm)?;
    let wasm = match plan.bindgen.old_handler {
        true => handler::with_old_instructions(&wasm)?,
        false => wasm,
    };
    let given = linked.as_ref().map(|_| wasm.clone());
    match plan.bindgen.built_in {
        true => glue::generate(&plan.bindgen, wasm, staging.path())?,
        false => program::generate(&plan.bindgen, &wasm, staging.path())?,
    }
    let kept = match linked.zip(given) {
        Some((linked, given)) => Some(split::take(staging.path(), linked, given)?),
        None => None,
    };
    patch::through_host(
        staging.path(),
        &plan.bindgen,
        &plan.bindgen.version,
        promises,
    )?;
    let placed = adapters::place(staging.path(), &plan.bindgen)?;
    unused::remove(staging.path())?;
    let modules = upgrade::modules(staging.path())?;
    // With debug info the modules are read, not shipped.
    minify::minify(staging.path(), !plan.bindgen.keep_debug)?;
    if placed.telemetry {
        let root = &facts.metadata.workspace_root;
        telemetry::name_sites(staging.path(), &plan.bindgen.stem, root)?;
    }
    if plan.bindgen.awaited {
        awaited::wrap(staging.path(), &plan.bindgen)?;
    }
    upgrade::stamp(staging.path(), &plan.bindgen, &modules)?;
    let build = split::identify(staging.path())?;
    let mut written = emit::publish(plan, staging.path(), &build)?;
    if let Some((kept, file)) = kept.zip(plan.debug_file.as_ref()) {
        let size = kept.write(staging.path(), file)?;
        written.debug = Some((shown(file), size));
    }
    drop(making);
    Ok(Made { build, written })
}

/// Runs cargo with its own output passed through, and finds the wasm file of a package.
pub(super) fn compiled(
    cargo: &Call,
    package_id: &str,
    compile: &mut impl Compile,
) -> Result<Option<PathBuf>, Error> {
    let mut artifact = None;
    compile.compile(cargo, &mut |message| {
        artifact = wasm_of(message, package_id).or(artifact.take());
    })?;
    Ok(artifact)
}

fn wasm_of(message: &Value, package_id: &str) -> Option<PathBuf> {
    let ours = message["reason"] == "compiler-artifact"
        && message["package_id"] == *package_id
        && message["target"]["kind"]
            .as_array()?
            .contains(&"cdylib".into());
    if !ours {
        return None;
    }
    let files = message["filenames"].as_array()?;
    let mut paths = files.iter().filter_map(Value::as_str).map(PathBuf::from);
    paths.find(|path| {
        path.extension()
            .is_some_and(|extension| extension == "wasm")
    })
}
