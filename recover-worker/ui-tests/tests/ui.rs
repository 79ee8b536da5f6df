//! What the attribute refuses: a case for each message in `refused/`, with its blessed `.stderr`
//! (`TRYBUILD=overwrite` writes them). What the runtime's attribute refuses has its cases in the ui-tests of the
//! repository.

use proc_macro2::{TokenStream, TokenTree};
use std::fs;
use std::path::Path;

#[test]
fn every_rejection_has_its_message() {
    trybuild::TestCases::new().compile_fail("refused/*.rs");
}

/// Each message in the source of the macro occurs in a blessed text, which is rustc's only word on the case.
#[test]
fn every_message_has_a_case() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut messages = Vec::new();
    for source in texts(&here.join("../macros/src"), "rs") {
        collect(source.parse().expect("Rust"), &mut messages);
    }
    assert!(messages.len() >= 8, "only {messages:#?}");
    let shown = texts(&here.join("refused"), "stderr");
    for text in &shown {
        let errors = text.lines().filter(|line| line.starts_with("error"));
        assert_eq!(errors.count(), 1, "more than one error:\n{text}");
    }
    for message in messages {
        let occurs = |text: &String| text.lines().any(|line| occurs(&message, line));
        assert!(shown.iter().any(occurs), "no case for {message}");
    }
}

/// The files of a folder that end so.
fn texts(folder: &Path, extension: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|is| is == extension))
        .map(|path| fs::read_to_string(path).expect("a text"))
        .collect()
}

/// The literals that name a fix.
fn collect(tokens: TokenStream, messages: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), messages),
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                if let Ok(text) = text.map(|text| text.value())
                    && text.contains("; ")
                {
                    messages.push(text);
                }
            }
            _ => {}
        }
    }
}

/// Whether a line has the message, with anything in place of `{…}`.
fn occurs(message: &str, line: &str) -> bool {
    let mut line = line;
    message.split('{').enumerate().all(|(index, part)| {
        let fixed = match index {
            0 => part,
            _ => part.split_once('}').map_or(part, |(_, fixed)| fixed),
        };
        match line.find(fixed) {
            Some(at) => {
                line = &line[at + fixed.len()..];
                true
            }
            None => false,
        }
    })
}
