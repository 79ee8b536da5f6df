use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(static_method_of = 3)]
    fn fill();
}

fn main() {}
