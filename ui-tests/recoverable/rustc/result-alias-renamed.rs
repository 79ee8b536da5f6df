use recover_runtime::{JsValue, recoverable};

type Fallible<T> = Result<T, JsValue>;

#[recoverable] //~ ERROR can't be returned to JavaScript //~ ERROR the trait bound
pub fn run() -> Fallible<u32> { //~ ERROR can't be returned to JavaScript //~ ERROR the trait bound //~ NOTE it must be named `Result`
    Ok(1)
}

fn main() {}
