use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32 as "a-number"))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
