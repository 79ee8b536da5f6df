use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(on_panic = "keep")]
    fn fill();
}

fn main() {}
