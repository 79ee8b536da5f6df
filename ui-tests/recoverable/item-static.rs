use recover_runtime::recoverable;

#[recoverable]
pub static LIMIT: u32 = 10;

fn main() {}
