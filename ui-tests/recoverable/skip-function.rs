use recover_runtime::recoverable;

#[recoverable(skip)]
pub fn walk(levels: u32) -> u32 {
    levels
}

fn main() {}
