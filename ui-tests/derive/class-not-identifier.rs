use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(name = "No-Key")]
struct Failure;

fn main() {}
