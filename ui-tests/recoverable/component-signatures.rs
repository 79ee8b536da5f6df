use recover_runtime::recoverable;

pub struct Ledger(String);

#[recoverable(resource = exports::bank::ledgers::GuestLedger)]
impl Ledger {
    pub unsafe fn raw(&self) {}
    pub fn each(&self, _of: impl Fn(u32)) {}
    pub fn all(&self) -> impl Iterator<Item = u32> {
        std::iter::empty()
    }
    pub fn owner(&self) -> &str {
        &self.0
    }
    pub fn fill(&self, _bytes: &mut [u8]) {}
}

fn main() {}
