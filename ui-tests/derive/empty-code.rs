use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(code = "")]
struct Failure;

fn main() {}
