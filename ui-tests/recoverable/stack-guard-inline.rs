use recover_runtime::recoverable;

#[recoverable(stack_guard)]
#[inline(always)]
pub fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
