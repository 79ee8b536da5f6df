use recover_runtime::recoverable;

#[recoverable(js_name = "go", js_name = "start")]
pub fn run() {}

fn main() {}
