use recover_runtime::recoverable;

#[recoverable]
pub(crate) fn run() {}

fn main() {}
