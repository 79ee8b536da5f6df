//! The table of sites: what names each place of a module that can panic, whatever is inserted above it.
//!
//! A panic tells its file, line and column, and a line moves with every line above it. The table names a site
//! by what stands there: the `impl` and the function around it, the text of the line from its column
//! on, and which of the same lines in the function it is. The runtime's `js/fingerprint.js` reads it. Only files of the
//! workspace are in it; those of a dependency change with its version alone.
//!
//! Pure: bytes and texts in, bytes out. Sources are not parsed: what a macro or a newer edition makes of
//! them does not matter, only that the same text gives the same name.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{BinaryReaderError, DataKind, Operator, Parser, Payload};

/// The custom section that the table is in.
const SECTION: &str = "recover_sites";

/// What a `core::panic::Location` says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Location {
    file: String,
    line: u32,
    column: u32,
}

/// Bytes of a `Location`: address and length of the file's name, line, column.
const LOCATION: usize = 16;

/// What a file's name has at most.
const LONGEST: u32 = 1024;

/// The module with the table, if there is something to name; `source` reads a file by its name in
/// the module.
pub(crate) fn named(
    wasm: &[u8],
    source: impl Fn(&str) -> Option<String>,
) -> Result<Vec<u8>, BinaryReaderError> {
    let table = table(&locations(wasm)?, source);
    let mut named = wasm.to_vec();
    if table.is_empty() {
        return Ok(named);
    }
    named.push(0);
    let length = 1 + SECTION.len() + table.len();
    leb128(length, &mut named);
    leb128(SECTION.len(), &mut named);
    named.extend(SECTION.bytes());
    named.extend(table);
    Ok(named)
}

fn leb128(mut value: usize, to: &mut Vec<u8>) {
    while value > 0x7f {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// The locations in a module's data: what looks like one and names a Rust file is one.
fn locations(wasm: &[u8]) -> Result<BTreeSet<Location>, BinaryReaderError> {
    let mut segments = vec![];
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::DataSection(section) = payload? else {
            continue;
        };
        for segment in section {
            let segment = segment?;
            if let DataKind::Active { offset_expr, .. } = segment.kind
                && let Operator::I32Const { value } = offset_expr.get_operators_reader().read()?
            {
                segments.push((value as u32, segment.data));
            }
        }
    }
    let mut files: BTreeMap<(u32, u32), Option<&str>> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for &(begin, data) in &segments {
        // Rust aligns them.
        let first = (4 - begin % 4) as usize % 4;
        for at in (first..data.len().saturating_sub(LOCATION - 1)).step_by(4) {
            let word = |index: usize| {
                let bytes = data[at + 4 * index..][..4].try_into();
                u32::from_le_bytes(bytes.unwrap_or_default())
            };
            let [address, length, line, column] = [word(0), word(1), word(2), word(3)];
            if length > LONGEST || line == 0 || column == 0 {
                continue;
            }
            let file = files
                .entry((address, length))
                .or_insert_with(|| file(&segments, address, length));
            if let Some(file) = file {
                let file = (*file).to_owned();
                found.insert(Location { file, line, column });
            }
        }
    }
    Ok(found)
}

/// The name of a Rust file at an address.
fn file<'a>(segments: &[(u32, &'a [u8])], address: u32, length: u32) -> Option<&'a str> {
    let bytes = segments.iter().find_map(|&(begin, data)| {
        let from = address.checked_sub(begin)? as usize;
        data.get(from..from + length as usize)
    })?;
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.ends_with(".rs") && !text.contains('\0'))
}

/// Eight bytes for each location whose source there is: the hash of `file:line:column`, and that of
/// its name.
fn table(locations: &BTreeSet<Location>, source: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    let mut sources: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut table = vec![];
    for location in locations {
        let Location { file, line, column } = location;
        let text = sources.entry(file).or_insert_with(|| source(file));
        let Some(name) = text.as_ref().and_then(|text| name(text, *line, *column)) else {
            continue;
        };
        table.extend(hash(&format!("{file}:{line}:{column}")).to_le_bytes());
        table.extend(hash(&name).to_le_bytes());
    }
    table
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// What names a place in a source.
fn name(source: &str, line: u32, column: u32) -> Option<String> {
    let lines: Vec<&str> = source.lines().take(line as usize).collect();
    let own = *lines.get(line as usize - 1)?;
    let rest: String = own.chars().skip(column as usize - 1).collect();
    let mut begin = 0;
    let (mut function, mut around) = ("", "");
    for (index, text) in lines.iter().enumerate() {
        if let Some(name) = declared(text) {
            (function, begin) = (name, index);
        } else if text.starts_with('}') {
            around = "";
        } else if text.trim_start().starts_with("impl") {
            around = text.trim();
        }
    }
    let same = lines[begin..]
        .iter()
        .filter(|text| text.trim() == own.trim());
    Some(
        [
            around,
            function,
            own.trim(),
            &rest,
            &same.count().to_string(),
        ]
        .join("\0"),
    )
}

/// The function that a line declares.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (before, after) = line.split_once("fn ")?;
    let begins = before.is_empty() || before.ends_with([' ', '(']);
    if line.starts_with("//") || !begins {
        return None;
    }
    let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let name = &after[..end.unwrap_or(after.len())];
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\
impl Room {
    pub fn put(&mut self, a: Option<u32>, b: Option<u32>) -> u32 {
        a.unwrap();
        a.unwrap();
        b.unwrap()
    }
}

pub async fn other(a: Option<u32>) {
        a.unwrap();
}
";

    fn names(source: &str) -> Vec<String> {
        let lines = source.lines().enumerate();
        let sites = lines.filter(|(_, text)| text.contains("unwrap"));
        sites
            .map(|(index, _)| name(source, index as u32 + 1, 11).unwrap())
            .collect()
    }

    #[test]
    fn a_name_stays_when_lines_are_inserted_above_and_differs_for_every_site() {
        let before = names(BEFORE);
        let after = BEFORE.replace(
            "impl Room {\n",
            "// A line.\nfn first(x: Option<u32>) { x.is_some(); }\nimpl Wall {\n}\nimpl Room {\n    fn new() -> Room { Room }\n",
        );
        let after = after.replace("    pub fn put", "    // Puts.\n    pub(crate) fn put");
        assert_eq!(names(&after), before);
        assert_eq!(BTreeSet::from_iter(&before).len(), 4);
        assert_eq!(name(BEFORE, 99, 1), None);
        assert!(
            name(BEFORE, 3, 999).is_some(),
            "a column beyond the line is of another source"
        );
    }

    #[test]
    fn functions_are_told_from_types_and_comments() {
        for (line, name) in [
            ("pub(crate) unsafe extern \"C\" fn a_1<T>()", Some("a_1")),
            ("fn main() {", Some("main")),
            ("let f: fn (u32) = g;", None),
            ("// fn old() {", None),
            ("let often = 1;", None),
        ] {
            assert_eq!(declared(line), name, "{line}");
        }
    }

    /// A module whose memory has a name at 64 and two locations behind it.
    fn module() -> Vec<u8> {
        let file = b"src/lib.rs";
        let mut data = file.to_vec();
        data.extend([0, 0]);
        for (line, column) in [(3_u32, 11_u32), (10, 11)] {
            for word in [64, file.len() as u32, line, column] {
                data.extend(word.to_le_bytes());
            }
        }
        // What names no file, and what lies outside.
        for word in [66_u32, 3, 1, 1, 9999, 10, 1, 1] {
            data.extend(word.to_le_bytes());
        }
        let mut section = vec![1, 0, 0x41, 0xc0, 0, 0x0b];
        leb128(data.len(), &mut section);
        section.extend(data);
        let mut wasm = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01\x0b".to_vec();
        leb128(section.len(), &mut wasm);
        wasm.extend(section);
        wasm
    }

    #[test]
    fn the_table_has_the_sites_whose_source_there_is() {
        let read = |file: &str| (file == "src/lib.rs").then(|| BEFORE.to_owned());
        let named = named(&module(), read).unwrap();
        let sections = Parser::new(0)
            .parse_all(&named)
            .filter_map(|payload| match payload {
                Ok(Payload::CustomSection(section)) if section.name() == SECTION => {
                    Some(section.data().to_vec())
                }
                _ => None,
            });
        let sections: Vec<_> = sections.collect();
        assert_eq!(sections.len(), 1);
        let mut expected = vec![];
        for line in [3, 10] {
            expected.extend(hash(&format!("src/lib.rs:{line}:11")).to_le_bytes());
            expected.extend(hash(&name(BEFORE, line, 11).unwrap()).to_le_bytes());
        }
        // In the order of the locations.
        assert_eq!(sections[0], expected);
        assert_eq!(super::named(&module(), |_| None).unwrap(), module());
    }
}
