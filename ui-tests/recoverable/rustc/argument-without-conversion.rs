use recover_runtime::recoverable;

#[recoverable] //~ ERROR the trait bound `(u32, u32):
pub fn run(pair: (u32, u32)) -> u32 { //~ ERROR the trait bound `(u32, u32):
    pair.0
}

fn main() {}
