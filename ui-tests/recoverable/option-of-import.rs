use recover_runtime::recoverable;

#[recoverable(module = "./store.js")]
pub fn run() {}

fn main() {}
