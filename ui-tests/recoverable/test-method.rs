#[recover_runtime::test]
fn adds(&self) {
    assert_eq!(1 + 1, 2);
}

fn main() {}
