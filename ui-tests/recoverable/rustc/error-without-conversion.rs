use recover_runtime::recoverable;

pub struct NotAnError;

#[recoverable]
pub fn run() -> Result<u32, NotAnError> { //~ ERROR `NotAnError` can't be thrown to JavaScript
    Err(NotAnError)
}

fn main() {}
