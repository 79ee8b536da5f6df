use recover_runtime::recoverable;

pub struct Result(u32);

#[recoverable] //~ ERROR `Result` is named `Result` but is another type //~ ERROR mismatched types
pub fn run() -> Result { //~ ERROR `Result` is named `Result` but is another type //~ NOTE rename the type
    Result(1)
}

fn main() {}
