#[recover_runtime::torture]
#[should_panic]
fn merges() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
