//! Ships the runtime's host modules small: without what the package does not import of
//! them, without comments, with short names, and with a source map back to what was written.
//!
//! Only the runtime's own modules are touched. The glue stays as it is, and so do modules of
//! other crates: what they rely on is not known here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, BindingPattern, Declaration, Expression, ImportDeclarationSpecifier, Program,
    Statement, VariableDeclaration,
};
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_minifier::{Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};

use crate::error::{Error, one_line};

/// What is imported of each module, by its path in the package; `None` is everything.
type Imports = BTreeMap<String, Option<BTreeSet<String>>>;

/// Minifies the runtime's modules in `staging`.
pub(super) fn minify(staging: &Path) -> Result<(), Error> {
    let snippets = staging.join("snippets");
    if !snippets.is_dir() {
        return Ok(());
    }
    let mut imports = Imports::new();
    for path in scripts(staging)? {
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        imported(&text, &mut imports).map_err(|why| Error::Glue(one_line(&why)))?;
    }
    let entries = fs::read_dir(&snippets).map_err(Error::io("list", &snippets))?;
    for entry in entries {
        let entry = entry.map_err(Error::io("list", &snippets))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("recover-runtime-") {
            continue;
        }
        let directory = entry.path().join("js");
        let modules = scripts(&directory)?;
        for path in &modules {
            let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
            let mut others = Imports::new();
            imported(&text, &mut others).map_err(|why| Error::Glue(one_line(&why)))?;
            for (module, names) in others {
                let module = module.trim_start_matches("./");
                note(
                    &mut imports,
                    &format!("./snippets/{name}/js/{module}"),
                    names,
                );
            }
        }
        for path in modules {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let wanted = imports.get(&format!("./snippets/{name}/js/{file}"));
            let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
            let (code, map) = minified(&text, &file, wanted.and_then(Option::as_ref))
                .map_err(|why| Error::Glue(format!("{file}: {}", one_line(&why))))?;
            fs::write(&path, code).map_err(Error::io("write", &path))?;
            let path = directory.join(format!("{file}.map"));
            fs::write(&path, map).map_err(Error::io("write", &path))?;
        }
    }
    Ok(())
}

/// The scripts of a directory.
fn scripts(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = vec![];
    for entry in fs::read_dir(directory).map_err(Error::io("list", directory))? {
        let path = entry.map_err(Error::io("list", directory))?.path();
        if path.extension().is_some_and(|kind| kind == "js") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Notes what a file of glue imports of the modules below `./snippets`.
fn imported(glue: &str, imports: &mut Imports) -> Result<(), String> {
    let allocator = Allocator::default();
    // Glue for Node is no module, and has nothing that only a script may have.
    let program = parsed(&allocator, glue, SourceType::unambiguous())?;
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                let names = import.specifiers.iter().flatten().map(|specifier| {
                    match specifier {
                        ImportDeclarationSpecifier::ImportSpecifier(one) => {
                            Some(one.imported.name().to_string())
                        }
                        // The module as a whole.
                        _ => None,
                    }
                });
                note(imports, &import.source.value, names.collect());
            }
            Statement::ExportFromDeclaration(export) => {
                let names = export.specifiers.iter();
                let names = names.map(|one| Some(one.local.name().to_string()));
                note(imports, &export.source.value, names.collect());
            }
            Statement::ExportAllDeclaration(export) => note(imports, &export.source.value, None),
            Statement::VariableDeclaration(variables) => required(variables, imports),
            _ => {}
        }
    }
    Ok(())
}

/// Notes what `const { a, b: c } = require(…)` takes.
fn required(variables: &VariableDeclaration<'_>, imports: &mut Imports) {
    for variable in &variables.declarations {
        let Some(Expression::CallExpression(call)) = &variable.init else {
            continue;
        };
        let module = match call.arguments.first() {
            _ if !call.callee.is_specific_id("require") => continue,
            Some(Argument::StringLiteral(module)) => module.value.to_string(),
            Some(Argument::TaggedTemplateExpression(module)) => {
                let texts = module.quasi.quasis.iter();
                texts.map(|text| text.value.raw.as_str()).collect()
            }
            _ => continue,
        };
        let names = match &variable.id {
            BindingPattern::ObjectPattern(pattern) if pattern.rest.is_none() => {
                let keys = pattern.properties.iter();
                keys.map(|one| one.key.static_name().map(|name| name.to_string()))
                    .collect()
            }
            _ => None,
        };
        note(imports, &module, names);
    }
}

fn note(imports: &mut Imports, module: &str, names: Option<BTreeSet<String>>) {
    let known = imports
        .entry(module.to_owned())
        .or_insert_with(|| Some(BTreeSet::new()));
    match (known.as_mut(), names) {
        (Some(known), Some(names)) => known.extend(names),
        _ => *known = None,
    }
}

/// A module without the exports that nobody wants, minified, and its source map.
fn minified(
    text: &str,
    file: &str,
    wanted: Option<&BTreeSet<String>>,
) -> Result<(String, String), String> {
    let trimmed = match wanted {
        Some(wanted) => without_exports(text, wanted)?,
        None => text.to_owned(),
    };
    let allocator = Allocator::default();
    let mut program = parsed(&allocator, &trimmed, SourceType::mjs())?;
    let done = Minifier::new(MinifierOptions::default()).minify(&allocator, &mut program);
    let printed = Codegen::new()
        .with_options(CodegenOptions {
            source_map_path: Some(PathBuf::from(file)),
            ..CodegenOptions::minify()
        })
        .with_scoping(done.scoping)
        .build(&program);
    let mut map = printed.map.ok_or("no source map was made")?;
    // What the module says when nothing is taken out of it, at the same places.
    map.set_source_contents(vec![Some(text)]);
    let code = format!("{}\n//# sourceMappingURL={file}.map\n", printed.code);
    Ok((code, map.to_json_string()))
}

/// The module with blanks in the place of `export` where nobody wants the name, so that what
/// it exported goes if nothing else needs it. Every place stays the same.
fn without_exports(text: &str, wanted: &BTreeSet<String>) -> Result<String, String> {
    let allocator = Allocator::default();
    let program = parsed(&allocator, text, SourceType::mjs())?;
    let mut blank: Vec<Span> = vec![];
    for statement in &program.body {
        match statement {
            Statement::ExportDeclaration(export) => {
                let names = declared(&export.declaration);
                if names.iter().all(|name| !wanted.contains(name)) {
                    let begin = export.span.start;
                    blank.push(Span::new(begin, export.declaration.span().start));
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    if !wanted.contains(one.exported.name().as_str()) {
                        let rest = &text[one.span.end as usize..];
                        let comma = rest.len() - rest.trim_start().len();
                        let comma = if rest[comma..].starts_with(',') {
                            comma + 1
                        } else {
                            0
                        };
                        blank.push(Span::new(one.span.start, one.span.end + comma as u32));
                    }
                }
            }
            _ => {}
        }
    }
    let mut bytes = text.as_bytes().to_vec();
    for span in blank {
        for byte in &mut bytes[span.start as usize..span.end as usize] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The names that a declaration binds.
fn declared(declaration: &Declaration<'_>) -> Vec<String> {
    let id = match declaration {
        Declaration::FunctionDeclaration(function) => function.id.as_ref(),
        Declaration::ClassDeclaration(class) => class.id.as_ref(),
        Declaration::VariableDeclaration(variables) => {
            let bound = variables.declarations.iter();
            let bound = bound.flat_map(|one| one.id.get_binding_identifiers());
            return bound.map(|id| id.name.to_string()).collect();
        }
        _ => None,
    };
    id.iter().map(|id| id.name.to_string()).collect()
}

fn parsed<'a>(
    allocator: &'a Allocator,
    text: &'a str,
    kind: SourceType,
) -> Result<Program<'a>, String> {
    let parsed = Parser::new(allocator, text, kind).parse();
    match parsed.diagnostics.first() {
        None => Ok(parsed.program),
        Some(error) => Err(format!("it does not parse: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = "\
// Why it is there.
export function used(first) { return helper(first) + 1; }
/** Nobody asks. */
export function unused() { return 'never'; }
export const also = () => 'spare';
const helper = (value) => value * 2, Hidden = class { gone() {} };
class Kept { stays() {} }
export { Hidden as HiddenClass, Kept as KeptClass };
";

    fn names(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn unused_exports_are_removed_with_what_only_they_need() {
        let wanted = names(&["used", "KeptClass"]);
        let (code, map) = minified(MODULE, "m.js", Some(&wanted)).unwrap();
        for kept in ["function used", "as KeptClass", "stays"] {
            assert!(code.contains(kept), "{kept}: {code}");
        }
        for gone in ["never", "spare", "gone", "Why", "helper"] {
            assert!(!code.contains(gone), "{gone}: {code}");
        }
        assert!(
            code.ends_with("\n//# sourceMappingURL=m.js.map\n"),
            "{code}"
        );
        assert!(
            map.contains("Nobody asks"),
            "the map has what was written: {map}"
        );
        let (code, _) = minified(MODULE, "m.js", None).unwrap();
        assert!(code.contains("never") && code.contains("gone"), "{code}");
    }

    #[test]
    fn blanked_code_keeps_every_position() {
        let text = without_exports(MODULE, &names(&["KeptClass"])).unwrap();
        assert_eq!(text.len(), MODULE.len());
        assert_eq!(
            text.find("Kept as KeptClass"),
            MODULE.find("Kept as KeptClass")
        );
        assert_eq!(text.find("function used"), MODULE.find("function used"));
        assert!(
            !text.contains("export f") && !text.contains("HiddenClass"),
            "{text}"
        );
    }

    #[test]
    fn imports_are_read_from_every_kind_of_glue() {
        let mut imports = Imports::new();
        for glue in [
            "import { a, b as c } from './snippets/r/js/m.js';\nexport { d as e } from './snippets/r/js/m.js';",
            "const { f, g: h } = require(String.raw`./snippets/r/js/m.js`);\nconst { i } = require('./snippets/r/js/m.js');",
            "import * as all from './snippets/r/js/n.js';",
        ] {
            imported(glue, &mut imports).unwrap();
        }
        let of = |module: &str| {
            imports
                .get(&format!("./snippets/r/js/{module}.js"))
                .cloned()
        };
        assert_eq!(of("m"), Some(Some(names(&["a", "b", "d", "f", "g", "i"]))));
        assert_eq!(of("n"), Some(None));
        assert_eq!(of("o"), None);
    }

    #[test]
    fn a_module_that_does_not_parse_is_reported() {
        let why = minified("export const = 1;", "m.js", None).unwrap_err();
        assert!(why.starts_with("it does not parse"), "{why}");
    }
}
