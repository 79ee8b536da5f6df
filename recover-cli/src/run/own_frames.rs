//! Which frames of a panic's stack are of the panic itself: functions of the runtime and of std that
//! stand above the one that panicked. The stack of an error leaves them out. Engines tell a frame
//! by its index, and by its name where the package keeps names, so the glue is given both. What is
//! done with a frame is not decided here. Pure: bytes in, JavaScript out.
//!
//! An optimiser puts the user's code into functions of std and of the runtime that are generic: such
//! a frame may be the only one of a function of the user's. So of an optimised module only those are
//! left out that raise a panic, and run no closure. Of one that is not optimised, which has all its
//! names, everything of both is.

use wasmparser::{BinaryReaderError, KnownCustom, Name, Parser, Payload};

use super::names::{UNNAMED, WRAPPERS, short};

/// What raises a panic, by how its path begins: the crate, and the rest.
const RAISES: [(&str, &str); 21] = [
    ("__rustc", "__rust_alloc_error_handler"),
    ("__rustc", "rust_"),
    ("alloc", "alloc::handle_alloc_error"),
    ("alloc", "raw_vec::capacity_overflow"),
    ("alloc", "raw_vec::handle_error"),
    ("core", "cell::panic_"),
    ("core", "option::expect_failed"),
    ("core", "option::unwrap_failed"),
    ("core", "panicking::"),
    ("core", "result::unwrap_failed"),
    ("core", "slice::copy_from_slice_impl::len_mismatch_fail"),
    ("core", "slice::index::slice_"),
    ("core", "str::slice_error_fail"),
    ("recover_runtime", "base::memory::failure::"),
    ("recover_runtime", "base::origin::"),
    ("recover_runtime", "base::stack::"),
    ("recover_runtime", "call::hook::"),
    ("recover_runtime", "host::errors::take_stack"),
    ("std", "alloc::rust_oom"),
    ("std", "panicking::"),
    ("std", "sys::backtrace::__rust_end_short_backtrace"),
];
/// What of them runs a closure.
const RUNS: [&str; 3] = [
    "stack::with_limit",
    "panicking::catch_unwind",
    "panicking::try",
];
/// The import that takes the stack, which wasm-bindgen lays others around.
const TAKES: &str = "takeStack";
/// What the macros put around a function, and the compiler around a catch.
const GENERATED: [&str; 4] = [
    "::__recover_",
    "::__wasm_bindgen_generated_",
    "__rust_try",
    "___convert__closures_",
];
/// A function that every optimiser inlines.
const INLINED: &str = "recover_runtime::base::origin::str_parts";

/// The names that a package keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Those of all functions.
    All,
    /// Those of the user's own.
    OfTheUsers,
    /// None.
    None,
}

/// The frames of a module.
#[derive(Debug)]
pub(super) struct Own {
    /// The indices of those that raise a panic.
    indices: Vec<u32>,
    /// Whether the module is optimised.
    optimised: bool,
}

/// The frames of a module whose functions have names.
pub(super) fn own(wasm: &[u8]) -> Result<Own, BinaryReaderError> {
    let (mut indices, mut optimised) = (vec![], true);
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Name(names) = section.as_known() else {
            continue;
        };
        for part in names {
            let Name::Function(functions) = part? else {
                continue;
            };
            for naming in functions {
                let naming = naming?;
                let path = short(naming.name);
                optimised &= path != INLINED;
                if raises(&path) {
                    indices.push(naming.index);
                }
            }
        }
    }
    Ok(Own { indices, optimised })
}

fn raises(path: &str) -> bool {
    let path_in_crate = |path: &str, of: &str| {
        let rest = path.trim_start_matches(['<', '&']).strip_prefix(of)?;
        rest.strip_prefix("::").map(str::to_owned)
    };
    let begins = |(of, start): &(&str, &str)| {
        path_in_crate(path, of).is_some_and(|rest| rest.starts_with(start))
    };
    let runs = RUNS.iter().any(|part| path.contains(part));
    RAISES.iter().any(begins) && !runs || path.contains(TAKES)
}

impl Own {
    /// What the glue says of them, in a package that keeps such names.
    pub(super) fn facts(&self, names: Names) -> String {
        let is_told = match names {
            Names::All => true,
            // Those of std and of the runtime are not among them.
            Names::OfTheUsers => !self.optimised,
            Names::None => false,
        };
        let names = match is_told {
            true => format!("\n    ownNames: /{}/,", self.pattern()),
            false => String::new(),
        };
        format!("own: '{}',{names}", digits(&self.indices))
    }

    /// A regular expression for the line of a frame.
    fn pattern(&self) -> String {
        // Where the name begins: in JavaScriptCore, in V8 behind the module's, in SpiderMonkey.
        const AT: &str = r"(?:function\[|\.wasm\.|\bat |^)";
        // The number of a crate.
        const HASH: &str = r"(?:\[\w+\])?::";
        if self.optimised {
            let raises = RAISES.map(|(of, start)| format!("{of}{HASH}{start}"));
            let (raises, runs) = (raises.join("|"), RUNS.join("|"));
            return format!("{AT}[<&]*(?:{raises})(?!.*(?:{runs}))|{TAKES}");
        }
        let crates = UNNAMED.join("|");
        let (generated, wrappers) = (GENERATED.join("|"), WRAPPERS.join("|"));
        // A function; a method of a type, or of a type without a crate, by a trait or by itself;
        // what a trait of the runtime does for any type; and what has no name where others have,
        // in V8 and in SpiderMonkey.
        let of_crate = format!("(?:{crates}){HASH}");
        format!(
            r"{AT}(?:{of_crate}|<[&*(\[]*(?:mut )?(?:(?:{of_crate}).*|[\w; ]+[\])]*)(?: as {of_crate}|>::)|[<&]+.* as recover_runtime{HASH})|{generated}|{wrappers}|\.wasm(?: \(|\.@)"
        )
    }
}

/// Ascending indices as the runtime's `js/errors.js` reads them: each digit is the distance to the next, in base 36;
/// `0` is 35 on the way there. A list of numbers is more than twice as long when it is compressed.
fn digits(indices: &[u32]) -> String {
    let (mut out, mut next) = (String::new(), 0);
    for &index in indices {
        // The first distance is that from before the first function.
        let mut distance = index + 1 - next;
        while distance > 35 {
            out.push('0');
            distance -= 35;
        }
        out.extend(char::from_digit(distance, 36));
        next = index + 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with such names alone.
    fn module(names: &[&str]) -> Vec<u8> {
        let mut functions = vec![names.len() as u8];
        for (index, name) in names.iter().enumerate() {
            functions.extend([index as u8, name.len() as u8]);
            functions.extend(name.bytes());
        }
        let mut section = b"\x04name\x01".to_vec();
        push(&mut section, functions.len());
        section.extend(functions);
        let mut wasm = b"\0asm\x01\0\0\0\0".to_vec();
        push(&mut wasm, section.len());
        wasm.extend(section);
        wasm
    }

    fn push(out: &mut Vec<u8>, number: usize) {
        super::super::handler::push(out, number as u64);
    }

    const RAISING: [&str; 5] = [
        "std[3d]::panicking::panic_with_hook",
        "core[2e]::panicking::panic_fmt",
        "<recover_runtime[3d]::call::hook::chain::{closure#0} as core[2e]::ops::FnOnce<()>>::call_once",
        "__rustc[1]::rust_begin_unwind",
        "recover_runtime[3d]::host::errors::js_take_stack::__wbg_takeStack_1f2e catch wrapper",
    ];
    const OTHERS: [&str; 6] = [
        "app[1f]::put",
        "<alloc[2e]::vec::Vec<u8> as app[1f]::Sum>::sum",
        "store_put",
        "std[3d]::panicking::catch_unwind::do_call::<app[1f]::put::{closure#0}>",
        "<core[2e]::iter::Map<app[1f]::List> as core[2e]::iter::Iterator>::fold",
        "recover_runtime[3d]::call::guard::call::<app[1f]::put>",
    ];

    #[test]
    fn what_raises_a_panic_is_own_and_what_may_hold_the_users_code_is_not() {
        let all = [&OTHERS[..], &RAISING].concat();
        let found = own(&module(&all)).unwrap();
        assert_eq!(found.indices, [6, 7, 8, 9, 10]);
        assert!(found.optimised);
        assert_eq!(found.facts(Names::OfTheUsers), "own: '71111',");
        assert!(found.facts(Names::All).contains("ownNames: /"));
    }

    #[test]
    fn a_module_that_is_not_optimised_is_recognised_and_all_of_std_left_out_by_name() {
        let inlined = ["recover_runtime[3d]::base::origin::str_parts"];
        let found = own(&module(&inlined)).unwrap();
        assert!(!found.optimised);
        let facts = found.facts(Names::OfTheUsers);
        assert_eq!(facts, found.facts(Names::All));
        for part in [
            "own: '1',\n    ownNames: /",
            "|core|",
            "::__recover_",
            " catch wrapper",
        ] {
            assert!(facts.contains(part), "{facts}");
        }
        assert!(
            !facts.contains("//"),
            "a comment would begin there: {facts}"
        );
    }

    #[test]
    fn indices_are_written_by_their_distances() {
        for (indices, expected) in [
            (&[][..], ""),
            (&[0, 1, 36], "11z"),
            (&[34, 70, 75], "z015"),
            (&[140], "00001"),
        ] {
            assert_eq!(digits(indices), expected, "{indices:?}");
        }
    }

    #[test]
    fn a_module_without_names_has_none_and_one_that_is_cut_is_refused() {
        assert_eq!(
            own(b"\0asm\x01\0\0\0").unwrap().facts(Names::None),
            "own: '',"
        );
        assert!(own(&module(&OTHERS)[..20]).is_err());
    }
}
