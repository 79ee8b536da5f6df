#[recover_runtime::torture]
unsafe fn merges() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
