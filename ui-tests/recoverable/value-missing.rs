use recover_runtime::recoverable;

#[recoverable(js_name)]
pub fn run() {}

fn main() {}
