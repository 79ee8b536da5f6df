use recover_runtime::recoverable;

#[recoverable(js_name = 5)]
pub fn run() {}

fn main() {}
