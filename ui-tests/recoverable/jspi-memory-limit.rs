use recover_runtime::recoverable;

#[recoverable(jspi, memory_limit = "1MiB")]
pub fn run() {}

fn main() {}
