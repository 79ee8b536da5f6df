use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    key: String,
    #[js_error(js_name = "key")]
    other: String,
}

fn main() {}
