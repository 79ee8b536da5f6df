use recover_runtime::recoverable;
mod exports {
    pub use recover_runtime::component::types::Failure;
    pub trait GuestLedger {
        fn total(&self) -> Result<u32, Failure>;
    }
    pub struct Ledger(());
    pub struct LedgerBorrow<'a>(&'a ());
    impl Ledger {
        pub fn new<T>(_: T) -> Self { loop {} }
        pub fn into_inner<T>(self) -> T { loop {} }
    }
    impl<'a> LedgerBorrow<'a> {
        pub fn get<T>(&self) -> &'a T { loop {} }
    }
}
pub struct Ledger;

#[recoverable(resource = exports::GuestLedger)]
impl Ledger { //~ ERROR `Ledger` is no resource
    pub fn total(&self) -> u32 { 0 }
}

fn main() {}
