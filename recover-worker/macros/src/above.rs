//! `#[event]` or `#[durable_object]` above our attribute: it has expanded already, and nothing of its exports is
//! guarded. What else is wrong with an item is said where it is expanded.

use proc_macro2::Span;
use syn::{Error, ItemFn, ItemStruct};

/// How `#[event]` calls the function that it leaves.
const LEFT: [&str; 5] = [
    "_fetch_glue",
    "_scheduled_glue",
    "_queue_glue",
    "_email_glue",
    "_connect_glue",
];

/// Whether `#[event]` left the function.
pub(crate) fn event(function: &ItemFn) -> Option<Error> {
    let name = &function.sig.ident;
    let left = name.to_string();
    LEFT.iter()
        .any(|end| left.ends_with(end))
        .then(|| refused(name.span(), "event"))
}

/// Whether `#[durable_object]` left the struct. Nothing of the struct says so, and its field called `State` may be of
/// the user's own: so the source is read. Where there is none (an editor's), rustc says what follows.
pub(crate) fn object(structure: &ItemStruct) -> Option<Error> {
    let ours = proc_macro::Span::call_site();
    let text = std::fs::read_to_string(ours.local_file()?).ok()?;
    stands_above(&text, (ours.line(), ours.column()), "durable_object")
        .then(|| refused(structure.ident.span(), "durable_object"))
}

fn refused(at: Span, attribute: &str) -> Error {
    let message = format!(
        "`#[{attribute}]` has expanded before `#[recoverable]`, which guards none of its exports; write `#[recoverable]` above it"
    );
    Error::new(at, message)
}

/// Whether an attribute of that name stands above a line and column, both from one on, with nothing between
/// but attributes and comments.
fn stands_above(text: &str, (line, column): (usize, usize), name: &str) -> bool {
    let mut lines: Vec<&str> = text.lines().take(line).collect();
    let beside = lines.pop().unwrap_or_default();
    lines.push(beside.get(..column.saturating_sub(1)).unwrap_or_default());
    let above = lines.iter().rev().map(|line| line.trim());
    let mut attributes = above
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .take_while(|line| line.starts_with("#["));
    attributes.any(|line| line.split("#[").any(|attribute| is(attribute, name)))
}

/// Whether an attribute has that name, by whatever path.
fn is(attribute: &str, name: &str) -> bool {
    let end = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | ':'));
    let path = attribute.split(end).next().unwrap_or_default();
    path.rsplit("::").next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::stands_above;

    #[test]
    fn an_attribute_is_found_above_and_not_elsewhere() {
        for (text, found) in [
            ("#[durable_object]\n#[recoverable]\n", true),
            (
                "#[worker::durable_object(fetch)]\n// Why.\n\n#[derive(A)]\n#[recoverable]\n",
                true,
            ),
            ("    #[durable_object] #[recoverable]\n", true),
            ("#[recoverable]\n#[durable_object]\n", false),
            ("#[durable_object]\nstruct A;\n#[recoverable]\n", false),
            ("// #[durable_object]\n#[recoverable]\n", false),
            (
                "#[not_durable_object]\n#[doc = \"durable_object\"]\n#[recoverable]\n",
                false,
            ),
        ] {
            let (line, before) = text
                .lines()
                .zip(1..)
                .find_map(|(line, number)| Some((number, line.find("#[recoverable]")?)))
                .expect("ours");
            assert_eq!(
                stands_above(text, (line, before + 1), "durable_object"),
                found,
                "{text}"
            );
        }
    }
}
