impl Ledger {
    pub fn new(owner: String) -> Self {
        Ledger { entries: Vec::new() }
    }
    /// Puts an amount.
    pub fn put(&mut self, key: &str, amount: Amount) -> Result<u32, LedgerError> {
        Ok(0)
    }
    #[cfg(feature = "merge")]
    pub fn merge(&self, other: &Ledger, spent: Ledger) {}
    fn not_exported(&self) {}
}
#[cfg(not(target_os = "unknown"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    use __recover::component as __c;
    type __RecoverAnswer<T> = ::core::result::Result<T, __c::types::Failure>;
    type __RecoverUser = __c::checked!(Ledger);
    __c::exported!(
        __RecoverUser, exports::bank::ledgers::Ledger,
        exports::bank::ledgers::LedgerBorrow
    );
    const _: () = __c::saves::<__RecoverUser>();
    impl exports::bank::ledgers::GuestLedger for __c::Resource<__RecoverUser> {
        fn new(owner: String) -> Self {
            __c::construct!(
                "Ledger::new", (__c::argument!(String, owner), ()), | __args |
                __c::ended!(< Ledger > ::new(__args.0. take() ?), Self as value)
            )
        }
        /// Puts an amount.
        fn put(
            &self,
            key: ::std::string::String,
            amount: __c::wire!(Amount),
        ) -> __RecoverAnswer<__c::returned!(Result < u32, LedgerError >)> {
            __c::call!(
                "Ledger::put", (__c::exclusive_by(self, __recover::OnPanic::Keep),
                (__c::argument!(::std::string::String, key), (__c::argument!(Amount,
                amount), ()))), | __args | { __c::journals!(__RecoverUser, slice str,
                "key", "Ledger::put"); __c::journals!(__RecoverUser, own Amount,
                "amount", "Ledger::put"); __c::journal!(__RecoverUser, __args, < Ledger >
                ::put, "Ledger::put", [slice arg0 : str] [own arg1 : Amount]);
                __c::ended!(< Ledger > ::put(__args.0. get() ?, __args.1.0. peek() ?,
                __args.1.1.0. take() ?), Result < u32, LedgerError >) }
            )
        }
        #[cfg(feature = "merge")]
        fn merge(
            &self,
            other: __c::lent!(__RecoverUser),
            spent: __c::wire!(__RecoverUser),
        ) -> __RecoverAnswer<()> {
            __c::call!(
                "Ledger::merge", (__c::shared(self), (__c::lent_argument!(__RecoverUser,
                other), (__c::argument!(__RecoverUser, spent), ()))), | __args |
                __c::ended!(< Ledger > ::merge(__args.0. get() ?, __args.1.0. get() ?,
                __args.1.1.0. take() ?), ())
            )
        }
        fn save(&self) -> __RecoverAnswer<__recover::Vec<::core::primitive::u8>> {
            __c::save!("Ledger::save", self)
        }
        fn restore(
            bytes: __recover::Vec<::core::primitive::u8>,
        ) -> __RecoverAnswer<exports::bank::ledgers::Ledger> {
            __c::restore!("Ledger::restore", __RecoverUser, bytes)
        }
        fn clear_poison(&self) -> __RecoverAnswer<::core::primitive::bool> {
            __c::clear_poison!("Ledger::clear_poison", self)
        }
    }
};
