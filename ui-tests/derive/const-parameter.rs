use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
struct Failure<const N: usize>;

fn main() {}
