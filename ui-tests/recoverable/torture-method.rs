#[recover_runtime::torture]
fn merges(&self) {
    assert_eq!(1 + 1, 2);
}

fn main() {}
