use recover_runtime::recoverable;

#[recoverable]
fn run() {}

fn main() {}
