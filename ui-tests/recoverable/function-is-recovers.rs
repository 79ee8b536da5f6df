use recover_runtime::recoverable;

#[recoverable]
pub fn recovery() {}

fn main() {}
