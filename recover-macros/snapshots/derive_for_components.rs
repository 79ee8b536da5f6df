#[doc(hidden)]
#[cfg(not(target_os = "unknown"))]
#[allow(warnings, clippy::all, clippy::pedantic)]
const _: () = {
    use ::recover_runtime::__private::component as __c;
    use __c::errors::*;
    #[automatically_derived]
    impl __c::ErrorClass for StoreError {
        fn raised(&self) -> __c::Raised {
            match self {
                StoreError::NoKey { key: field_0, source: field_2, .. } => {
                    __c::Raised::new("NoKeyError", "E_NO_KEY", (&&Message(self)).text())
                        .field("key", (&&&Probe(field_0)).value())
                        .because((&&&&&Probe(field_2)).causes())
                        .because((&&Source(self)).causes())
                }
                StoreError::Io { 0: field } => (&&&&&&Probe(field)).raised(),
            }
        }
    }
};
