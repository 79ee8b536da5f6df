use recover_runtime::{JsValue, recoverable};

type Pair = (u32, u32);
type Fallible<T> = Result<T, JsValue>;
type Odd = Result<u32, Pair>;

#[recoverable]
pub fn pair() -> Fallible<Pair> { //~ ERROR `(u32, u32)` can't be returned to JavaScript
    Ok((1, 2))
}

#[recoverable]
pub fn odd() -> Odd { //~ ERROR `(u32, u32)` can't be thrown to JavaScript
    Err((1, 2))
}

#[recoverable]
pub async fn later() -> Odd { //~ ERROR `(u32, u32)` can't be thrown to JavaScript
    Err((1, 2))
}

fn main() {}
