use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(transparent)]
struct Failure(NotAnError);

struct NotAnError;

fn main() {}
