use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(transparent)]
struct Failure(NotAnError); //~ ERROR `NotAnError` can't be thrown to JavaScript //~ NOTE add `#[derive(JsErrorClass)]` to `NotAnError`

struct NotAnError;

fn main() {}
