use recover_runtime::recoverable;

#[recoverable(start)]
pub fn run() -> u32 {
    1
}

fn main() {}
