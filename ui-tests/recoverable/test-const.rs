#[recover_runtime::test]
const fn adds() {
    assert!(1 + 1 == 2);
}

fn main() {}
