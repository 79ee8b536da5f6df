#[recover_runtime::torture]
fn merges<T: Default>() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
