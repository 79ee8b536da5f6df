use recover_runtime::recoverable;

#[recoverable(js_namespace)]
pub fn run() {}

fn main() {}
