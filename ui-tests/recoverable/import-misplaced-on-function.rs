use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(module = "./store.js")]
    fn fill();
}

fn main() {}
