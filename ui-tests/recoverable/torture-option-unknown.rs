#[recover_runtime::torture(host)]
fn merges() {
    assert_eq!(1 + 1, 2);
}

fn main() {}
