use recover_runtime::recoverable;

#[recoverable(instantiate(T = u32))]
pub fn run<'a, T: Copy>(text: &'a str) -> usize {
    text.len() + size_of::<T>()
}

fn main() {}
