use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(name = "class")]
struct Failure;

fn main() {}
