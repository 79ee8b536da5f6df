use recover_runtime::recoverable;

#[recoverable(instantiate((T, U) = (u32, f64)))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
