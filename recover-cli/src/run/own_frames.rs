//! Which functions of a module are frames of the panic itself: those of the runtime and of std that
//! stand above the function that panicked. The stack of an error leaves them out. Engines name a
//! frame by its index, or by its name where there are names, so the glue is given both. What is done
//! with a frame is not decided here. Pure: bytes in, frames out.
//!
//! An optimiser puts the user's code into functions of std and of the runtime that are generic: such
//! a frame may be the only one of a function of the user's. So of an optimised module only those are
//! named that raise a panic, and hold no closure. In one that is not optimised all of both are.

use wasmparser::{BinaryReaderError, KnownCustom, Name, Parser, Payload};

use super::names::{OF_THE_GLUE, UNNAMED, WRAPPERS, of_crate, short};

/// What raises a panic, by how its path begins.
const RAISES: [&str; 21] = [
    "__rust",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "core::cell::panic_",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::panicking::",
    "core::result::unwrap_failed",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::slice::index::slice_",
    "core::str::slice_error_fail",
    "recover_runtime::base::memory::failure::",
    "recover_runtime::base::origin::",
    "recover_runtime::base::stack::",
    "recover_runtime::call::hook::",
    "recover_runtime::host::errors::",
    "rust_",
    "std::alloc::",
    "std::panicking::",
    "std::sys::backtrace::",
];
/// The sides of it that run a closure.
const RUNS: [&str; 4] = [
    "recover_runtime::base::stack::with_limit",
    "std::panicking::catch_unwind",
    "std::panicking::try",
    "std::sys::backtrace::__rust_begin_short_backtrace",
];
/// The import that takes the stack, which wasm-bindgen lays others around.
const TAKES: &str = "takeStack";
/// A function that every optimiser inlines.
const INLINED: &str = "recover_runtime::base::origin::str_parts";

/// A frame, as engines name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// The index of the function.
    pub(super) index: u32,
    /// Its whole name.
    pub(super) name: String,
}

/// The frames of a module whose functions have names.
pub(super) fn own(wasm: &[u8]) -> Result<Vec<Frame>, BinaryReaderError> {
    let mut all = vec![];
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Name(names) = section.as_known() else {
            continue;
        };
        for part in names {
            if let Name::Function(functions) = part? {
                for naming in functions {
                    let naming = naming?;
                    all.push((naming.index, naming.name, short(naming.name)));
                }
            }
        }
    }
    let optimised = !all.iter().any(|(_, _, path)| path == INLINED);
    let own = all.into_iter().filter(|(_, _, path)| match optimised {
        true => raises(path),
        false => UNNAMED.contains(&of_crate(path)) || is_of_the_glue(path),
    });
    let frame = |(index, name, _): (u32, &str, _)| Frame {
        index,
        name: name.to_owned(),
    };
    Ok(own.map(frame).collect())
}

fn raises(path: &str) -> bool {
    let path = path.trim_start_matches(['<', '&']);
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
    begins(&RAISES) && !begins(&RUNS) || path.contains(TAKES)
}

/// Whether wasm-bindgen made it, around a function or for the glue.
fn is_of_the_glue(path: &str) -> bool {
    WRAPPERS.iter().any(|kind| path.ends_with(kind))
        || OF_THE_GLUE.iter().any(|kind| path.starts_with(kind))
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

    fn names(of: &[&str]) -> Vec<String> {
        let own = own(&module(of)).unwrap();
        for frame in &own {
            assert_eq!(frame.name, of[frame.index as usize]);
        }
        own.into_iter().map(|frame| frame.name).collect()
    }

    const USERS: [&str; 3] = [
        "app[1f]::put",
        "<alloc[2e]::vec::Vec<u8> as app[1f]::Sum>::sum",
        "store_put",
    ];
    const RAISING: [&str; 5] = [
        "std[3d]::panicking::panic_with_hook",
        "core[2e]::panicking::panic_fmt",
        "<recover_runtime[3d]::call::hook::chain::{closure#0} as core[2e]::ops::FnOnce<()>>::call_once",
        "__rustc[1]::rust_begin_unwind",
        "recover_runtime[3d]::host::errors::js_take_stack::__wbg_takeStack_1f2e catch wrapper",
    ];
    const MAY_HOLD_THE_USERS: [&str; 3] = [
        "std[3d]::panicking::catch_unwind::do_call::<app[1f]::put::{closure#0}>",
        "<core[2e]::iter::Map<app[1f]::List> as core[2e]::iter::Iterator>::fold",
        "recover_runtime[3d]::call::guard::call::<app[1f]::put>",
    ];

    #[test]
    fn of_an_optimised_module_only_what_raises_is_own() {
        let all = [&USERS[..], &RAISING, &MAY_HOLD_THE_USERS].concat();
        assert_eq!(names(&all), RAISING);
    }

    #[test]
    fn of_a_module_that_is_not_optimised_all_of_std_and_of_the_runtime_is_own() {
        let inlined = ["recover_runtime[3d]::base::origin::str_parts"];
        let all = [&USERS[..], &RAISING, &MAY_HOLD_THE_USERS, &inlined].concat();
        let expected = [&RAISING[..], &MAY_HOLD_THE_USERS, &inlined].concat();
        assert_eq!(names(&all), expected);
    }

    #[test]
    fn a_module_without_names_has_none_and_one_that_is_cut_is_refused() {
        assert_eq!(names(&[]), Vec::<String>::new());
        assert_eq!(own(b"\0asm\x01\0\0\0").unwrap(), []);
        assert!(own(&module(&USERS)[..20]).is_err());
    }
}
