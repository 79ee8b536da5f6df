//! A component of a chain in Rust. What it does is in wit/link.wit; how an error of Rust's becomes a failure, and a failure
//! of the next one's an error of Rust's, is the runtime's.

#[cfg(feature = "last")]
wit_bindgen::generate!({
    world: "last",
    path: "../wit",
    with: { "recover:error/types@0.1.0": recover_runtime::component::types },
    generate_all,
});
#[cfg(not(feature = "last"))]
wit_bindgen::generate!({
    world: "link",
    path: "../wit",
    with: { "recover:error/types@0.1.0": recover_runtime::component::types },
    generate_all,
});

mod shown;

use exports::recover::link::checker::Guest;
#[cfg(not(feature = "last"))]
use recover::link::checker as next;
use recover_runtime::component::Error;
use recover_runtime::component::types::Kind;
use recover_runtime::{ErrorClass, recoverable};
use std::error::Error as _;
use std::hint::black_box;
use std::num::ParseIntError;

/// There is no next one.
#[cfg(feature = "last")]
mod next {
    use recover_runtime::component::types::Failure;

    pub(crate) fn check(_: &str) -> Result<u32, Failure> {
        panic!("there is no next one")
    }
}

/// What the component exports.
pub struct Component;

/// This link can't do what it was asked to: by itself, or because the next one failed.
#[derive(Debug, thiserror::Error, ErrorClass)]
#[error("the link in Rust can't {text}")]
pub struct LinkError {
    text: String,
    depth: i64,
    source: Why,
}

/// What is behind it.
#[derive(Debug, thiserror::Error, ErrorClass)]
pub enum Why {
    #[error(transparent)]
    #[error_class(transparent)]
    Digits(#[from] ParseIntError),
    #[error(transparent)]
    #[error_class(transparent)]
    Next(#[from] Error),
}

/// What a call fails by.
#[derive(Debug, thiserror::Error, ErrorClass)]
pub enum CheckError {
    #[error(transparent)]
    #[error_class(transparent)]
    Link(#[from] LinkError),
    /// As the next one failed.
    #[error(transparent)]
    #[error_class(transparent)]
    Next(#[from] Error),
    #[error("no word {word}")]
    NoWord { word: String },
}

/// Does what `text` says.
fn check(text: &str) -> Result<u32, CheckError> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let ask = || next::check(rest).map_err(Error::from);
    let own = |depth, source| LinkError {
        text: text.into(),
        depth,
        source,
    };
    match word {
        "own" => "digits"
            .parse()
            .map_err(|error: ParseIntError| own(-1, error.into()).into()),
        "panic" => panic!("asked to panic"),
        "memory" => Ok(black_box(vec![1u8; black_box(0x7fff_0000)]).len() as u32),
        "deep" => Ok(deep(black_box(0))),
        "add" => Ok(ask()? + 1),
        "wrap" => match ask() {
            Ok(number) => Ok(number + 1),
            Err(error) => Err(own(behind(&error).into(), error.into()).into()),
        },
        "catch" => match ask() {
            Ok(number) => Ok(number + 1),
            Err(error) if error.kind() == Kind::Panic || error.class() == "LinkError" => {
                Ok(1 + behind(&error))
            }
            Err(error) => Err(error.into()),
        },
        _ => Err(CheckError::NoWord { word: word.into() }),
    }
}

/// How many errors are behind one.
fn behind(error: &Error) -> u32 {
    let mut count = 0;
    let mut next = error.source();
    while let Some(error) = next {
        count += 1;
        next = error.source();
    }
    count
}

/// Calls itself until the guard of the stack refuses.
#[recoverable(stack_guard)]
fn deep(depth: u32) -> u32 {
    let frame = black_box([depth; 64]);
    match depth {
        u32::MAX => 0,
        _ => deep(depth + 1) + frame[3],
    }
}

#[recoverable]
impl Guest for Component {
    fn check(text: String) -> Result<u32, CheckError> {
        check(&text)
    }

    fn tell(text: String) -> String {
        match next::check(&text).map_err(Error::from) {
            Ok(number) => number.to_string(),
            Err(error) => shown::error(&error).to_string(),
        }
    }
}

export!(Component);
