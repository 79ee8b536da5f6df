use recover_runtime::recoverable;

#[recoverable(instantiate(I = Vec<u32>))]
pub fn run<I: IntoIterator>(values: I) -> Vec<I::Item> {
    values.into_iter().collect()
}

fn main() {}
