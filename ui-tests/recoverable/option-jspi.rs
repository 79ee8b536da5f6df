use recover_runtime::recoverable;

#[recoverable(jspi)]
pub fn run() {}

fn main() {}
