use recover_runtime::{JsValue, recoverable};

#[recoverable]
extern "C" {
    #[recoverable(suspending, catch, experimental_generic_mono)]
    fn fill<T>(value: T) -> Result<JsValue, JsValue>;
}

fn main() {}
