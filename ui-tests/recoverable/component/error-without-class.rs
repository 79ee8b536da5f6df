use recover_runtime::component::types::Failure;
use recover_runtime::recoverable;

trait Guest {
    fn parse(text: String) -> Result<i64, Failure>;
}

struct NotAnError;

struct Component;

#[recoverable]
impl Guest for Component {
    fn parse(_text: String) -> Result<i64, NotAnError> { //~ ERROR `NotAnError` can't be the error of an export //~ NOTE derive `recover_runtime::ErrorClass`
        Ok(0)
    }
}

fn main() {}
