use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(extends = Store)]
    fn fill();
}

fn main() {}
