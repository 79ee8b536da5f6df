use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure;

fn main() {}
