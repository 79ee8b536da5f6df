//! Nothing to link: the cases are the tests (see tests/ui/main.rs).
