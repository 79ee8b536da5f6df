use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(method)]
    fn fill();
}

fn main() {}
