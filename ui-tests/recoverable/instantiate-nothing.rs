use recover_runtime::recoverable;

#[recoverable(instantiate(T = ))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
