use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    #[recoverable(catch)]
    fn read() -> u32;
}

fn main() {}
