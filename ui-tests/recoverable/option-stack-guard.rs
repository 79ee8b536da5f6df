use recover_runtime::recoverable;

#[recoverable(stack_guard)]
pub fn run() {}

fn main() {}
