use recover_runtime::recoverable;

#[recoverable(instantiate = "u32")]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
