use recover_runtime::recoverable;

#[recoverable] //~ ERROR can't be returned to JavaScript //~ ERROR the trait bound
pub fn run() -> (u32, u32) { //~ ERROR `(u32, u32)` can't be returned to JavaScript //~ ERROR the trait bound
    (1, 2)
}

fn main() {}
