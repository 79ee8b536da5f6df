use recover_runtime::recoverable;

#[recoverable(js_sys = other::js_sys)]
pub fn run() {}

fn main() {}
