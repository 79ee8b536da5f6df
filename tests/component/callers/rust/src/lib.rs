//! A component in Rust that calls the fixture.

wit_bindgen::generate!({
    world: "calling",
    path: "../wit",
    with: { "recover:error/types@0.1.0": recover_runtime::component::types },
    generate_all,
});

#[path = "../../../link/src/shown.rs"]
mod shown;

use exports::recover::callers::caller::Guest;
use recover::fixture::ledgers::{self, Draft, How, Ledger};
use recover_runtime::component::Error;
use recover_runtime::recoverable;

/// What the component exports.
pub struct Component;

#[recoverable]
impl Guest for Component {
    fn report(text: String) -> String {
        match fail(&text) {
            Ok(returned) => serde_json::json!({ "returned": returned }).to_string(),
            Err(error) => shown::error(&error).to_string(),
        }
    }
}

/// Has the fixture fail.
fn fail(text: &str) -> Result<String, Error> {
    match text {
        "parse" => Ok(ledgers::parse("12x")?.to_string()),
        "get" => Ok(Ledger::new("ann").get("tea")?.to_string()),
        "poisoned" => {
            let draft = Draft::new();
            match draft.fail("torn", How::Panic) {
                Ok(returned) => Ok(returned.to_string()),
                Err(_) => Ok(draft.text()?),
            }
        }
        _ => Ok(ledgers::fail(how(text))?.to_string()),
    }
}

fn how(text: &str) -> How {
    match text {
        "err" => How::Err,
        "panic" => How::Panic,
        "out-of-memory-huge" => How::OutOfMemoryHuge,
        "panic-in-drop" => How::PanicInDrop,
        "stack-overflow" => How::StackOverflow,
        _ => panic!("the fixture does not fail by {text}"),
    }
}

export!(Component);
