use recover_runtime::recoverable;

#[recoverable(suspending)]
pub fn run() {}

fn main() {}
