use recover_runtime::recoverable;

pub struct Store {
    size: u32,
}

#[recoverable]
pub fn run(store: &Store) -> u32 { //~ ERROR the trait bound
    store.size
}

fn main() {}
