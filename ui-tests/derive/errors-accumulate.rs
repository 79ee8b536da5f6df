use recover_runtime::JsErrorClass;

#[derive(JsErrorClass)]
#[js_error(colour = "red")]
enum Failure<T> {
    Panic,
    #[js_error(code = "", extends = "Map")]
    Bad { message: T },
}

// The stub stands in, so that this adds no error.
fn convert(failure: Failure<u32>) -> recover_runtime::JsValue {
    failure.into()
}

fn main() {}
