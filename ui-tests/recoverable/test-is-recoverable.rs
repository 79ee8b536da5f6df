#[recover_runtime::test]
#[recover_runtime::recoverable]
pub fn adds() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
