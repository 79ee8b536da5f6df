//! Changes the files that wasm-bindgen wrote where `seams` says, so that the instance is
//! entered and allocated by the host module.
//!
//! This file knows which files there are, and reads the module. What is changed in the files is
//! not decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wasmparser::{BinaryReaderError, ExternalKind, Parser, Payload, TypeRef, ValType};

use super::own_frames::{self, Names};
use super::promises;
use super::seam::{Argument, File, Known};
use super::seams;
use crate::error::Error;
use crate::options::Target;
use crate::plan::Bindgen;
use crate::sections::edited;

/// Pages of a memory that says nothing: all that 32 bits can address.
const ALL_PAGES: u64 = 1 << 16;

/// Whether wasm-bindgen has written calls that suspend.
fn suspends(glue: &str) -> bool {
    let code = ["new WebAssembly.Suspending(", "WebAssembly.promising("];
    code.iter().any(|code| glue.contains(code))
}

/// Changes the files in `staging`, which that version of wasm-bindgen wrote; those of a
/// crate without recover-runtime are left alone. What gives a promise is also in the
/// declarations.
pub(super) fn through_host(
    staging: &Path,
    bindgen: &Bindgen,
    version: &str,
    mut promises: BTreeSet<String>,
) -> Result<(), Error> {
    let (stem, target) = (&bindgen.stem, bindgen.target);
    let declarations = staging.join(format!("{stem}.d.ts"));
    let path = staging.join(format!("{stem}_bg.wasm"));
    if let Some(snippets) = host(staging)? {
        is_for(target, &staging.join(&snippets))?;
        let unread = |error: BinaryReaderError| Error::Glue(error.to_string());
        let wasm = fs::read(&path).map_err(Error::io("read", &path))?;
        let module = module(&wasm, stem).map_err(unread)?;
        let own = own_frames::own(&wasm).map_err(unread)?;
        if !module.exports.contains("__recover_malloc") {
            return Err(Error::OldRuntime);
        }
        let unfit = |seam, reason| Error::Seam {
            seam,
            version: version.to_owned(),
            reason,
        };
        let text = fs::read_to_string(&declarations).map_err(Error::io("read", &declarations))?;
        let declared = promises::declared(&text).map_err(|reason| {
            unfit(
                "promises",
                format!("the declarations are not understood: {reason}"),
            )
        })?;
        promises.extend(declared);
        let known = Known {
            version,
            target,
            host: format!("{snippets}/host.js"),
            instance: format!("{snippets}/instance.js"),
            maximum: module.maximum,
            exnref: bindgen.exnref,
            torn_by_exceptions: bindgen.old_handler,
            own_frames: own.facts(match bindgen {
                Bindgen {
                    remove_names: true, ..
                } => Names::None,
                Bindgen {
                    keep_debug: true, ..
                } => Names::All,
                _ => Names::OfTheUsers,
            }),
            exports: module.exports,
            arguments: module.arguments,
            imports: module.imports,
            modules: module.modules,
            promises,
        };
        let change = |path: &Path, file: File| {
            let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
            if suspends(&text) {
                return Err(Error::SuspendsByItself);
            }
            let text = seams::change(&text, file, &known)
                .map_err(|error| unfit(error.seam, error.reason))?;
            fs::write(path, text).map_err(Error::io("write", path))
        };
        let start = staging.join(format!("{stem}.js"));
        match target {
            Target::Bundler => {
                change(&staging.join(format!("{stem}_bg.js")), File::Glue)?;
                change(&start, File::Start)?;
            }
            _ => change(&start, File::Glue)?,
        }
        change(&declarations, File::Declarations)?;
    }
    if bindgen.remove_names {
        remove_names(&path)?;
    }
    match bindgen.typescript {
        true => Ok(()),
        false => without_declarations(staging, stem),
    }
}

/// Takes the names of functions out of a module. wasm-bindgen could, but which frames are whose is
/// known by them.
fn remove_names(path: &Path) -> Result<(), Error> {
    let wasm = fs::read(path).map_err(Error::io("read", path))?;
    let unread = |error: BinaryReaderError| Error::Glue(error.to_string());
    let kept = edited(&wasm, unread, |payload| match payload {
        Payload::CustomSection(section) if section.name() == "name" => Ok(Some(vec![])),
        _ => Ok(None),
    })?;
    fs::write(path, kept).map_err(Error::io("write", path))
}

/// Takes out the declarations, which were made for `promises`, and what names them.
fn without_declarations(staging: &Path, stem: &str) -> Result<(), Error> {
    for name in [format!("{stem}.d.ts"), format!("{stem}_bg.wasm.d.ts")] {
        let path = staging.join(name);
        if path.is_file() {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    let path = staging.join(format!("{stem}.js"));
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let directive = format!("/* @ts-self-types=\"./{stem}.d.ts\" */\n");
    match text.strip_prefix(&directive) {
        Some(rest) => fs::write(&path, rest).map_err(Error::io("write", &path)),
        None => Ok(()),
    }
}

/// Where the glue imports the host's modules from, if it does.
fn host(staging: &Path) -> Result<Option<String>, Error> {
    let snippets = staging.join("snippets");
    if !snippets.is_dir() {
        return Ok(None);
    }
    for entry in fs::read_dir(&snippets).map_err(Error::io("list", &snippets))? {
        let name = entry.map_err(Error::io("list", &snippets))?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("recover-runtime-")
            && snippets.join(&*name).join("js/host.js").is_file()
        {
            return Ok(Some(format!("./snippets/{name}/js")));
        }
    }
    Ok(None)
}

/// Whether a package with these host modules can be for the target.
fn is_for(target: Target, modules: &Path) -> Result<(), Error> {
    match target == Target::Bundler && modules.join("torture.js").is_file() {
        true => Err(Error::TortureBundled),
        false => Ok(()),
    }
}

/// What the module has to say.
#[derive(Debug)]
struct Module {
    /// The functions that it exports.
    exports: BTreeSet<String>,
    /// What those take.
    arguments: BTreeMap<String, Vec<Argument>>,
    /// The functions that it imports of the glue.
    imports: BTreeSet<String>,
    /// The other modules that it imports functions of, and how many of each.
    modules: BTreeMap<String, usize>,
    /// Bytes that its memory may have.
    maximum: u64,
}

fn argument(ty: &ValType) -> Argument {
    match ty {
        ValType::I32 | ValType::F32 | ValType::F64 => Argument::Number,
        ValType::I64 => Argument::BigInt,
        ValType::V128 | ValType::Ref(_) => Argument::Value,
    }
}

fn module(wasm: &[u8], stem: &str) -> Result<Module, BinaryReaderError> {
    let mut module = Module {
        exports: BTreeSet::new(),
        arguments: BTreeMap::new(),
        imports: BTreeSet::new(),
        modules: BTreeMap::new(),
        maximum: ALL_PAGES << 16,
    };
    let glue = format!("./{stem}_bg.js");
    // What functions of a type take, and the types of functions, those that are imported first.
    let (mut types, mut functions) = (vec![], vec![]);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty?.params().iter().map(argument).collect::<Vec<_>>());
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    functions.push(ty?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    module.maximum = memory?.maximum.unwrap_or(ALL_PAGES) << 16;
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                        functions.push(ty);
                        if import.module == glue {
                            module.imports.insert(import.name.to_owned());
                        } else {
                            *module.modules.entry(import.module.to_owned()).or_default() += 1;
                        }
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        let ty = functions.get(export.index as usize);
                        let takes = ty.and_then(|&ty| types.get(ty as usize));
                        if let Some(takes) = takes {
                            let name = export.name.to_owned();
                            module.arguments.insert(name, takes.clone());
                        }
                        module.exports.insert(export.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_read() {
        // A memory of 1 to 2 pages, one of 1 page without a maximum; an export of it, and
        // one of a function.
        let header = b"\0asm\x01\0\0\0";
        let bounded = [&header[..], &[5, 4, 1, 1, 1, 2]].concat();
        assert_eq!(module(&bounded, "app").unwrap().maximum, 131_072);
        let exports = [7, 9, 2, 1, b'm', 2, 0, 1, b'f', 0, 0];
        let open = [&header[..], &[5, 3, 1, 0, 1], &exports].concat();
        let found = module(&open, "app").unwrap();
        assert_eq!(found.maximum, 1 << 32);
        assert_eq!(Vec::from_iter(found.exports), ["f"]);
        // Two functions of one other module.
        let types = [1, 4, 1, 0x60, 0, 0];
        let functions = [1, b'm', 1, b'f', 0, 0, 1, b'm', 1, b'g', 0, 0];
        let imports = [&header[..], &types, &[2, 13, 2], &functions].concat();
        let found = module(&imports, "app").unwrap();
        assert_eq!(Vec::from_iter(found.modules), [("m".to_owned(), 2)]);
    }

    #[test]
    fn a_package_that_has_failures_injected_is_for_no_bundler() {
        let modules = std::env::temp_dir().join(format!("recover-bundled-{}", std::process::id()));
        fs::create_dir_all(&modules).unwrap();
        assert!(is_for(Target::Bundler, &modules).is_ok());
        fs::write(modules.join("torture.js"), "").unwrap();
        let error = is_for(Target::Bundler, &modules).unwrap_err();
        assert!(is_for(Target::Web, &modules).is_ok());
        fs::remove_dir_all(&modules).unwrap();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(
            text.contains("--target web") && text.lines().count() == 1,
            "{text}"
        );
    }

    #[test]
    fn a_seam_that_does_not_fit_is_one_line_with_the_fix() {
        let error = Error::Seam {
            seam: "stale",
            version: "0.2.999".to_owned(),
            reason: "found 1, expected 2".to_owned(),
        };
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert_eq!(text.lines().count(), 1);
        for part in [
            "`stale`",
            "0.2.999",
            "cargo install recover-cli",
            "cargo add wasm-bindgen@=VERSION",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(Error::OldRuntime.exit_code(), 2);
    }
}
