use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
enum Failure {
    Panic,
}

fn main() {}
