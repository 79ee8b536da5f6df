#[doc(hidden)]
#[cfg(not(target_os = "unknown"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private::component as __c;
    use __c::errors::traits::*;
    #[automatically_derived]
    impl __c::ErrorClass for StoreError {
        fn raised(&self) -> __c::Raised {
            match self {
                StoreError::NoKey { key: field_0, source: field_2, .. } => {
                    __c::Raised::new(
                            "NoKeyError",
                            "E_NO_KEY",
                            (&&__c::errors::Message(self)).text(),
                        )
                        .field("key", (&&&__c::errors::Probe(field_0)).value())
                        .because(
                            (&&&&&__c::errors::Probe(field_2))
                                .causes()
                                .or_else(|| (&&__c::errors::Source(self)).causes()),
                        )
                }
                StoreError::Io { 0: field } => (&&&&&&__c::errors::Probe(field)).raised(),
            }
        }
    }
};
