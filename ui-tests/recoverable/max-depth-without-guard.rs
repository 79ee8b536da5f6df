use recover_runtime::recoverable;

#[recoverable(max_depth = 10)]
pub fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
