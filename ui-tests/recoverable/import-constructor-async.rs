use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    type Store;
    #[recoverable(constructor)]
    async fn new() -> Store;
}

fn main() {}
