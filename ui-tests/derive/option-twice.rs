use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(code = "E_ONE")]
#[js_error(code = "E_TWO")]
struct Failure;

fn main() {}
