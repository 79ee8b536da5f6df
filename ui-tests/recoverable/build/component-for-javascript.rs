use recover_runtime::recoverable;

pub trait Guest {
    fn total() -> u32;
}

pub struct Component;

#[recoverable] //~ ERROR this is a component, and no package for JavaScript; build it for `wasm32-wasip2`
impl Guest for Component {
    fn total() -> u32 {
        0
    }
}

fn main() {}
