use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    #[js_error(js_name = "no-key")]
    key: String,
}

fn main() {}
