use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure<'a> {
    key: &'a str,
}

fn main() {}
