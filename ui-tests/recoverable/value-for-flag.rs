use recover_runtime::recoverable;

#[recoverable(skip_typescript = "yes")]
pub fn run() {}

fn main() {}
