use recover_runtime::recoverable;

#[recoverable(catch)]
pub fn run() {}

fn main() {}
