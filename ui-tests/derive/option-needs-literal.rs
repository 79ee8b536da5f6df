use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(code = 5)]
struct Failure;

fn main() {}
