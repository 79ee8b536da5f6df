use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
enum Failure {
    Parse,
    ParseError,
}

fn main() {}
