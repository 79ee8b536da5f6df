use recover_runtime::recoverable;

#[recoverable(resource = exports::bank::ledgers::GuestLedger)]
impl [u8] {
    pub fn total(&self) -> u32 {
        0
    }
}

fn main() {}
