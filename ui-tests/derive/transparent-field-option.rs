use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(transparent)]
struct Failure(#[js_error(skip)] String);

fn main() {}
