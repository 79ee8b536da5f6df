use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, 4))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
