use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(crate = "recover_runtime")]
struct Failure;

fn main() {}
