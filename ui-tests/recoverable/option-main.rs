use recover_runtime::recoverable;

#[recoverable(main)]
pub fn run() {}

fn main() {}
