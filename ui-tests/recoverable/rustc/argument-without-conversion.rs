use recover_runtime::recoverable;

#[recoverable]
pub fn run(pair: (u32, u32)) -> u32 { //~ ERROR the trait bound
    pair.0
}

fn main() {}
