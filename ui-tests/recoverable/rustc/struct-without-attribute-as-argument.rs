use recover_runtime::recoverable;

pub struct Store {
    size: u32,
}

#[recoverable] //~ ERROR can't be an argument of an export //~ ERROR the trait bound //~ ERROR the method
pub fn run(store: &Store) -> u32 { //~ ERROR `Store` can't be an argument of an export //~ NOTE put `#[recoverable]` on the struct //~ ERROR the trait bound
    store.size
}

fn main() {}
