//! What is checked in the compiled module before wasm-bindgen gets it.
//!
//! It must be valid, which LLVM does not always see to. And no two Rust types
//! may want one JavaScript class: they would overwrite each other at run time;
//! the linker has put all claims side by side, so they are compared here. Pure:
//! bytes in, bytes or a message out.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{Payload, Validator, WasmFeatures};

use crate::error::Error;
use crate::sections::edited;

/// The name of the section. Records are lines `class TAB type path`.
pub(crate) const SECTION: &str = "recover_error_classes";

/// The section with the functions that give a promise and are in no declaration, by line.
pub(crate) const PROMISES: &str = "recover_promises";

/// A module that was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The module without the sections.
    pub(crate) wasm: Vec<u8>,
    /// The functions that it says give a promise.
    pub(crate) promises: BTreeSet<String>,
}

/// Why a module was refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The bytes are no valid module.
    Invalid(String),
    /// Two types claim one class.
    Clash(Error),
}

/// Checks the module and takes the sections out.
pub(crate) fn check_and_strip(wasm: &[u8]) -> Result<Checked, Refused> {
    let invalid = |error: wasmparser::BinaryReaderError| Refused::Invalid(error.to_string());
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(wasm)
        .map_err(invalid)?;
    let (mut claims, mut promises) = (String::new(), String::new());
    let kept = edited(wasm, invalid, |payload| {
        let Payload::CustomSection(section) = payload else {
            return Ok(None);
        };
        let records = match section.name() {
            SECTION => &mut claims,
            PROMISES => &mut promises,
            _ => return Ok(None),
        };
        records.push_str(&String::from_utf8_lossy(section.data()));
        Ok(Some(vec![]))
    })?;
    check(&claims).map_err(Refused::Clash)?;
    Ok(Checked {
        wasm: kept,
        promises: promises.lines().map(str::to_owned).collect(),
    })
}

fn check(claims: &str) -> Result<(), Error> {
    let mut owners = BTreeMap::new();
    for (class, path) in claims.lines().filter_map(|line| line.split_once('\t')) {
        let first = *owners.entry(class).or_insert(path);
        if first != path {
            return Err(Error::ClassClash {
                class: class.to_owned(),
                first: first.to_owned(),
                second: path.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";
    /// A type section with `() -> ()`.
    const TYPES: &[u8] = &[1, 4, 1, 0x60, 0, 0];

    fn custom(name: &str, data: &str) -> Vec<u8> {
        let mut body = vec![u8::try_from(name.len()).unwrap()];
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(data.as_bytes());
        let mut section = vec![0, u8::try_from(body.len()).unwrap()];
        section.extend(body);
        section
    }

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [HEADER, &sections.concat()].concat()
    }

    #[test]
    fn a_module_without_the_section_is_unchanged() {
        let module = module(&[TYPES, &custom("name", "x")]);
        assert_eq!(check_and_strip(&module).unwrap().wasm, module);
    }

    #[test]
    fn only_the_section_is_removed() {
        let claims = custom(SECTION, "A\ta::A\nB\ta::B\nA\ta::A\n");
        let other = custom("other", "A\tb::A\n");
        let stripped = check_and_strip(&module(&[&claims, TYPES, &other])).unwrap();
        assert_eq!(stripped.wasm, module(&[TYPES, &other]));
        let stripped = check_and_strip(&module(&[TYPES, &other, &claims])).unwrap();
        assert_eq!(stripped.wasm, module(&[TYPES, &other]));
    }

    #[test]
    fn names_of_exports_with_promises_are_read_and_their_section_is_removed() {
        let (one, two) = (custom(PROMISES, "f\n"), custom(PROMISES, "A.f\nA::g\n"));
        let checked = check_and_strip(&module(&[&one, TYPES, &two])).unwrap();
        assert_eq!(checked.wasm, module(&[TYPES]));
        let promises: Vec<_> = checked.promises.iter().map(String::as_str).collect();
        assert_eq!(promises, ["A.f", "A::g", "f"]);
    }

    #[test]
    fn a_class_claimed_twice_names_both_types() {
        let claims = custom(SECTION, "A\ta::A\nB\ta::B\nA\tb::A\n");
        let Err(Refused::Clash(error)) = check_and_strip(&module(&[TYPES, &claims])) else {
            panic!("the clash was not seen");
        };
        let text = error.to_string();
        for part in ["`A`", "`a::A`", "`b::A`", "#[js_error(name"] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn claims_are_compared_across_sections() {
        let (one, two) = (custom(SECTION, "A\ta::A\n"), custom(SECTION, "A\tb::A\n"));
        let result = check_and_strip(&module(&[&one, TYPES, &two]));
        assert!(matches!(result, Err(Refused::Clash(_))));
    }

    #[test]
    fn bytes_that_are_not_a_valid_module_are_refused() {
        // A function `() -> ()` whose body leaves an i32 behind.
        let faulty = module(&[TYPES, &[3, 2, 1, 0], &[10, 6, 1, 4, 0, 0x41, 1, 0x0b]]);
        let sound = module(&[TYPES, &[3, 2, 1, 0], &[10, 4, 1, 2, 0, 0x0b]]);
        assert_eq!(check_and_strip(&sound).unwrap().wasm, sound);
        for bytes in [&b"hello"[..], b"", &module(&[&[1, 100, 1]]), &faulty] {
            assert!(matches!(check_and_strip(bytes), Err(Refused::Invalid(_))));
        }
    }
}
