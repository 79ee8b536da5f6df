use recover_runtime::recoverable;

pub struct Store {
    size: u32,
}

#[recoverable] //~ ERROR the trait bound `Store: //~ ERROR the method `get` exists
pub fn run(store: &Store) -> u32 { //~ ERROR the trait bound `Store:
    store.size
}

fn main() {}
