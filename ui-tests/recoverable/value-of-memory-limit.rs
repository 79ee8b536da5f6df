use recover_runtime::recoverable;

#[recoverable(memory_limit = "64 MB")]
pub fn parse(text: &str) -> usize {
    text.len()
}

fn main() {}
