//! wasm-bindgen's command, as other tools call it (worker-build, by `WASM_BINDGEN_BIN`): the module is
//! theirs, the glue is that of a package by `cargo recover build`.

use std::fs;
use std::path::Path;

use wasmparser::{Parser, Payload, TypeRef};

use super::{adapters, emit, fibers, glue, minify, patch, split, telemetry, unused};
use crate::error::{Error, one_line};
use crate::module::{self, Checked, Refused};
use crate::options::BindgenOptions;
use crate::pins::pins;
use crate::plan::Bindgen;

/// Writes the glue of a compiled module.
pub(crate) fn bindgen(options: &BindgenOptions) -> Result<(), Error> {
    let wasm = fs::read(&options.input).map_err(Error::io("read", &options.input))?;
    let Checked { wasm, promises } =
        module::check_and_strip(&wasm).map_err(|refused| match refused {
            Refused::Other(error) => error,
            Refused::Invalid(reason) => Error::InvalidModule {
                path: options.input.clone(),
                reason: one_line(&reason),
            },
        })?;
    let name = options.input.file_stem().unwrap_or_default();
    let call = Bindgen {
        version: pins().wasm_bindgen.clone(),
        built_in: true,
        stem: match &options.out_name {
            Some(name) => name.clone(),
            None => name.to_string_lossy().into_owned(),
        },
        target: options.target,
        typescript: !options.no_typescript,
        split_linked: options.split_linked_modules,
        keep_debug: options.keep_debug,
        follow: false,
        remove_names: options.remove_name_section,
        abort_handler: !unwinds(&wasm),
        old_handler: false,
        // Only the error of an engine that is too old would be better.
        exnref: false,
        reset_state: options.target.revives(),
        // The tool that calls knows what a bundler gets.
        awaited: false,
        starts: true,
    };
    fs::create_dir_all(&options.out_dir).map_err(Error::io("create", &options.out_dir))?;
    // Beside what it becomes, where there is room for it.
    let staging = emit::Staging::create(&options.out_dir.join(".recover"))?;
    generate(&call, &wasm, staging.path(), promises)?;
    emit::place(staging.path(), &options.out_dir)?;
    drop(staging);
    // Empty now.
    let _ = fs::remove_dir(options.out_dir.join(".recover"));
    Ok(())
}

fn generate(
    call: &Bindgen,
    wasm: &[u8],
    staging: &Path,
    promises: std::collections::BTreeSet<String>,
) -> Result<(), Error> {
    glue::generate(call, fibers::ready(wasm)?, staging)?;
    patch::through_host(staging, call, &call.version, promises)?;
    let placed = adapters::place(staging, call)?;
    unused::remove(staging)?;
    minify::minify(staging, !call.keep_debug)?;
    if placed.telemetry {
        // The tools that call run where the workspace is.
        telemetry::name_sites(staging, &call.stem, Path::new("."))?;
    }
    split::identify(staging)?;
    Ok(())
}

/// Whether the module has exceptions of its own: then it needs no handler that sees traps.
fn unwinds(wasm: &[u8]) -> bool {
    Parser::new(0).parse_all(wasm).any(|payload| match payload {
        Ok(Payload::TagSection(tags)) => tags.count() > 0,
        Ok(Payload::ImportSection(imports)) => imports
            .into_imports()
            .flatten()
            .any(|import| matches!(import.ty, TypeRef::Tag(_))),
        _ => false,
    })
}
