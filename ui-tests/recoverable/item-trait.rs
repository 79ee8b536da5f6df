use recover_runtime::recoverable;

#[recoverable]
pub trait Fill {
    fn fill(&mut self);
}

fn main() {}
