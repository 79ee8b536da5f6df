use recover_runtime::recoverable;

#[recoverable]
pub fn run<'a>(text: &'a str) -> usize {
    text.len()
}

fn main() {}
