use recover_runtime::recoverable;

#[recoverable]
pub fn size(&self) -> u32 {
    1
}

fn main() {}
