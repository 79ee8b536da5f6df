//! Acts: the only module that starts processes and touches files.
//!
//! What to do is decided in `plan`; here stands how. Its parts: `command` readies what is
//! started, `cargo` compiles, `probe` gathers the facts, `fibers` readies the module for calls that suspend and
//! `handler` for old engines, `glue`
//! runs wasm-bindgen, `program` an older one, `bindgen` is its command for other tools, `patch` changes what it wrote (where, `seams`
//! says; what stands there then, `gate`, `entry`, `tasks` and `crossing`; how, `tree`; `promises`
//! says which functions reject), `adapters` moves what only programs load, `telemetry` puts in what reports need, `unused` takes out what nothing imports and `leftovers` what nothing names, `minify` makes the host
//! modules small, `bundle` makes them one, without the `parts` that this package does not need, and `names` shortens those of functions, `members` those of members and `imports`
//! those of imports, `own_frames` knows which of them an error's stack leaves out, `awaited` readies it for bundlers, `upgrade` lets other code take its place, `emit` puts the package in place. `split` keeps
//! debug information apart, by what `follow` has wasm-bindgen say. `component` makes a component, which has nothing of all that. `symbolicate` and `inspect` read what failed. `new`,
//! `migrate` and `pack` are commands of their own. `package` makes the package of a plan, and `programs` those of a crate's tests.
//! `test` runs tests, by `engine`; `torturing` runs scenarios, which `scenarios` finds, in what `instrumented` builds, and whose points
//! the glue shows by `torture`. `driver` starts an engine for both, with the `scripts` that are compiled in; `say` and `progress` are what the user sees of all this.

mod adapters;
mod awaited;
mod bindgen;
mod bundle;
mod calls;
mod capture;
mod cargo;
mod check;
mod command;
mod component;
mod crossing;
mod driver;
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
mod instrumented;
mod leftovers;
mod members;
mod migrate;
mod minify;
mod names;
mod new;
mod own_frames;
mod pack;
mod package;
mod parts;
mod patch;
mod probe;
mod program;
mod programs;
mod progress;
mod promises;
mod replay;
mod rustc;
mod say;
mod scenarios;
mod scripts;
mod seam;
mod seams;
mod split;
mod symbolicate;
mod tasks;
mod telemetry;
mod test;
mod torture;
mod torturing;
mod tree;
mod unused;
mod upgrade;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};

use crate::doctor;
use crate::error::Error;
use crate::options::{BuildOptions, DoctorOptions, EnvOptions, Format, Product};
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
use package::Plain;
use progress::during;
pub(crate) use say::{configure, is_json, print_json};
use say::{print, say, shown};
pub(crate) use symbolicate::symbolicate;
pub(crate) use test::test;
pub(crate) use torturing::torture;

/// Builds a crate and writes its package.
pub(crate) fn build(options: &BuildOptions) -> Result<(), Error> {
    let Product::Package(target) = options.target else {
        return component::build(options);
    };
    let start = Instant::now();
    let facts = during("reading the crate", || probe::facts(options, pins()))?;
    check::stored_is_read(options, &facts)?;
    let plan = plan::plan(options, target, pins(), &facts)?;
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

    let made = package::make(&plan, &facts, &mut Plain)?;
    let (build, written) = (made.build, made.written);
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
    let out_dir = match options.target {
        Product::Package(target) => plan::plan(options, target, pins(), &facts)?.out_dir,
        Product::Component => component::out_dir(options, &facts)?,
    };
    let package = facts.metadata.select(options.package.as_deref())?;
    let folders = facts.metadata.places(package);
    let root = facts.metadata.workspace_root.clone();
    let ignored = [out_dir, facts.metadata.target_directory.clone()];
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
