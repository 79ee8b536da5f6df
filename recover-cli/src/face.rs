//! The face of a module: what its glue has for it, and calls of it. A module can take the place of another beside
//! that one's glue if this has all that its own has, and if it exports all that this calls: `recovery.upgrade()`
//! compares the two (`js/upgrade.js`). Pure: bytes and texts in, bytes out.
//!
//! The glue is taken apart as code: into its statements, and the functions that the module imports. The same code
//! converts the same values for the same names. What it knows of one build alone, the functions that stacks leave
//! out, is no part of it, and stands in the section beside.

use std::collections::{BTreeMap, BTreeSet};

use oxc_allocator::Allocator;
use oxc_ast::ast::{BindingPattern, Expression, Program, Statement};
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ExternalKind, FuncType, Parser as WasmParser, Payload,
    TypeRef,
};

use crate::error::Error;
use crate::sections::custom;

/// The name of the section: four lines. The functions that stacks leave out; what the glue must have; the exports that
/// it calls; the others. In the last three each part is eight digits.
pub(crate) const SECTION: &str = "recover_face";

/// Where the glue says which functions stacks leave out.
const OWN: (&str, &str) = ("own: '", "'");

/// The functions of the glue that make the imports.
const IMPORTS: [&str; 2] = ["__wbg_get_imports", "__recover_make_imports"];

/// The module with its face at its end. `glue` are the files of JavaScript beside it, by their paths, and
/// `others` those that it imports, as they were written.
pub(crate) fn stamped(
    wasm: &[u8],
    glue: &BTreeMap<String, String>,
    others: &BTreeMap<String, String>,
) -> Result<Vec<u8>, Error> {
    let (mut needs, mut own, mut all) = (BTreeSet::new(), String::new(), String::new());
    for (path, text) in glue {
        let (text, found) = without_own(text);
        own = found.unwrap_or(own);
        let parts =
            parts(&text).map_err(|why| Error::Glue(format!("{path} does not parse: {why}")))?;
        needs.extend(parts.iter().map(|part| digits(&neutral(part))));
        all += &text;
    }
    for (path, text) in others {
        needs.insert(digits(&format!("{} {text}", neutral(path))));
    }
    let types = types(wasm)
        .map_err(|error| Error::Glue(format!("the module is not understood: {error}")))?;
    needs.extend(types.imports.iter().map(|import| digits(&neutral(import))));
    let (mut calls, mut spare) = (BTreeSet::new(), BTreeSet::new());
    for (name, ty) in &types.exports {
        let exports = match all.contains(&**name) {
            true => &mut calls,
            false => &mut spare,
        };
        exports.insert(digits(&format!("{name} {ty}")));
    }
    let lines = [needs, calls, spare].map(|parts| Vec::from_iter(parts).concat());
    let content = format!("{own}\n{}", lines.join("\n"));
    Ok([wasm, &custom(SECTION, content.as_bytes())].concat())
}

/// Eight digits of a hash.
fn digits(part: &str) -> String {
    let digits = sha1_smol::Sha1::from(part).digest().to_string();
    digits[..8].to_owned()
}

/// The text without the functions that stacks leave out, and these.
fn without_own(text: &str) -> (String, Option<String>) {
    // The gate stands behind the classes, whose comments may say anything.
    let found = text.rsplit_once(OWN.0).and_then(|(before, rest)| {
        let (own, after) = rest.split_once(OWN.1)?;
        let text = [before, OWN.0, OWN.1, after].concat();
        Some((text, own.to_owned()))
    });
    match found {
        Some((text, own)) => (text, Some(own)),
        None => (text.to_owned(), None),
    }
}

fn parsed<'a>(allocator: &'a Allocator, text: &'a str) -> Result<Program<'a>, String> {
    // Glue for Node is no module, and has nothing that only a script may have.
    let parsed = Parser::new(allocator, text, SourceType::unambiguous()).parse();
    match parsed.diagnostics.first() {
        Some(error) => Err(error.to_string()),
        None => Ok(parsed.program),
    }
}

/// What a text is made of, without comments and spaces.
fn parts(text: &str) -> Result<Vec<String>, String> {
    let allocator = Allocator::default();
    let program = parsed(&allocator, text)?;
    let of = |span: Span| span.source_text(text);
    let mut parts = vec![];
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                for one in import.specifiers.iter().flatten() {
                    parts.push(format!("{} {}", import.source.value, of(one.span())));
                }
            }
            Statement::FunctionDeclaration(function)
                if function
                    .id
                    .as_ref()
                    .is_some_and(|id| IMPORTS.contains(&id.name.as_str())) =>
            {
                for statement in function.body.iter().flat_map(|body| &body.statements) {
                    match properties(statement) {
                        Some(properties) => {
                            for property in properties {
                                parts.push(code(&format!("({{ {} }})", of(property)))?);
                            }
                        }
                        None => parts.push(of(statement.span()).to_owned()),
                    }
                }
            }
            Statement::VariableDeclaration(variables)
                if variables
                    .declarations
                    .iter()
                    .all(|one| is_taken_apart(&one.id)) =>
            {
                for one in &variables.declarations {
                    let BindingPattern::ObjectPattern(pattern) = &one.id else {
                        continue;
                    };
                    let of_what = one.init.as_ref().map_or("", |init| of(init.span()));
                    for property in &pattern.properties {
                        parts.push(format!("{of_what} {}", of(property.span)));
                    }
                }
            }
            _ => parts.push(code(of(statement.span()))?),
        }
    }
    Ok(parts)
}

/// Whether it takes an object apart, each property for itself.
fn is_taken_apart(pattern: &BindingPattern<'_>) -> bool {
    matches!(pattern, BindingPattern::ObjectPattern(pattern) if pattern.rest.is_none())
}

/// The properties of the object that a statement makes: of a variable, or to be returned.
fn properties(statement: &Statement<'_>) -> Option<Vec<Span>> {
    let object = match statement {
        Statement::VariableDeclaration(variables) if variables.declarations.len() == 1 => {
            variables.declarations.first()?.init.as_ref()?
        }
        Statement::ReturnStatement(returns) => returns.argument.as_ref()?,
        _ => return None,
    };
    let Expression::ObjectExpression(object) = object else {
        return None;
    };
    Some(object.properties.iter().map(GetSpan::span).collect())
}

/// The code of a text.
fn code(text: &str) -> Result<String, String> {
    let allocator = Allocator::default();
    let program = parsed(&allocator, text)?;
    Ok(Codegen::new()
        .with_options(CodegenOptions::minify())
        .build(&program)
        .code)
}

/// Folders of snippets are named by a hash of the crate and its version.
fn neutral(text: &str) -> String {
    const FOLDER: &str = "snippets/";
    const DIGITS: usize = 16;
    let mut parts = text.split(FOLDER);
    let mut neutral = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        neutral += FOLDER;
        let (folder, _) = part.split_once('/').unwrap_or((part, ""));
        let rest = &part[folder.len()..];
        let named = folder.rsplit_once('-').filter(|(_, hash)| {
            hash.len() == DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        neutral += named.map_or(folder, |(name, _)| name);
        neutral += rest;
    }
    neutral
}

/// What a module imports and exports.
struct Types {
    /// Each with its type.
    imports: Vec<String>,
    /// Their types, by their names.
    exports: BTreeMap<String, String>,
}

fn types(wasm: &[u8]) -> Result<Types, BinaryReaderError> {
    let (mut types, mut functions) = (vec![], vec![]);
    let (mut imports, mut exports) = (vec![], BTreeMap::new());
    for payload in WasmParser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => signature(&ty),
                            other => format!("{other:?}"),
                        });
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    functions.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let ty = match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            functions.push(ty);
                            types.get(ty as usize).cloned().unwrap_or_default()
                        }
                        TypeRef::Tag(tag) => {
                            let ty = types.get(tag.func_type_idx as usize);
                            format!("tag {}", ty.cloned().unwrap_or_default())
                        }
                        other => format!("{other:?}"),
                    };
                    imports.push(format!("{} {} {ty}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let ty = match export.kind {
                        ExternalKind::Func => {
                            let ty = functions.get(export.index as usize);
                            let ty = ty.and_then(|&ty| types.get(ty as usize));
                            ty.cloned().unwrap_or_default()
                        }
                        other => format!("{other:?}"),
                    };
                    exports.insert(export.name.to_owned(), ty);
                }
            }
            _ => {}
        }
    }
    Ok(Types { imports, exports })
}

fn signature(ty: &FuncType) -> String {
    format!("{:?} {:?}", ty.params(), ty.results())
}

#[cfg(test)]
#[path = "tests/face.rs"]
mod tests;
