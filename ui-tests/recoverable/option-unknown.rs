use recover_runtime::recoverable;

#[recoverable(colour = "red")]
pub fn run() {}

fn main() {}
