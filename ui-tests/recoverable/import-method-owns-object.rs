use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    type Store;
    #[recoverable(method)]
    fn fill(this: Store);
}

fn main() {}
