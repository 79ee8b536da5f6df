use recover_runtime::recoverable;

pub struct Store {
    size: u32,
}

#[recoverable]
pub fn size(store: &Store) -> u32 { //~ ERROR `Store` can't be an argument of an export //~ NOTE put `#[recoverable]` on the struct or enum
    store.size
}

#[recoverable]
pub async fn later(store: &Store) -> u32 { //~ ERROR `Store` can't be an argument of an export //~ NOTE put `#[recoverable]` on the struct or enum
    store.size
}

#[recoverable]
pub fn grow(store: &mut Store, by: u32) { //~ ERROR `Store` can't be an argument of an export //~ NOTE put `#[recoverable]` on the struct or enum
    store.size += by;
}

fn main() {}
