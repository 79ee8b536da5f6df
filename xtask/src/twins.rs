//! Functions that stand in two crates, letter by letter: cargo recover reads attributes as the macros do, and a crate of
//! macros gives nothing but macros. What they do is tested beside the first; here, that the second is the same.

use crate::error::Error;
use crate::project::Project;

/// The functions, and the two files that have them.
const TWINS: [(&str, &[&str; 2]); 2] = [("pascal", NAMES), ("snake", NAMES)];
const NAMES: &[&str; 2] = &[
    "recover-macros/src/instantiate.rs",
    "recover-cli/src/check/schema/instances.rs",
];

/// Those that are not the same, one line each.
pub(crate) fn stale(project: &Project) -> Result<Vec<String>, Error> {
    let mut broken = vec![];
    for (name, [first, second]) in TWINS {
        let texts = [project.read(first)?, project.read(second)?];
        let [one, other] = texts.each_ref().map(|text| function(text, name));
        if one.is_none() || one != other {
            broken.push(format!(
                "{second}: `{name}` is not that of {first}: copy it"
            ));
        }
    }
    Ok(broken)
}

/// The text of a function at the outermost level.
fn function<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\nfn {name}("))?;
    rest.split_once("\n}\n").map(|(function, _)| function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_whole() {
        let text = "use a;\n\nfn one(a: u8) {\n    { a }\n}\n\nfn two() {\n}\n";
        assert_eq!(function(text, "one"), Some("a: u8) {\n    { a }"));
        assert_eq!(function(text, "two"), Some(") {"));
        assert_eq!(function(text, "three"), None);
    }
}
