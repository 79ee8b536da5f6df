use recover_runtime::recoverable;

#[recoverable]
pub async fn run() -> u32 {
    1
}

fn main() {}
