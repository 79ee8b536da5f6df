use recover_runtime::recoverable;

#[recoverable]
pub const LIMIT: u32 = 10;

fn main() {}
