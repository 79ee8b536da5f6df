use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    #[js_error(skip, js_name = "other")]
    key: String,
}

fn main() {}
