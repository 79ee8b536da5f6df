#[recover_runtime::torture]
#[recover_runtime::test]
fn merges() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
