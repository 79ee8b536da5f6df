use recover_runtime::recoverable;

#[recoverable]
pub unsafe fn run(address: usize) -> u8 {
    unsafe { *(address as *const u8) }
}

fn main() {}
