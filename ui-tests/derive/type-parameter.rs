use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure<T>(T);

fn main() {}
