use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    imports!();
}

fn main() {}
