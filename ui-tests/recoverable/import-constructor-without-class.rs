use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(constructor)]
    fn new();
}

fn main() {}
