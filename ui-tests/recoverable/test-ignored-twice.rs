#[recover_runtime::test]
#[ignore]
#[ignore = "slow"]
fn adds() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
