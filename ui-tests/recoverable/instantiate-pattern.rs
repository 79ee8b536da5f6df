use recover_runtime::recoverable;

#[recoverable(js_name = "run{U}", instantiate(T = u32))]
pub fn run<T: Copy>(value: T) -> T {
    value
}

fn main() {}
