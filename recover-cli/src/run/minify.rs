//! Ships the runtime's host modules as one, with a source map back to what was written. Where
//! the glue alone imports them, each copy of the glue gets modules of its own: a package may be
//! loaded from several addresses. Without debug info the one is small: without what the package does
//! not import, without comments, with short names.
//!
//! Only the runtime's own modules are touched, and the places where the glue imports them.
//! Modules of other crates stay as they are: what they rely on is not known here. How modules
//! become one stands in `bundle`. The names in the module and in the glue become short by `names`
//! and `imports`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Argument, BindingPattern, Expression, ImportDeclarationSpecifier, Program, Statement,
    StringLiteral, VariableDeclaration,
};
use oxc_parser::Parser;
use oxc_span::{SourceType, Span};
use wasmparser::Payload;

use super::bundle::{self, Module, Shape};
use super::{imports, leftovers, names};
use crate::error::{Error, one_line};

/// The one file.
const BUNDLE: &str = "recover.js";

/// An import of a module.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    /// Where the glue names the module, with its quotes.
    place: Span,
    /// `./snippets/…`.
    module: String,
    /// `None` is the module as a whole.
    names: Option<BTreeSet<String>>,
    statement: Span,
    /// What takes the same of `HOST`, and in place of what; `None` if that is not known.
    own: Option<(Span, String)>,
    /// A call of `require`.
    required: bool,
}

/// The glue's name for the modules that are its own.
const HOST: &str = "__recover_host";

/// How the names of the runtime's modules begin.
const OURS: &str = "./snippets/recover-runtime-";

/// Makes the runtime's modules in `staging` one; `small` is what is shipped, else it is read.
pub(super) fn minify(staging: &Path, small: bool) -> Result<(), Error> {
    let snippets = staging.join("snippets");
    if !snippets.is_dir() {
        return Ok(());
    }
    let mut glue = vec![];
    for path in files(staging, "js")? {
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        let imports = imported(&text).map_err(|why| Error::Glue(one_line(&why)))?;
        glue.push((path, text, imports));
    }
    let is_ours = |import: &Import| import.module.starts_with(OURS);
    let host = glue.iter().flat_map(|(.., imports)| imports).any(is_ours);
    let mut direct = BTreeMap::new();
    for path in files(staging, "wasm")? {
        let wasm = fs::read(&path).map_err(Error::io("read", &path))?;
        imported_by_wasm(&wasm, &mut direct).map_err(|error| Error::Glue(error.to_string()))?;
        if host && small {
            let texts: Vec<_> = glue.iter().map(|(_, text, _)| text.as_str()).collect();
            let (wasm, texts) = imports::shortened(&names::shortened(&wasm)?, &texts)?;
            for ((_, text, imports), short) in glue.iter_mut().zip(texts) {
                let short = leftovers::removed(&short)?;
                *imports = imported(&short).map_err(|why| Error::Glue(one_line(&why)))?;
                *text = short;
            }
            fs::write(&path, wasm).map_err(Error::io("write", &path))?;
        }
    }
    let mut ours = vec![];
    let entries = fs::read_dir(&snippets).map_err(Error::io("list", &snippets))?;
    for entry in entries {
        let entry = entry.map_err(Error::io("list", &snippets))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("recover-runtime-") {
            ours.push((entry.path().join("js"), format!("./snippets/{name}/js/")));
        }
    }
    // What the wasm module itself imports, by no way of the glue, is in a module that there is once.
    let imports = || glue.iter().flat_map(|(.., imports)| imports);
    let whole = |module: &String| imports().any(|it| it.module == *module && it.names.is_none());
    let own = ours.len() == 1
        && glue
            .iter()
            .filter(|(.., imports)| imports.iter().any(is_ours))
            .count()
            == 1
        && imports()
            .filter(|import| is_ours(import))
            .all(|import| import.own.is_some())
        && direct
            .keys()
            .filter(|module| module.starts_with(OURS))
            .all(whole);
    for (directory, base) in &ours {
        join(directory, base, &glue, &direct, Shape { small, own })?;
    }
    for (path, text, imports) in &mut glue {
        for import in imports.iter().rev() {
            let Some((_, base)) = ours
                .iter()
                .find(|(_, base)| import.module.starts_with(base))
            else {
                continue;
            };
            let (place, with) = match &import.own {
                Some(taken) if own => taken.clone(),
                _ => (import.place, format!("'{base}{BUNDLE}'")),
            };
            text.replace_range(place.start as usize..place.end as usize, &with);
        }
        if let Some(first) = imports.iter().find(|import| own && is_ours(import)) {
            let (_, base) = &ours[0];
            let head = match first.required {
                true => format!("const {HOST} = require('{base}{BUNDLE}').host();\n"),
                false => format!(
                    "import {{ host as {HOST}s }} from '{base}{BUNDLE}';\nconst {HOST} = {HOST}s();\n"
                ),
            };
            text.insert_str(first.statement.start as usize, &head);
        }
        fs::write(&*path, &*text).map_err(Error::io("write", &*path))?;
    }
    Ok(())
}

/// Makes the modules in `directory` one; the glue names them with `base` in front.
fn join(
    directory: &Path,
    base: &str,
    glue: &[(PathBuf, String, Vec<Import>)],
    direct: &BTreeMap<String, BTreeSet<String>>,
    shape: Shape,
) -> Result<(), Error> {
    let mut modules = vec![];
    for path in files(directory, "js")? {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let module = format!("{base}{file}");
        let mut wanted = direct.get(&module).cloned().unwrap_or_default();
        let mut whole = false;
        for import in glue.iter().flat_map(|(.., imports)| imports) {
            if import.module == module {
                // As a whole it is given to the wasm module, which says what it takes.
                whole |= import.names.is_none();
                wanted.extend(import.names.iter().flatten().cloned());
            }
        }
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        // What resolves the imports of the wasm module itself finds them where it looks.
        if let (Some(names), false) = (direct.get(&module), whole) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let text = format!("export {{ {} }} from './{BUNDLE}';\n", names.join(", "));
            fs::write(&path, text).map_err(Error::io("write", &path))?;
        }
        let file = file.into_owned();
        modules.push(Module { file, text, wanted });
    }
    let names: String = glue.iter().map(|(_, text, _)| text.as_str()).collect();
    let (code, map) = bundle::bundled(&modules, BUNDLE, &names, shape)
        .map_err(|why| Error::Glue(format!("the host modules: {}", one_line(&why))))?;
    let path = directory.join(BUNDLE);
    fs::write(&path, code).map_err(Error::io("write", &path))?;
    let path = directory.join(format!("{BUNDLE}.map"));
    fs::write(&path, map).map_err(Error::io("write", &path))?;
    Ok(())
}

/// The files of a directory with that extension.
pub(super) fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>, Error> {
    let mut paths = vec![];
    for entry in fs::read_dir(directory).map_err(Error::io("list", directory))? {
        let path = entry.map_err(Error::io("list", directory))?.path();
        if path.extension().is_some_and(|kind| kind == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Notes what a wasm module imports of modules below `./snippets`, by no way of the glue.
fn imported_by_wasm(
    wasm: &[u8],
    imports: &mut BTreeMap<String, BTreeSet<String>>,
) -> Result<(), wasmparser::BinaryReaderError> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                if import.module.starts_with("./snippets/") {
                    let names = imports.entry(import.module.to_owned()).or_default();
                    names.insert(import.name.to_owned());
                }
            }
        }
    }
    Ok(())
}

/// What a file of glue imports, in the order of the text.
fn imported(glue: &str) -> Result<Vec<Import>, String> {
    let allocator = Allocator::default();
    // Glue for Node is no module, and has nothing that only a script may have.
    let program = parsed(&allocator, glue, SourceType::unambiguous())?;
    let mut imports = vec![];
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                let (mut names, mut taken) = (Some(BTreeSet::new()), vec![]);
                let mut whole = vec![];
                for specifier in import.specifiers.iter().flatten() {
                    let local = specifier.local().name.as_str();
                    match specifier {
                        ImportDeclarationSpecifier::ImportSpecifier(one) => {
                            let name = one.imported.name();
                            taken.push(match name == local {
                                true => local.to_owned(),
                                false => format!("{name}: {local}"),
                            });
                            names.iter_mut().for_each(|names| {
                                names.insert(name.to_string());
                            });
                        }
                        // The module as a whole.
                        _ => {
                            names = None;
                            whole.push(format!("const {local} = {HOST};"));
                        }
                    }
                }
                if !taken.is_empty() {
                    whole.push(format!("const {{ {} }} = {HOST};", taken.join(", ")));
                }
                imports.push(Import {
                    place: import.source.span,
                    module: import.source.value.to_string(),
                    names,
                    statement: import.span,
                    own: Some((import.span, whole.join(" "))),
                    required: false,
                });
            }
            Statement::ExportFromDeclaration(export) => {
                let names = export.specifiers.iter();
                let names = names.map(|one| one.local.name().to_string());
                imports.push(exporting(
                    &export.source,
                    export.span,
                    Some(names.collect()),
                ));
            }
            Statement::ExportAllDeclaration(export) => {
                imports.push(exporting(&export.source, export.span, None));
            }
            Statement::VariableDeclaration(variables) => imports.extend(required(variables)),
            _ => {}
        }
    }
    Ok(imports)
}

/// What `const { a, b: c } = require(…)` takes.
fn required(variables: &VariableDeclaration<'_>) -> Vec<Import> {
    let mut imports = vec![];
    for variable in &variables.declarations {
        let Some(Expression::CallExpression(call)) = &variable.init else {
            continue;
        };
        let own = Some((call.span, HOST.to_owned()));
        let (place, module) = match call.arguments.first() {
            _ if !call.callee.is_specific_id("require") => continue,
            Some(Argument::StringLiteral(module)) => (module.span, module.value.to_string()),
            Some(Argument::TaggedTemplateExpression(module)) => {
                let texts = module.quasi.quasis.iter();
                let texts = texts.map(|text| text.value.raw.as_str());
                (module.span, texts.collect())
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
        imports.push(Import {
            place,
            module,
            names,
            statement: variables.span,
            own,
            required: true,
        });
    }
    imports
}

/// An import that is exported at once.
fn exporting(
    source: &StringLiteral<'_>,
    statement: Span,
    names: Option<BTreeSet<String>>,
) -> Import {
    Import {
        place: source.span,
        module: source.value.to_string(),
        names,
        statement,
        own: None,
        required: false,
    }
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

    fn names(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn imports_are_read_from_every_kind_of_glue() {
        let mut found = vec![];
        for glue in [
            "import { a, b as c } from './snippets/r/js/m.js';\nexport { d as e } from './snippets/r/js/m.js';",
            "const { f, g: h } = require(String.raw`./snippets/r/js/m.js`);\nconst i = require('./snippets/r/js/m.js');",
            "import * as all from './snippets/r/js/m.js';",
        ] {
            for import in imported(glue).unwrap() {
                assert_eq!(import.module, "./snippets/r/js/m.js");
                let place = import.place.source_text(glue);
                assert!(place.ends_with(['\'', '`']), "{place}");
                found.push(import.names);
            }
        }
        let [some, none] = [|all: &[&str]| Some(names(all)), |_: &[&str]| None];
        let all = [
            some(&["a", "b"]),
            some(&["d"]),
            some(&["f", "g"]),
            none(&[]),
            none(&[]),
        ];
        assert_eq!(found, all);
    }

    #[test]
    fn the_glue_imports_the_one_file_and_so_does_the_module_where_it_imports_itself() {
        let dir = std::env::temp_dir().join(format!("recover-minify-{}", std::process::id()));
        let base = "snippets/recover-runtime-1a/js";
        let write = |name: &str, bytes: &[u8]| {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
        write(
            &format!("{base}/host.js"),
            b"export const a = () => 'a';\nexport const b = () => 'b';\n",
        );
        write(
            &format!("{base}/records.js"),
            b"export const append = () => 'append';\nexport const c = () => 'c';\n",
        );
        write(
            "snippets/other-1b/inline0.js",
            b"export const  other = 1;\n",
        );
        let glue = format!(
            "import {{ a }} from './{base}/host.js';\nimport {{ other }} from './snippets/other-1b/inline0.js';\n"
        );
        write("x.js", glue.as_bytes());
        // A type of `() -> ()`, and an import of `append`.
        let module = format!("./{base}/records.js");
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02".to_vec();
        wasm.extend([module.len() as u8 + 11, 1, module.len() as u8]);
        wasm.extend(module.as_bytes());
        wasm.extend(b"\x06append\0\0");
        write("x_bg.wasm", &wasm);
        minify(&dir, true).unwrap();
        let code = read(&format!("{base}/{BUNDLE}"));
        assert!(
            code.contains("as append") && code.contains("as a"),
            "{code}"
        );
        assert!(!code.contains("'c'") && !code.contains("`c`"), "{code}");
        assert_eq!(read("x.js"), glue.replace("host.js", BUNDLE));
        assert_eq!(
            read(&format!("{base}/records.js")),
            "export { append } from './recover.js';\n"
        );
        assert!(!dir.join(base).join("host.js").exists());
        assert!(dir.join(base).join("recover.js.map").exists());
        assert_eq!(
            read("snippets/other-1b/inline0.js"),
            "export const  other = 1;\n"
        );
        // Given as a whole by the glue, it is not imported by the module itself.
        fs::remove_dir_all(&dir).unwrap();
    }
}
