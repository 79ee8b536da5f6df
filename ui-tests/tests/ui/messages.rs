//! Every message has a case, and every message is written as `diag` asks.

use crate::files::{read, under};
use crate::rustc::{annotations, cases};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::Path;

/// Each message in the sources of the macros, with `{…}` for what is filled in,
/// occurs in some blessed text.
#[test]
fn every_message_has_a_case() {
    let mut blessed = String::new();
    for stderr in under("ui-tests", "stderr") {
        blessed.push_str(&read(&stderr));
    }
    let mut messages = Vec::new();
    for source in under("recover-macros/src", "rs") {
        // Tests, and texts in other languages.
        let other = ["tests.rs", "snapshots.rs", "js.rs", "ts.rs"].iter();
        if other.clone().all(|name| !source.ends_with(name)) {
            collect(tokens(&source), false, &mut messages);
        }
    }
    assert!(messages.len() > 60, "only {} were found", messages.len());
    missing(
        &messages,
        &blessed,
        "ui-tests/recoverable or ui-tests/derive",
    );
}

/// Each message that the runtime gives to rustc occurs in a case of `rustc/`.
#[test]
fn every_bound_has_a_case() {
    let mut shown = String::new();
    for case in cases() {
        for annotation in annotations(&read(&case)) {
            shown.push_str(&annotation.text);
            shown.push('\n');
        }
    }
    let mut messages = Vec::new();
    for source in under("recover-runtime/src", "rs") {
        bounds(tokens(&source), &mut messages);
    }
    assert!(messages.len() >= 5, "only {} were found", messages.len());
    missing(&messages, &shown, "a `rustc` folder of ui-tests");
}

/// rustc adds nothing of its own to our messages, and each of those names the fix
/// after a semicolon, without a full stop.
#[test]
fn messages_are_ours_and_well_written() {
    for stderr in under("ui-tests", "stderr") {
        let text = read(&stderr);
        for line in text.lines().filter(|line| line.starts_with("error")) {
            let message = line.strip_prefix("error: ").unwrap_or_else(|| {
                panic!("{}: rustc has something to add: {line}", stderr.display())
            });
            let fix = message.split_once("; ").map(|(_, fix)| fix);
            assert!(
                fix.is_some_and(lower),
                "{}: no fix in: {message}",
                stderr.display()
            );
            assert!(!message.ends_with('.'), "{}: {message}", stderr.display());
            let first = message.split(' ').next().unwrap_or_default();
            assert!(
                ["JavaScript", "C", "WIT"].contains(&first) || lower(first),
                "{}: not lower case: {message}",
                stderr.display()
            );
        }
        assert!(
            !text.contains("this error originates in"),
            "{}: a message underlines the whole attribute",
            stderr.display()
        );
    }
}

fn lower(text: &str) -> bool {
    text.starts_with(|first: char| first.is_lowercase() || first == '`')
}

fn tokens(source: &Path) -> TokenStream {
    read(source)
        .parse()
        .unwrap_or_else(|error| panic!("{}: {error}", source.display()))
}

/// Collects the literals that are messages: those given to `diag` or to a
/// `syn::Error`, and all others that name a fix.
fn collect(tokens: TokenStream, given: bool, messages: &mut Vec<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string());
        match token {
            TokenTree::Group(group) => {
                let hash = before(1).as_deref() == Some("#")
                    || before(1).as_deref() == Some("!") && before(2).as_deref() == Some("#");
                let attribute = group.delimiter() == Delimiter::Bracket && hash;
                let diag = before(3).as_deref() == Some("diag")
                    && matches!(before(1).as_deref(), Some("error" | "push"));
                if !attribute {
                    collect(group.stream(), given || diag, messages);
                }
            }
            TokenTree::Literal(literal) => {
                let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else {
                    continue;
                };
                let text = text.value();
                if text.contains("; ") && text.len() > 10 || given && text.contains(' ') {
                    messages.push(text);
                }
            }
            _ => {}
        }
    }
}

/// Collects what `on_unimplemented` says first.
fn bounds(tokens: TokenStream, messages: &mut Vec<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            bounds(group.stream(), messages);
        } else if token.to_string() == "on_unimplemented"
            && let Some(TokenTree::Group(group)) = tokens.get(at + 1)
        {
            let message = group.stream().into_iter().find_map(|token| match token {
                TokenTree::Literal(text) => syn::parse_str::<syn::LitStr>(&text.to_string()).ok(),
                _ => None,
            });
            messages.push(message.expect("a message").value());
        }
    }
}

fn missing(messages: &[String], shown: &str, place: &str) {
    let missing: Vec<_> = messages
        .iter()
        .filter(|message| !shown.lines().any(|line| occurs(message, line)))
        .collect();
    assert!(
        missing.is_empty(),
        "these messages have no case in {place}: {missing:#?}"
    );
}

/// Whether `line` contains `message`, anything standing for `{…}`.
fn occurs(message: &str, mut line: &str) -> bool {
    let mut rest = message;
    loop {
        let (fixed, after) = match rest.split_once('{') {
            Some((fixed, after)) => (fixed, after.split_once('}').map(|(_, after)| after)),
            None => (rest, None),
        };
        match line.find(fixed) {
            Some(found) => line = &line[found + fixed.len()..],
            None => return false,
        }
        match after {
            Some(after) => rest = after,
            None => return true,
        }
    }
}
