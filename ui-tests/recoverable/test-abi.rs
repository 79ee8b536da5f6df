#[recover_runtime::test]
extern "C" fn adds() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
