use recover_runtime::recoverable;

#[recoverable(stack_guard)]
extern "C" fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
