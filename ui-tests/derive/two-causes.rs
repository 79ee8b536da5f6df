use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    #[js_error(cause)]
    first: recover_runtime::JsValue,
    #[js_error(cause)]
    second: recover_runtime::JsValue,
}

fn main() {}
