use recover_runtime::{JsValue, recoverable};

pub struct Store(u32);

#[recoverable]
pub fn make() -> Store { //~ ERROR `Store` can't be returned to JavaScript //~ NOTE put `#[recoverable]` on the struct or enum
    Store(0)
}

#[recoverable]
pub fn find() -> Result<Option<Store>, JsValue> { //~ ERROR `Option<Store>` can't be returned to JavaScript
    Ok(Some(Store(0)))
}

#[recoverable]
pub async fn wait() -> Result<Store, JsValue> { //~ ERROR `Store` can't be returned to JavaScript
    Ok(Store(0))
}

fn main() {}
