use recover_runtime::recoverable;

#[recoverable(stack_guard, max_depth = 100000)]
pub fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
