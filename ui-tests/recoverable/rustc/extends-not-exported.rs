use recover_runtime::recoverable;

pub struct Base;

#[recoverable(extends = Base)] //~ ERROR `Base` is not exported
pub struct Store {
    size: u32,
}

fn main() {}
