use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, std::primitive::u32))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
