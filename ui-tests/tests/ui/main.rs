//! What the macros refuse and what they must take.
//!
//! A rejection that our messages alone decide stands in `recoverable/` or
//! `derive/` with its blessed `.stderr` (`TRYBUILD=overwrite` writes them). One
//! that rustc raises from a bound of ours stands in `rustc/` beside them: rustc's
//! text changes, so our part of it is written into the case (see `rustc`). What only a build for wasm32
//! shows stands in `build/`, and what the runtime says of components in `component/`, in the same form.

mod checks;
mod files;
mod messages;
mod rustc;

/// Every case that our messages alone decide.
#[test]
fn every_rejection_has_its_message() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("recoverable/*.rs");
    cases.compile_fail("derive/*.rs");
}
