#[recover_runtime::torture]
#[test]
fn merges() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
