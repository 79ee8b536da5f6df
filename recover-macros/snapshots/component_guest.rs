#[allow(missing_docs, unreachable_pub, clippy::pedantic)]
impl Component {
    pub fn parse(text: String) -> Result<i64, ParseError> {
        text.parse()
    }
}
#[cfg(not(target_os = "unknown"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private as __recover;
    use __recover::traits::*;
    use __recover::component as __c;
    type __RecoverAnswer<T> = ::core::result::Result<T, __c::types::Failure>;
    impl exports::bank::ledgers::Guest for Component {
        type Ledger = Resource<Ledger>;
        fn version() -> u32 {
            1
        }
        fn parse(
            text: String,
        ) -> __RecoverAnswer<__c::returned!(Result < i64, ParseError >)> {
            __c::call!(
                "parse", (__c::argument!(String, text), ()), | __args | __c::ended!(<
                Component > ::parse(__args.0. take() ?), Result < i64, ParseError >)
            )
        }
    }
};
#[cfg(target_os = "unknown")]
::recover_runtime::__private::no_component!();
