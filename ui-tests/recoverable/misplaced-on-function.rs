use recover_runtime::recoverable;

#[recoverable(constructor)]
pub fn run() -> u32 {
    1
}

fn main() {}
