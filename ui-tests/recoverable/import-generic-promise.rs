use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    async fn first<T>(store: &T) -> T;
}

fn main() {}
