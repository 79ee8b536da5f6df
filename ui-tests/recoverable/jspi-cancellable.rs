use recover_runtime::recoverable;

#[recoverable(jspi, cancellable)]
pub fn run() {}

fn main() {}
