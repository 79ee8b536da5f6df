#[recover_runtime::torture]
struct Merges {
    name: String,
}

fn main() {}
