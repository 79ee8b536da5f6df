use recover_runtime::recoverable;

#[recoverable(stack_guard, js_name = "walkDown")]
fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
