use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
enum Failure {
    Type,
}

fn main() {}
