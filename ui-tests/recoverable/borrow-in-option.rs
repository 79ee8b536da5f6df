use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
pub fn total(store: &Store, other: Option<&Store>) -> u32 {
    store.size + other.map_or(0, |other| other.size)
}

fn main() {}
