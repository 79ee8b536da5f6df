use recover_runtime::recoverable;

#[recoverable(crate = 5)]
pub fn run() {}

fn main() {}
