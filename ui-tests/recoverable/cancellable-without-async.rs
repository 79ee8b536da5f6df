use recover_runtime::recoverable;

#[recoverable(cancellable)]
pub fn run() {}

fn main() {}
