use recover_runtime::{JsValue, recoverable};

type Started = Result<u32, JsValue>;

#[recoverable(start)]
pub fn run() -> Started { //~ ERROR a `start` function can't return `u32`: the loader, which calls it, ignores the value //~ NOTE return nothing or `Result<(), _>`
    Ok(1)
}

fn main() {}
