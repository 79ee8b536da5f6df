//! A component of a chain in Rust, by hand: panics are caught here. It will be one of `#[recoverable]`.

#[cfg(feature = "last")]
wit_bindgen::generate!({ world: "last", path: "../wit", generate_all });
#[cfg(not(feature = "last"))]
wit_bindgen::generate!({ world: "link", path: "../wit", generate_all });

use exports::recover::link::checker::Guest;
use recover::error::types::{Cause, Failure, Field, Kind, Location, Value};
#[cfg(not(feature = "last"))]
use recover::link::checker as next;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(feature = "last")]
mod next {
    pub fn check(_: &str) -> Result<u32, super::Failure> { panic!("there is no next one") }
}

thread_local! { static AT: RefCell<Option<Location>> = const { RefCell::new(None) }; }

fn failure(kind: Kind, class: &str, code: &str, message: String) -> Failure {
    Failure { kind, class: class.into(), code: code.into(), message, language: "rust".into(), location: None,
        retryable: false, fatal: false, build: Some("00".repeat(20)), fields: vec![], frames: vec![], causes: vec![] }
}
fn cause(f: Failure) -> Vec<Cause> {
    let mut all = vec![Cause { kind: f.kind, class: f.class, code: f.code, message: f.message, language: f.language, location: f.location, fields: f.fields, frames: f.frames }];
    all.extend(f.causes);
    all.truncate(8);
    all
}
fn call<T>(body: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|info| {
        AT.set(info.location().map(|l| Location { file: l.file().into(), line: l.line(), column: l.column() }));
    })));
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|p| {
        let text = p.downcast_ref::<String>().cloned().or_else(|| p.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_default();
        let mut f = failure(Kind::Panic, "PanicError", "E_PANIC", text);
        f.location = AT.take();
        Err(f)
    })
}
fn own(text: &str) -> Failure {
    let mut f = failure(Kind::Domain, "LinkError", "E_LINK", format!("the link in Rust can't {text}"));
    f.fields = vec![Field { name: "text".into(), value: Value::Text(text.into()) }, Field { name: "depth".into(), value: Value::Signed(-1) }];
    f
}
fn check(text: &str) -> Result<u32, Failure> {
    if let Ok(n) = text.parse() { return Ok(n) }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "own" => { let mut f = own(text); f.causes = cause(failure(Kind::Domain, "ParseIntError", "", "no digits".into())); Err(f) }
        "panic" => panic!("asked to panic"),
        "add" => Ok(next::check(rest)? + 1),
        "wrap" => next::check(rest).map_err(|got| { let mut f = own(text); f.causes = cause(got); f }),
        "catch" => Ok(next::check(rest).map_or_else(|f| 1 + f.causes.len() as u32, |n| n)),
        _ => Err(failure(Kind::Domain, "NoWordError", "E_NO_WORD", format!("no word {word}"))),
    }
}
struct Component;
impl Guest for Component {
    fn check(text: String) -> Result<u32, Failure> { call(|| check(&text)) }
    fn tell(text: String) -> Result<String, Failure> { call(|| Ok(format!("{:?}", next::check(&text)))) }
}
export!(Component);
