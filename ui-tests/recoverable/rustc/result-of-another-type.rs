use recover_runtime::recoverable;

pub struct Result(u32);

#[recoverable]
pub fn run() -> Result { //~ ERROR `Result` is named `Result` but is another type //~ NOTE rename the type
    Result(1)
}

fn main() {}
