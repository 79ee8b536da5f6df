#[recover_runtime::test]
fn adds(one: u32, two: u32) {
    assert_eq!(one + one, two);
}

fn main() {}
