use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(code = E_FAILURE)]
struct Failure;

fn main() {}
