//! The tests of a compiled program: ours by the records that the macro leaves in a section,
//! wasm-bindgen's by the names of their exports. Pure: bytes in, a list out.

use wasmparser::{ExternalKind, Parser, Payload};

use crate::sections::edited;

/// The section of our records; a line each: export, path, file, line, panics, ignored.
const SECTION: &str = "recover_tests";

/// That of scenarios, which has the same lines.
const SCENARIOS: &str = "recover_torture";

/// The section in which wasm-bindgen's tests say where they run.
const PLACE: &str = "__wasm_bindgen_test_unstable";

/// How wasm-bindgen's exports begin; `$` follows where the test is ignored.
const THEIRS: &str = "__wbgt_";

/// A test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Test {
    /// The wasm export that runs it.
    pub(crate) export: String,
    /// Its path, without the crate's name.
    pub(crate) name: String,
    /// Is it wasm-bindgen's?
    pub(crate) theirs: bool,
    /// Where it stands; wasm-bindgen's don't say.
    pub(crate) place: Option<(String, u32)>,
    /// What the message of its panic must have, if it must panic.
    pub(crate) panics: Option<String>,
    /// Why it is ignored, if it is.
    pub(crate) ignored: Option<String>,
}

/// What a program has.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Its tests, in the order of their names.
    pub(crate) tests: Vec<Test>,
    /// Do wasm-bindgen's ask for a page, or a worker of one?
    pub(crate) in_browser: bool,
}

/// Finds the tests of a program.
pub(crate) fn list(wasm: &[u8]) -> Result<Listed, wasmparser::BinaryReaderError> {
    let mut listed = Listed::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CustomSection(section) if section.name() == SECTION => {
                let text = String::from_utf8_lossy(section.data());
                listed.tests.extend(text.lines().filter_map(ours));
            }
            Payload::CustomSection(section) if section.name() == PLACE => {
                listed.in_browser |= section.data().iter().any(|place| (1..=4).contains(place));
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        listed.tests.extend(theirs(export.name));
                    }
                }
            }
            _ => {}
        }
    }
    listed.tests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// Finds the scenarios of a program, in the order of their names.
pub(crate) fn scenarios(wasm: &[u8]) -> Result<Vec<Test>, wasmparser::BinaryReaderError> {
    let mut scenarios = vec![];
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CustomSection(section) = payload?
            && section.name() == SCENARIOS
        {
            let text = String::from_utf8_lossy(section.data());
            scenarios.extend(text.lines().filter_map(ours));
        }
    }
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scenarios)
}

fn ours(line: &str) -> Option<Test> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (export, path, file, number) = (next()?, next()?, next()?, next()?);
    let (panics, ignored) = (next()?, next()?);
    let said = |field: &str| field.strip_prefix('+').map(unescaped);
    Some(Test {
        export: export.to_owned(),
        name: without_crate(path)?.to_owned(),
        theirs: false,
        place: number.parse().ok().map(|line| (file.to_owned(), line)),
        panics: said(panics),
        ignored: said(ignored),
    })
}

fn theirs(export: &str) -> Option<Test> {
    let rest = export.strip_prefix(THEIRS)?;
    Some(Test {
        export: export.to_owned(),
        name: without_crate(rest)?.to_owned(),
        theirs: true,
        place: None,
        panics: None,
        ignored: rest.starts_with('$').then(String::new),
    })
}

fn without_crate(path: &str) -> Option<&str> {
    path.split_once("::").map(|(_, name)| name)
}

/// The text of a field, in which the macro has escaped what ends one.
fn unescaped(field: &str) -> String {
    let mut text = String::new();
    let mut chars = field.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            _ => text.push(char),
        }
    }
    text
}

/// The module without its `main`, which would run tests of the host's kind, none of which can
/// pass here, when the package is loaded. What only it uses goes with it.
pub(crate) fn without_main(wasm: &[u8]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    edited(
        wasm,
        |error| error,
        |payload| {
            let Payload::ExportSection(section) = payload else {
                return Ok(None);
            };
            let (mut entries, mut count) = (vec![], 0);
            for export in section.clone() {
                let export = export?;
                if export.name == "main" && export.kind == ExternalKind::Func {
                    continue;
                }
                count += 1;
                number(&mut entries, export.name.len());
                entries.extend(export.name.bytes());
                entries.push(match export.kind {
                    ExternalKind::Func | ExternalKind::FuncExact => 0,
                    ExternalKind::Table => 1,
                    ExternalKind::Memory => 2,
                    ExternalKind::Global => 3,
                    ExternalKind::Tag => 4,
                });
                number(&mut entries, export.index as usize);
            }
            let mut content = vec![];
            number(&mut content, count);
            content.extend(entries);
            let mut whole = vec![7];
            number(&mut whole, content.len());
            whole.extend(content);
            Ok(Some(whole))
        },
    )
}

/// A number as LEB128.
fn number(bytes: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        let mut section = vec![id];
        number(&mut section, content.len());
        section.extend(content);
        section
    }

    fn custom(name: &str, data: &[u8]) -> Vec<u8> {
        let mut content = vec![];
        number(&mut content, name.len());
        content.extend(name.bytes());
        content.extend(data);
        section(0, &content)
    }

    /// A module whose exports are all the one function that it has.
    fn module(exports: &[&str], more: &[u8]) -> Vec<u8> {
        let mut content = vec![exports.len() as u8];
        for name in exports {
            number(&mut content, name.len());
            content.extend(name.bytes());
            content.extend([0, 0]);
        }
        let parts = [
            HEADER,
            &section(1, &[1, 0x60, 0, 0]),
            &section(3, &[1, 0]),
            &section(7, &content),
            &section(10, &[1, 2, 0, 0x0b]),
            more,
        ];
        parts.concat()
    }

    #[test]
    fn our_tests_are_read_from_the_records_and_theirs_from_the_exports() {
        let records = "__recover_test_0\tapp::tests::adds\tsrc/lib.rs\t7\t-\t-\n\
                       __recover_test_1\tapp::b\ttests/b.rs\t9\t+a \\\\ b\\t\\n\t+slow\n";
        let scenario = "__recover_torture_2\tapp::tests::merges\tsrc/lib.rs\t9\t-\t-\n";
        let more = [
            custom(SECTION, records.as_bytes()),
            custom(PLACE, &[1]),
            custom(SCENARIOS, scenario.as_bytes()),
        ];
        let exports = [
            "main",
            "__wbgt__app::c",
            "__wbgt_$_app::m::d",
            "__wbgb__app::e",
        ];
        let module = module(&exports, &more.concat());
        let listed = list(&module).unwrap();
        let scenarios = scenarios(&module).unwrap();
        assert_eq!(scenarios.len(), 1);
        assert_eq!(scenarios[0].name, "tests::merges");
        assert_eq!(scenarios[0].export, "__recover_torture_2");
        let names: Vec<_> = listed.tests.iter().map(|test| &*test.name).collect();
        assert_eq!(names, ["b", "c", "m::d", "tests::adds"]);
        assert!(listed.in_browser);
        let [b, c, d, adds] = &listed.tests[..] else {
            panic!("four tests");
        };
        assert_eq!(b.panics.as_deref(), Some("a \\ b\t\n"));
        assert_eq!(b.ignored.as_deref(), Some("slow"));
        assert_eq!(adds.place, Some(("src/lib.rs".to_owned(), 7)));
        assert_eq!((&adds.panics, &adds.ignored), (&None, &None));
        assert!(c.theirs && d.theirs && !adds.theirs);
        assert_eq!((&c.ignored, d.ignored.is_some()), (&None, true));
    }

    #[test]
    fn the_main_goes_and_all_else_stays() {
        let wasm = module(&["main", "mains", "f"], &custom("other", b"x"));
        let changed = without_main(&wasm).unwrap();
        assert_eq!(changed, module(&["mains", "f"], &custom("other", b"x")));
        wasmparser::validate(&changed).unwrap();
        assert_eq!(without_main(&changed).unwrap(), changed);
    }
}
