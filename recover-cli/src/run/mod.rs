//! Acts: the only module that starts processes and touches files.
//!
//! What to do is decided in `plan`; here stands how. Its parts: `command` readies what is
//! started, `cargo` compiles, `probe` gathers the facts, `fibers` readies the module for calls that suspend and
//! `handler` for old engines, `glue`
//! runs wasm-bindgen, `program` an older one, `bindgen` is its command for other tools, `patch` changes what it wrote (where, `seams`
//! says; what stands there then, `gate`, `entry`, `tasks` and `crossing`; how, `tree`; `promises`
//! says which functions reject), `telemetry` puts in what reports need, `unused` takes out what nothing imports and `leftovers` what nothing names, `minify` makes the host
//! modules small, `bundle` makes them one, without the `parts` that this package does not need, and `names` shortens those of functions, `members` those of members and `imports`
//! those of imports, `own_frames` knows which of them an error's stack leaves out, `awaited` readies it for bundlers, `emit` puts the package in place. `split` keeps
//! debug information apart, by what `follow` has wasm-bindgen say. `symbolicate` and `inspect` read what failed. `new`,
//! `migrate` and `pack` are commands of their own. `test` runs a crate's tests, which
//! `engine` starts engines for; `say` and `progress` are what the user sees of all this.

mod awaited;
mod bindgen;
mod bundle;
mod calls;
mod capture;
mod cargo;
mod check;
mod command;
mod crossing;
mod emit;
mod engine;
mod entry;
mod fibers;
mod follow;
mod gate;
mod glue;
mod handler;
mod imports;
mod inspect;
mod leftovers;
mod members;
mod migrate;
mod minify;
mod names;
mod new;
mod own_frames;
mod pack;
mod parts;
mod patch;
mod probe;
mod program;
mod progress;
mod promises;
mod replay;
mod rustc;
mod say;
mod seam;
mod seams;
mod split;
mod symbolicate;
mod tasks;
mod telemetry;
mod test;
mod tree;
mod unused;
mod watch;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};

use crate::doctor;
use crate::error::{Error, one_line};
use crate::module::{self, Checked, Refused};
use crate::options::{BuildOptions, DoctorOptions, EnvOptions, Format};
use crate::pins::pins;
use crate::plan::{self, Plan};
use crate::replay::ReplayOptions;
use crate::shell;
pub(crate) use bindgen::bindgen;
pub(crate) use check::check;
pub(crate) use inspect::inspect;
pub(crate) use migrate::migrate;
pub(crate) use new::new;
pub(crate) use pack::pack;
use progress::{Progress, during};
pub(crate) use say::{configure, is_json, print_json};
use say::{print, say};
pub(crate) use symbolicate::symbolicate;
pub(crate) use test::test;

/// Builds a crate and writes its package.
pub(crate) fn build(options: &BuildOptions) -> Result<(), Error> {
    let start = Instant::now();
    let facts = during("reading the crate", || probe::facts(options, pins()))?;
    let plan = plan::plan(options, pins(), &facts)?;
    if plan.out_dir.exists() && !plan.out_dir.is_dir() {
        return Err(Error::OutDirIsFile(plan.out_dir));
    }
    for note in &plan.notes {
        say("note", note);
    }
    if options.dry_run {
        let steps = [
            plan.cargo.to_string(),
            plan.bindgen.to_string(),
            format!("write {}", shown(&plan.out_dir)),
        ];
        match is_json() {
            true => print_json(&json!({ "type": "plan", "notes": plan.notes, "steps": steps })),
            false => steps.iter().for_each(|step| print(step)),
        }
        return Ok(());
    }

    let lock = cargo::lock(&plan.staging)?;
    let wasm_file = compile(&plan)?;
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
    let reports = telemetry::place(staging.path(), &plan.bindgen)?;
    unused::remove(staging.path())?;
    // With debug info the modules are read, not shipped.
    minify::minify(staging.path(), !plan.bindgen.keep_debug)?;
    if reports {
        let root = &facts.metadata.workspace_root;
        telemetry::name_sites(staging.path(), &plan.bindgen.stem, root)?;
    }
    if plan.bindgen.awaited {
        awaited::wrap(staging.path(), &plan.bindgen)?;
    }
    let build = split::identify(staging.path())?;
    let mut written = emit::publish(&plan, staging.path(), &build)?;
    if let Some((kept, file)) = kept.zip(plan.debug_file.as_ref()) {
        let size = kept.write(staging.path(), file)?;
        written.debug = Some((shown(file), size));
    }
    drop(making);
    for note in &written.notes {
        say("note", note);
    }
    say("wrote", &shown(&plan.out_dir));
    for (file, size) in &written.files {
        say("wrote", &format!("{size:>9} B  {file}"));
    }
    if let Some((file, size)) = &written.debug {
        say(
            "wrote",
            &format!("{size:>9} B  {file}, which is not shipped"),
        );
    }
    if is_json() {
        print_json(&built(
            options,
            &plan,
            &build,
            &written,
            start.elapsed().as_secs_f64(),
        ));
    }
    Ok(())
}

fn built(
    options: &BuildOptions,
    plan: &Plan,
    build: &str,
    written: &emit::Written,
    seconds: f64,
) -> Value {
    let files = written.files.iter();
    let files = files.map(|(path, bytes)| json!({ "path": path, "bytes": bytes }));
    json!({
        "type": "build",
        "package": plan.package_name,
        "target": plan.bindgen.target.name(),
        "strategy": options.strategy.name(),
        "profile": options.profile(),
        "wasm_bindgen": plan.bindgen.version,
        "build": build,
        "debug_file": plan.debug_file,
        "directory": plan.out_dir,
        "files": files.collect::<Vec<_>>(),
        "notes": plan.notes.iter().chain(&written.notes).collect::<Vec<_>>(),
        "seconds": seconds,
    })
}

/// Builds a crate whenever it changes, until the user ends it.
pub(crate) fn watch(options: &BuildOptions) -> Result<(), Error> {
    let facts = during("reading the crate", || probe::facts(options, pins()))?;
    let plan = plan::plan(options, pins(), &facts)?;
    let package = facts.metadata.select(options.package.as_deref())?;
    let folders = facts.metadata.places(package);
    let root = facts.metadata.workspace_root.clone();
    let ignored = [plan.out_dir, facts.metadata.target_directory.clone()];
    watch::watch(&folders, &root, &ignored, || build(options))
}

/// Prints the variables of a build, for whoever calls cargo otherwise.
pub(crate) fn env(options: &EnvOptions) -> Result<(), Error> {
    let build = options.build();
    let facts = during("reading the crate", || probe::facts(&build, pins()))?;
    let mut notes = vec![];
    let variables = plan::variables(&build, pins(), &facts, options.bindgen, &mut notes)?;
    for note in &notes {
        say("note", note);
    }
    let format = match is_json() {
        true => Format::Json,
        false => options.format,
    };
    print(shell::written(&variables, format).trim_end());
    Ok(())
}

/// Compiles in cargo's name; the answer is the compiler's exit code.
pub(crate) fn rustc(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let status = rustc::wrap(arguments)?;
    // Ended by a signal, it has no code; cargo tells any failure alike.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Makes a captured call again; the answer is the exit code.
pub(crate) fn replay(options: &ReplayOptions) -> Result<u8, Error> {
    replay::replay(options, build)
}

/// Prints the table of tools; the answer is the exit code.
pub(crate) fn doctor(options: &DoctorOptions) -> Result<u8, Error> {
    let health = during("asking the tools", || probe::health(options, pins()));
    let rows = doctor::rows(&health, pins());
    match is_json() {
        true => print_json(&doctor::document(&rows)),
        false => print(doctor::table(&rows).trim_end()),
    }
    Ok(if doctor::healthy(&rows) { 0 } else { 2 })
}

/// A path as the user would write it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&here).unwrap_or(path);
    relative.display().to_string()
}

/// Runs cargo with its own output passed through, and finds the wasm file.
fn compile(plan: &Plan) -> Result<PathBuf, Error> {
    let mut artifact = None;
    cargo::compile(&plan.cargo, |message| {
        artifact = wasm_of(message, plan).or(artifact.take());
    })?;
    artifact.ok_or_else(|| Error::NoArtifact(plan.package_name.clone()))
}

fn wasm_of(message: &Value, plan: &Plan) -> Option<PathBuf> {
    let ours = message["reason"] == "compiler-artifact"
        && message["package_id"] == *plan.package_id
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
