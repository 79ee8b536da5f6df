//! Acts: the only module that starts processes and touches files.
//!
//! What to do is decided in `plan`; here stands how. Its parts: `command` readies what is
//! started, `probe` gathers the facts, `fibers` readies the module for calls that suspend and
//! `handler` for old engines, `glue`
//! runs wasm-bindgen, `program` an older one, `bindgen` is its command for other tools, `patch` changes what it wrote (where, `seams`
//! says; what stands there then, `gate`, `entry`, `tasks` and `crossing`; how, `tree`; `promises`
//! says which functions reject), `unused` takes out what nothing imports, `minify` makes the host
//! modules small, `bundle` makes them one and `names` shortens those of functions, `imports`
//! those of imports, `emit` puts the package in place.

mod bindgen;
mod bundle;
mod calls;
mod command;
mod crossing;
mod emit;
mod entry;
mod fibers;
mod gate;
mod glue;
mod handler;
mod imports;
mod minify;
mod names;
mod patch;
mod probe;
mod program;
mod promises;
mod rustc;
mod say;
mod seam;
mod seams;
mod tasks;
mod tree;
mod unused;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use serde_json::Value;

use crate::doctor;
use crate::error::{Error, one_line};
use crate::module::{self, Checked, Refused};
use crate::options::{BuildOptions, DoctorOptions, EnvOptions};
use crate::pins::pins;
use crate::plan::{self, Plan};
use crate::shell;
pub(crate) use bindgen::bindgen;
use command::command;
use say::say;

/// Builds a crate and writes its package.
pub(crate) fn build(options: &BuildOptions) -> Result<(), Error> {
    let facts = probe::facts(options, pins())?;
    let plan = plan::plan(options, pins(), &facts)?;
    if plan.out_dir.exists() && !plan.out_dir.is_dir() {
        return Err(Error::OutDirIsFile(plan.out_dir));
    }
    for note in &plan.notes {
        say("note", note);
    }
    if options.dry_run {
        println!("{}", plan.cargo);
        println!("{}", plan.bindgen);
        println!("write {}", shown(&plan.out_dir));
        return Ok(());
    }

    let lock = lock(&plan.staging)?;
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
    let staging = emit::Staging::create(&plan.staging)?;
    let wasm = fibers::ready(&wasm)?;
    let wasm = match plan.bindgen.old_handler {
        true => handler::with_old_instructions(&wasm)?,
        false => wasm,
    };
    match plan.bindgen.built_in {
        true => glue::generate(&plan.bindgen, wasm, staging.path())?,
        false => program::generate(&plan.bindgen, &wasm, staging.path())?,
    }
    patch::through_host(
        staging.path(),
        &plan.bindgen,
        &plan.bindgen.version,
        promises,
    )?;
    unused::remove(staging.path())?;
    // With debug info the modules are read, not shipped.
    minify::minify(staging.path(), !plan.bindgen.keep_debug)?;
    let written = emit::publish(&plan, staging.path())?;
    for note in &written.notes {
        say("note", note);
    }
    say("wrote", &shown(&plan.out_dir));
    for (file, size) in &written.files {
        say("wrote", &format!("{size:>9} B  {file}"));
    }
    Ok(())
}

/// Prints the variables of a build, for whoever calls cargo otherwise.
pub(crate) fn env(options: &EnvOptions) -> Result<(), Error> {
    let build = options.build();
    let facts = probe::facts(&build, pins())?;
    let mut notes = vec![];
    let variables = plan::variables(&build, pins(), &facts, options.bindgen, &mut notes)?;
    for note in &notes {
        say("note", note);
    }
    print!("{}", shell::written(&variables, options.format));
    Ok(())
}

/// Compiles in cargo's name; the answer is the compiler's exit code.
pub(crate) fn rustc(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let status = rustc::wrap(arguments)?;
    // Ended by a signal, it has no code; cargo tells any failure alike.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Prints the table of tools; the answer is the exit code.
pub(crate) fn doctor(options: &DoctorOptions) -> Result<u8, Error> {
    let rows = doctor::rows(&probe::health(options, pins()), pins());
    print!("{}", doctor::table(&rows));
    Ok(if doctor::healthy(&rows) { 0 } else { 2 })
}

/// A path as the user would write it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&here).unwrap_or(path);
    relative.display().to_string()
}

/// Waits until no other build of this target directory is between cargo and
/// reading what it made: all strategies give the wasm file the same name, and
/// cargo's own lock ends with cargo.
fn lock(directory: &Path) -> Result<File, Error> {
    fs::create_dir_all(directory).map_err(Error::io("create", directory))?;
    let path = directory.join("lock");
    let file = File::create(&path).map_err(Error::io("create", &path))?;
    if file.try_lock().is_err() {
        say(
            "note",
            "waiting for another build in the same target directory",
        );
        file.lock().map_err(Error::io("lock", &path))?;
    }
    Ok(file)
}

/// Runs cargo with its own output passed through, and finds the wasm file.
fn compile(plan: &Plan) -> Result<PathBuf, Error> {
    say("run", &plan.cargo.to_string());
    let mut child = command(&plan.cargo)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Error::io("start", &plan.cargo.program))?;
    let mut artifact = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            match serde_json::from_str::<Value>(&line) {
                Ok(message) => artifact = wasm_of(&message, plan).or(artifact),
                // Not cargo's: a build script or a wrapper that talks.
                Err(_) => println!("{line}"),
            }
        }
    }
    let status = child.wait().map_err(Error::io("wait for", "cargo"))?;
    if !status.success() {
        let code = status.code().map_or("none".into(), |code| code.to_string());
        return Err(Error::Cargo(code));
    }
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
