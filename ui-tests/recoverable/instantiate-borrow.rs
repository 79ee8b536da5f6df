use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, Option<&'static str> as Text))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
