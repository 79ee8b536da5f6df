use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(colour = "red")]
struct Failure;

fn main() {}
