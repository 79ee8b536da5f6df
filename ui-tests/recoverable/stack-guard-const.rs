use recover_runtime::recoverable;

#[recoverable(stack_guard)]
const fn depth(levels: u32) -> u32 {
    levels
}

fn main() {}
