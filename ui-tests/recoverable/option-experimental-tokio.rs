use recover_runtime::recoverable;

#[recoverable(experimental_tokio)]
pub fn run() {}

fn main() {}
