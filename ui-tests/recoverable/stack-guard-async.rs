use recover_runtime::recoverable;

#[recoverable(stack_guard, skip)]
pub async fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
