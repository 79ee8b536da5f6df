use recover_runtime::recoverable;

#[recoverable]
extern "C" {
    fn fill(&self);
}

fn main() {}
