use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(extends = "AggregateError")]
struct Failure;

fn main() {}
