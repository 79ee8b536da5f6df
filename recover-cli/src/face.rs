//! The face of a module: what its glue imports into it and calls of it. Two builds of one face can take each
//! other's place beside one glue, which is what `recovery.upgrade()` needs to know. Pure: bytes and texts in,
//! bytes out.
//!
//! Whoever has the same glue converts the same values for the same names, so the face is a hash of the glue as code,
//! of the other JavaScript of the package as it is, and of the types of what they import and export. What the
//! glue knows of one build alone (the functions that stacks leave out) is left out of the hash, and stands behind it.

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_parser::Parser;
use oxc_span::SourceType;
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ExternalKind, FuncType, Parser as WasmParser, Payload,
    TypeRef,
};

use crate::error::Error;
use crate::sections::custom;

/// The name of the section: the hash, and the functions that stacks leave out.
pub(crate) const SECTION: &str = "recover_face";

/// Where the glue says which functions stacks leave out.
const OWN: (&str, &str) = ("own: '", "'");

/// The module with its face at its end. `glue` are the files of JavaScript beside it, by their paths, and
/// `others` those that it imports.
pub(crate) fn stamped(
    wasm: &[u8],
    glue: &BTreeMap<String, String>,
    others: &BTreeMap<String, String>,
) -> Result<Vec<u8>, Error> {
    let mut hash = sha1_smol::Sha1::new();
    let mut own = "";
    let mut all = String::new();
    for (path, text) in glue {
        let (text, found) = without_own(text);
        own = found.unwrap_or(own);
        all += text.0;
        all += text.1;
        let code = code(&[text.0, text.1].concat())
            .map_err(|why| Error::Glue(format!("{path} does not parse: {why}")))?;
        update(&mut hash, path, &neutral(&code));
    }
    for (path, text) in others {
        update(&mut hash, &neutral(path), text);
    }
    let types = types(wasm, &all)
        .map_err(|error| Error::Glue(format!("the module is not understood: {error}")))?;
    for (name, ty) in &types {
        update(&mut hash, name, ty);
    }
    let content = [&hash.digest().bytes()[..], own.as_bytes()].concat();
    Ok([wasm, &custom(SECTION, &content)].concat())
}

fn update(hash: &mut sha1_smol::Sha1, name: &str, text: &str) {
    for part in [name, text] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
}

/// What stands around the functions that stacks leave out, and these.
fn without_own(text: &str) -> ((&str, &str), Option<&str>) {
    let found = text.split_once(OWN.0).and_then(|(before, rest)| {
        let (own, _) = rest.split_once(OWN.1)?;
        let before = before.len() + OWN.0.len();
        Some(((&text[..before], &rest[own.len()..]), own))
    });
    match found {
        Some((around, own)) => (around, Some(own)),
        None => ((text, ""), None),
    }
}

/// The code of a text, without comments and spaces.
fn code(text: &str) -> Result<String, String> {
    let allocator = Allocator::default();
    // Glue for Node is no module, and has nothing that only a script may have.
    let parsed = Parser::new(&allocator, text, SourceType::unambiguous()).parse();
    match parsed.diagnostics.first() {
        Some(error) => Err(error.to_string()),
        None => Ok(Codegen::new()
            .with_options(CodegenOptions::minify())
            .build(&parsed.program)
            .code),
    }
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

/// The types of what the module imports, and of what it exports that stands in the glue.
fn types(wasm: &[u8], glue: &str) -> Result<BTreeMap<String, String>, BinaryReaderError> {
    let (mut types, mut functions) = (vec![], vec![]);
    let mut found = BTreeMap::new();
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
                    found.insert(format!("import {} {}", import.module, import.name), ty);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if !glue.contains(export.name) {
                        continue;
                    }
                    let ty = match export.kind {
                        ExternalKind::Func => {
                            let ty = functions.get(export.index as usize);
                            let ty = ty.and_then(|&ty| types.get(ty as usize));
                            ty.cloned().unwrap_or_default()
                        }
                        other => format!("{other:?}"),
                    };
                    found.insert(format!("export {}", export.name), ty);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn signature(ty: &FuncType) -> String {
    format!("{:?} {:?}", ty.params(), ty.results())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::Payload;

    /// An import `m` `f`, and two exports, of types that are numbers.
    fn wasm(import: u8, export: u8, name: u8) -> Vec<u8> {
        [
            &b"\0asm\x01\0\0\0"[..],
            &[1, 9, 2, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7e, 0],
            &[2, 7, 1, 1, b'm', 1, b'f', 0, import],
            &[3, 3, 2, export, 0],
            &[7, 9, 2, 1, b'e', 0, 1, 1, name, 0, 2],
            &[10, 7, 2, 2, 0, 0x0b, 2, 0, 0x0b],
        ]
        .concat()
    }

    fn face(wasm: &[u8], glue: &str, other: (&str, &str)) -> (Vec<u8>, String) {
        let files = |path: &str, text: &str| BTreeMap::from([(path.to_owned(), text.to_owned())]);
        let stamped = stamped(wasm, &files("x.js", glue), &files(other.0, other.1)).unwrap();
        assert!(stamped.starts_with(wasm), "what was there keeps its place");
        for payload in WasmParser::new(0).parse_all(&stamped) {
            if let Payload::CustomSection(section) = payload.unwrap()
                && section.name() == SECTION
            {
                let (hash, own) = section.data().split_at(20);
                return (hash.to_vec(), String::from_utf8(own.to_vec()).unwrap());
            }
        }
        panic!("no section");
    }

    const GLUE: &str = "import { a } from './snippets/app-0123456789abcdef/js/a.js';\nwasm.e(1, { own: '3a0', });\n";
    const OTHER: (&str, &str) = ("snippets/app-0123456789abcdef/js/a.js", "export const a = 1;");

    #[test]
    fn builds_of_one_face_have_one_hash() {
        let (hash, own) = face(&wasm(0, 1, b'z'), GLUE, OTHER);
        assert_eq!(own, "3a0");
        // Other frames, other comments, another version of the crate; an export that the glue does not name.
        let glue = GLUE
            .replace("3a0", "4b")
            .replace("0123456789abcdef", "fedcba9876543210")
            .replace("wasm.e", "/** It calls. */\nwasm.e");
        let other = (OTHER.0.replace("0123456789abcdef", "fedcba9876543210"), OTHER.1);
        let (same, own) = face(&wasm(0, 1, b'y'), &glue, (&other.0, other.1));
        assert_eq!((same, &*own), (hash, "4b"));
    }

    #[test]
    fn what_the_glue_or_the_module_says_otherwise_is_another_face() {
        let (hash, _) = face(&wasm(0, 1, b'z'), GLUE, OTHER);
        let others = [
            face(&wasm(1, 1, b'z'), GLUE, OTHER),
            face(&wasm(0, 0, b'z'), GLUE, OTHER),
            face(&wasm(0, 1, b'z'), &GLUE.replace("e(1", "e(2"), OTHER),
            face(&wasm(0, 1, b'z'), GLUE, (OTHER.0, "export const a = 2;")),
            face(&wasm(0, 1, b'z'), GLUE, ("snippets/b.js", OTHER.1)),
        ];
        for (other, _) in others {
            assert_ne!(other, hash);
        }
    }

    #[test]
    fn glue_that_does_not_parse_is_refused_by_its_path() {
        let glue = BTreeMap::from([("x.js".to_owned(), "const = 1".to_owned())]);
        let error = stamped(&wasm(0, 0, b'z'), &glue, &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("x.js"), "{error}");
    }
}
