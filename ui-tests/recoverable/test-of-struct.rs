#[recover_runtime::test]
struct Adds {
    sum: u32,
}

fn main() {}
