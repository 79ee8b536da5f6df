use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure {
    message: String,
}

fn main() {}
