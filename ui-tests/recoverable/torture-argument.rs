#[recover_runtime::torture]
fn merges(one: u32, two: u32) {
    assert_eq!(1 + 1, 2);
}

fn main() {}
