//! What the macros refuse: each case with its blessed message.

/// Every case that our messages alone decide.
#[test]
fn every_rejection_has_its_message() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("recoverable/*.rs");
    cases.compile_fail("derive/*.rs");
}
