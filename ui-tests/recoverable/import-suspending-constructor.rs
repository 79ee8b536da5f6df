use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    type Thing;

    #[recoverable(constructor, suspending)]
    fn new() -> Thing;
}

fn main() {}
