use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(code = "E_FAILURE")]
enum Failure {
    #[js_error(skip)]
    Gone,
}

fn main() {}
