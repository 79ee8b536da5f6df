use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32, Vec<[u8; 4]>))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
