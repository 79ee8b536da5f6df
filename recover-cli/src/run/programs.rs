//! A crate's programs of tests: compiles them, and makes a package of one. Which of what is in them is run,
//! `test` and `torture` know.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::package::Compile;
use super::{fibers, glue, handler, patch, program};
use crate::error::{Error, one_line};
use crate::module::{self, Refused};
use crate::plan::{Bindgen, TestPlan};
use crate::test_list;

/// A compiled program of tests.
pub(super) struct Program {
    /// What it is to the user.
    pub(super) label: String,
    /// The name of its files.
    pub(super) stem: String,
    /// The file.
    pub(super) wasm: PathBuf,
}

/// Compiles the programs: the library first, as cargo runs them.
pub(super) fn compile(plan: &TestPlan, compile: &mut impl Compile) -> Result<Vec<Program>, Error> {
    let mut programs = vec![];
    compile.compile(&plan.cargo, &mut |message| {
        programs.extend(program_of(message, plan))
    })?;
    programs.sort_by_key(|program| (!program.label.starts_with("lib "), program.label.clone()));
    Ok(programs)
}

fn program_of(message: &Value, plan: &TestPlan) -> Option<Program> {
    let ours = message["reason"] == "compiler-artifact"
        && message["package_id"] == *plan.package_id
        && message["profile"]["test"] == true;
    let wasm = message["executable"].as_str().filter(|_| ours)?;
    let target = &message["target"];
    let name = target["name"].as_str()?;
    let kind = match target["kind"][0].as_str()? {
        kind @ ("bin" | "test" | "example" | "bench") => kind,
        _ => "lib",
    };
    Some(Program {
        label: format!("{kind} {name}"),
        stem: name.replace(['-', '.'], "_"),
        wasm: wasm.into(),
    })
}

/// A file that is no module.
pub(super) fn invalid(program: &Program, reason: &str) -> Error {
    Error::InvalidModule {
        path: program.wasm.clone(),
        reason: one_line(reason),
    }
}

/// Makes the package of a program.
pub(super) fn generate(
    bindgen: &Bindgen,
    program: &Program,
    wasm: &[u8],
    guarded: bool,
    directory: &Path,
) -> Result<(), Error> {
    let checked = module::check_and_strip(wasm).map_err(|refused| match refused {
        Refused::Other(error) => error,
        Refused::Invalid(reason) => invalid(program, &reason),
    })?;
    let wasm = test_list::without_main(&checked.wasm)
        .map_err(|error| invalid(program, &error.to_string()))?;
    let wasm = fibers::ready(&wasm)?;
    let wasm = match bindgen.old_handler {
        true => handler::with_old_instructions(&wasm)?,
        false => wasm,
    };
    match bindgen.built_in {
        true => glue::generate(bindgen, wasm, directory)?,
        false => program::generate(bindgen, &wasm, directory)?,
    }
    match guarded {
        true => patch::through_host(directory, bindgen, &bindgen.version, checked.promises),
        false => Ok(()),
    }
}
