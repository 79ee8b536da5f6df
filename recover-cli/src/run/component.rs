//! Builds a component: compiles the crate, checks what the linker made, and writes it beside its interface.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::check::stored_is_read;
use super::package::{Plain, compiled};
use super::progress::during;
use super::say::{is_json, print, print_json, say, shown};
use super::{cargo, probe};
use crate::component::{self, Finished, Plan};
use crate::error::Error;
use crate::facts::Facts;
use crate::options::BuildOptions;
use crate::pins::pins;

/// Where a build writes.
pub(super) fn out_dir(options: &BuildOptions, facts: &Facts) -> Result<PathBuf, Error> {
    Ok(component::plan(options, pins(), facts)?.out_dir)
}

/// Builds a crate, and writes its component.
pub(super) fn build(options: &BuildOptions) -> Result<(), Error> {
    let start = Instant::now();
    component::refuse(options)?;
    let facts = during("reading the crate", || probe::facts(options, pins()))?;
    stored_is_read(options, &facts)?;
    let plan = component::plan(options, pins(), &facts)?;
    if plan.out_dir.exists() && !plan.out_dir.is_dir() {
        return Err(Error::OutDirIsFile(plan.out_dir));
    }
    for note in &plan.notes {
        say("note", note);
    }
    if options.dry_run {
        let steps = [
            plan.cargo.to_string(),
            format!("write {}", shown(&plan.out_dir)),
        ];
        match is_json() {
            true => print_json(&json!({ "type": "plan", "notes": plan.notes, "steps": steps })),
            false => steps.iter().for_each(|step| print(step)),
        }
        return Ok(());
    }
    let lock = cargo::lock(&plan.staging)?;
    let file = compiled(&plan.cargo, &plan.package_id, &mut Plain)?
        .ok_or_else(|| Error::NoArtifact(plan.package_name.clone()))?;
    let wasm = fs::read(&file).map_err(Error::io("read", &file))?;
    drop(lock);
    let finished = component::finished(&plan, &wasm)?;
    let files = write(&plan, &finished)?;
    for note in &finished.notes {
        say("note", note);
    }
    say("wrote", &shown(&plan.out_dir));
    for (file, size) in &files {
        say("wrote", &format!("{size:>9} B  {file}"));
    }
    if is_json() {
        let seconds = start.elapsed().as_secs_f64();
        print_json(&document(options, &plan, &finished, &files, seconds));
    }
    Ok(())
}

/// Writes the component and its interface; the answer is the files with their sizes.
fn write(plan: &Plan, finished: &Finished) -> Result<[(String, usize); 2], Error> {
    fs::create_dir_all(&plan.out_dir).map_err(Error::io("create", &plan.out_dir))?;
    let wasm = (format!("{}.wasm", plan.stem), finished.wasm.as_slice());
    let wit = (format!("{}.wit", plan.stem), finished.wit.as_bytes());
    let files = [wasm, wit];
    for (name, bytes) in &files {
        let path = plan.out_dir.join(name);
        fs::write(&path, bytes).map_err(Error::io("write", &path))?;
    }
    Ok(files.map(|(name, bytes)| (name, bytes.len())))
}

fn document(
    options: &BuildOptions,
    plan: &Plan,
    finished: &Finished,
    files: &[(String, usize)],
    seconds: f64,
) -> Value {
    let files = files.iter();
    let files = files.map(|(path, bytes)| json!({ "path": path, "bytes": bytes }));
    json!({
        "type": "build",
        "package": plan.package_name,
        "target": options.target.name(),
        "strategy": options.strategy.name(),
        "profile": options.profile(),
        "wasm_bindgen": null,
        "build": finished.build,
        "debug_file": null,
        "directory": plan.out_dir,
        "files": files.collect::<Vec<_>>(),
        "unguarded": finished.unguarded,
        "notes": plan.notes.iter().chain(&finished.notes).collect::<Vec<_>>(),
        "seconds": seconds,
    })
}
