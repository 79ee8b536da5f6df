use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
enum Failure {
    #[js_error(transparent)]
    Both(String, String),
}

fn main() {}
