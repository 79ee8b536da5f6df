use recover_runtime::recoverable;

#[recoverable(no_promising)]
pub fn run() {}

fn main() {}
