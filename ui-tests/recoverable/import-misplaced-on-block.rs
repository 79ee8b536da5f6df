use recover_runtime::recoverable;

#[recoverable(catch)]
extern "C" {
    fn fill();
}

fn main() {}
