//! Takes the hashes out of the names by which the module imports from its glue. Pure: bytes and
//! texts in and out.
//!
//! wasm-bindgen ends each of these names with a hash, so that functions of several crates may
//! share the rest. A hash does not compress, and stands in the module and in the glue. It stays
//! where the rest is shared, or is a name in the glue.

use std::collections::{BTreeMap, BTreeSet};

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{SourceType, Span};
use wasmparser::{BinaryReaderError, Parser as WasmParser, Payload};

use super::handler::{number, push};
use crate::error::Error;
use crate::sections::edited;

/// How wasm-bindgen's names of imports begin, and how many digits their hash has.
const PREFIX: &str = "__wbg_";
const DIGITS: usize = 16;

/// The module and its files of glue with short names.
pub(super) fn shortened(wasm: &[u8], glue: &[&str]) -> Result<(Vec<u8>, Vec<String>), Error> {
    let invalid = |error: BinaryReaderError| unknown(&error.to_string());
    let mut imports = BTreeSet::new();
    for payload in WasmParser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(section) = payload.map_err(invalid)? {
            for import in section.into_imports() {
                imports.insert(import.map_err(invalid)?.name);
            }
        }
    }
    let read: Result<Vec<_>, _> = glue.iter().map(|text| identifiers(text)).collect();
    let read = read.map_err(|why| Error::Glue(format!("it does not parse: {why}")))?;
    let taken: BTreeSet<_> = read.iter().flatten().map(|(_, name)| &**name).collect();
    let mut of_short: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in &imports {
        if let Some(short) = without_hash(name) {
            of_short.entry(short).or_default().push(name);
        }
    }
    let free = |short: &str| !taken.contains(short) && !imports.contains(short);
    let shorter: BTreeMap<&str, &str> = of_short
        .into_iter()
        .filter_map(|(short, names)| match *names {
            [name] if free(short) => Some((name, short)),
            _ => None,
        })
        .collect();
    let wasm = edited(wasm, invalid, |payload| match payload {
        Payload::ImportSection(section) => {
            let start = section.range().start;
            let body = &wasm[section.range()];
            let mut changed = vec![];
            let mut end = 0;
            for import in section.clone().into_imports() {
                let name = import.map_err(invalid)?.name;
                let Some(short) = shorter.get(name) else {
                    continue;
                };
                // The name lies in the module itself, behind its length.
                let at = name.as_ptr().addr() - wasm.as_ptr().addr() - start;
                let mut length = vec![];
                push(&mut length, name.len() as u64);
                let before = at - length.len();
                if number(&body[before..]) != Some((name.len() as u64, length.len())) {
                    return Err(unknown("the length of a name"));
                }
                changed.extend_from_slice(&body[end..before]);
                push(&mut changed, short.len() as u64);
                changed.extend(short.bytes());
                end = at + name.len();
            }
            changed.extend_from_slice(&body[end..]);
            let mut section = vec![2];
            push(&mut section, changed.len() as u64);
            section.extend(changed);
            Ok(Some(section))
        }
        _ => Ok(None),
    })?;
    let texts = glue.iter().zip(read).map(|(text, identifiers)| {
        let mut text = (*text).to_owned();
        for (span, name) in identifiers.iter().rev() {
            if let Some(short) = shorter.get(&**name) {
                text.replace_range(span.start as usize..span.end as usize, short);
            }
        }
        text
    });
    Ok((wasm, texts.collect()))
}

fn unknown(what: &str) -> Error {
    Error::Glue(format!("the module is not understood: {what}"))
}

/// `__wbg_log` of `__wbg_log_0123456789abcdef`.
fn without_hash(name: &str) -> Option<&str> {
    let (rest, hash) = name.rsplit_once('_')?;
    let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let named = rest.strip_prefix(PREFIX)?;
    (!named.is_empty() && hash.len() == DIGITS && hash.bytes().all(digits)).then_some(rest)
}

/// The names in a text that are code, in its order.
fn identifiers(text: &str) -> Result<Vec<(Span, String)>, String> {
    let allocator = Allocator::default();
    // Glue for Node is no module, and has nothing that only a script may have.
    let parsed = Parser::new(&allocator, text, SourceType::unambiguous()).parse();
    if let Some(error) = parsed.diagnostics.first() {
        return Err(error.to_string());
    }
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(&parsed.program);
    let mut found: Vec<_> = semantic
        .semantic
        .nodes()
        .iter()
        .filter_map(|node| match node.kind() {
            AstKind::IdentifierName(name) => Some((name.span, name.name.to_string())),
            AstKind::IdentifierReference(name) => Some((name.span, name.name.to_string())),
            AstKind::BindingIdentifier(name) => Some((name.span, name.name.to_string())),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(span, _)| span.start);
    // The two names of `{ a }` are one.
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "__wbg_log_0123456789abcdef";
    const NEW: [&str; 2] = ["__wbg_new_0123456789abcdef", "__wbg_new_fedcba9876543210"];
    const INIT: &str = "__wbg_init_0123456789abcdef";
    const KEPT: [&str; 3] = ["__wbg_store_new", "log_0123456789abcdef", "__wbg_x_01"];

    /// A module that imports functions of `() -> ()` from `m`.
    fn module(names: &[&str]) -> Vec<u8> {
        let mut section = vec![names.len() as u8];
        for name in names {
            section.extend([1, b'm', name.len() as u8]);
            section.extend(name.bytes());
            section.extend([0, 0]);
        }
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02".to_vec();
        push(&mut wasm, section.len() as u64);
        wasm.extend(section);
        wasm.extend([0, 2, 1, b'x']);
        wasm
    }

    #[test]
    fn a_hash_goes_from_the_module_and_from_every_kind_of_glue() {
        let glue = [
            format!("const imports = {{ {LOG}: function() {{}}, log: '{LOG}' }}; // {LOG}\n"),
            format!("export function {LOG}() {{ {LOG}(); }}\nexport {{ {LOG} as log }};\n"),
        ];
        let texts: Vec<&str> = glue.iter().map(|text| &**text).collect();
        let (wasm, texts) = shortened(&module(&[LOG, "b"]), &texts).unwrap();
        assert_eq!(wasm, module(&["__wbg_log", "b"]));
        assert_eq!(
            texts,
            [
                format!(
                    "const imports = {{ __wbg_log: function() {{}}, log: '{LOG}' }}; // {LOG}\n"
                ),
                "export function __wbg_log() { __wbg_log(); }\nexport { __wbg_log as log };\n"
                    .to_owned(),
            ]
        );
    }

    #[test]
    fn a_hash_stays_where_the_rest_is_another_name() {
        let names = [&NEW[..], &[INIT], &KEPT].concat();
        let wasm = module(&names);
        let glue = "async function __wbg_init() {}\n";
        let (same, texts) = shortened(&wasm, &[glue]).unwrap();
        assert_eq!((same, &*texts[0]), (wasm, glue));
    }

    #[test]
    fn what_is_no_module_or_no_glue_fails() {
        assert!(shortened(b"\0asm", &[]).is_err());
        assert!(shortened(&module(&[LOG]), &["function ("]).is_err());
    }
}
