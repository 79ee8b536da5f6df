/// Amounts by their keys.
pub struct Ledger {
    entries: Vec<Entry>,
}
#[cfg(not(target_os = "unknown"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    use __recover::component as __c;
    type __RecoverAnswer<T> = ::core::result::Result<T, __c::types::Failure>;
    impl __recover::Class for Ledger {
        const NAME: &'static ::core::primitive::str = "Ledger";
    }
    impl __c::Component for Ledger {
        const EXCLUSIVE: __recover::OnPanic = __recover::OnPanic::Rollback;
        const SHARED: __recover::OnPanic = {
            use __recover::MayTear as _;
            __recover::UnwindSafety::<Ledger>::SHARED
        };
        const INTERIOR: ::core::primitive::bool = ::core::matches!(
            { use __recover::MayTear as _; __recover::UnwindSafety:: < Ledger > ::SHARED
            }, __recover::OnPanic::Poison
        );
        type Persistence = __recover::persisted!(true, 0, 0);
    }
    __recover::persists!(Ledger);
};
