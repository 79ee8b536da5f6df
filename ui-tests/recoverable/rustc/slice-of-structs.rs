use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    size: u32,
}

#[recoverable]
pub fn total(stores: &[Store]) -> u32 { //~ ERROR a slice of `Store` can't be an argument of an export //~ NOTE take `Vec<Store>`
    stores.iter().map(|store| store.size).sum()
}

#[recoverable]
pub fn clear(stores: &mut [Store]) { //~ ERROR a slice of `Store` can't be an argument of an export //~ NOTE take `Vec<Store>`
    stores[0].size = 0;
}

fn main() {}
