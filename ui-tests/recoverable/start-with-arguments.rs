use recover_runtime::recoverable;

#[recoverable(start)]
pub fn run(count: u32) {
    assert!(count > 0);
}

fn main() {}
