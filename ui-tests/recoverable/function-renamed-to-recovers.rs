use recover_runtime::recoverable;

#[recoverable(js_name = "recovery")]
pub fn run() {}

fn main() {}
