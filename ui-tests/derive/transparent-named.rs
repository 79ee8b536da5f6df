use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
enum Failure {
    #[js_error(transparent, name = "Own", code = "E_OWN")]
    Inner(String),
}

fn main() {}
