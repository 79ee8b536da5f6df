use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32))]
pub fn run(value: u32) -> u32 {
    value
}

fn main() {}
