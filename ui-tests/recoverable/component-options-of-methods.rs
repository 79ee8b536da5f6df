use recover_runtime::recoverable;

pub struct Ledger;

#[recoverable(resource = exports::bank::ledgers::GuestLedger, js_class = "Book")]
impl Ledger {
    #[recoverable(getter)]
    pub fn total(&self) -> u32 {
        0
    }
    #[recoverable(jspi)]
    pub fn put(&self, #[recoverable(js_name = "amount")] _amount: u32) {}
    #[recoverable(unchecked_return_type = "number")]
    pub fn get(&self) -> u32 {
        0
    }
}

fn main() {}
