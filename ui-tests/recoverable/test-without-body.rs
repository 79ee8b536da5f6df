#[recover_runtime::test]
fn adds();

// There is nothing to run.

fn main() {}
