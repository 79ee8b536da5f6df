use recover_runtime::recoverable;

#[recoverable(js_name("go"))]
pub fn run() {}

fn main() {}
