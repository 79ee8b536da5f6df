use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(suspending)]
    fn fill();
}

fn main() {}
