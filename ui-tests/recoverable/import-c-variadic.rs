use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    fn print(format: &str, ...);
}

fn main() {}
