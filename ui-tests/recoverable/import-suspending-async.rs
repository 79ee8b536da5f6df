use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(suspending)]
    async fn fill() -> u32;
}

fn main() {}
