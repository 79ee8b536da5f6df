use recover_runtime::recoverable;

#[recoverable]
pub struct Store {
    #[recoverable(on_panic = "keep")]
    pub size: u32,
}

fn main() {}
