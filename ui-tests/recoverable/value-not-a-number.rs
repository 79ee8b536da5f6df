use recover_runtime::recoverable;

#[recoverable(stack_guard, max_depth = "many")]
pub fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
