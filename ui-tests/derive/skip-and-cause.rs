use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    #[js_error(skip, cause)]
    thrown: recover_runtime::JsValue,
}

fn main() {}
