use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    #[js_error(skip = "always")]
    key: String,
}

fn main() {}
