//! The files that docs and comments name exist. What a token looks like that names a
//! file is decided here, and which names stand for files of others.

use std::collections::BTreeSet;

/// The endings of names that are looked for.
const ENDINGS: [&str; 7] = [".rs", ".js", ".mjs", ".ts", ".md", ".toml", ".html"];

/// Names that stand for no file of this repository, each with the reason.
const OTHERS: [(&str, &str); 13] = [
    ("Node.js", "the program"),
    ("node.js", "the program"),
    ("main.mjs", "the user's, in the first example of README.md"),
    ("pkg/shelf.js", "what cargo recover makes of that example"),
    ("pkg/app.js", "the same, in the pages of docs/book"),
    ("pkg/notebook.js", "the same, of examples/notebook"),
    ("main.js", "the reader's, in the book"),
    ("app.js", "a package's glue, in pages on its reports"),
    ("app/telemetry/otel.js", "what such a package has"),
    ("app/telemetry/sentry.js", "the same"),
    ("store.js", "a file of a page's crate, which the page has"),
    ("net.js", "the same"),
    ("live/index.html", "the lab, where the book is made"),
];

/// A name of a file in a line that is none of the repository's.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dangling {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What it names.
    pub(crate) name: String,
}

/// The files of the repository.
pub(crate) struct Names {
    /// Every path, and every end of it that begins at a folder.
    ends: BTreeSet<String>,
}

impl Names {
    /// Of these paths.
    pub(crate) fn of<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut ends = BTreeSet::new();
        for path in paths {
            ends.insert(path.to_owned());
            let slashes = path.match_indices('/');
            ends.extend(slashes.map(|(at, _)| path[at + 1..].to_owned()));
        }
        Self { ends }
    }

    /// Is it the end of a path? TypeScript calls a module by the name that its script
    /// would have, though there be no more than its declarations. A package has files of the
    /// repository in folders of the same names.
    fn has(&self, name: &str) -> bool {
        let name = name.strip_prefix("pkg/").unwrap_or(name);
        let declared = name
            .strip_suffix(".mjs")
            .map(|stem| format!("{stem}.d.mts"))
            .or_else(|| name.strip_suffix(".js").map(|stem| format!("{stem}.d.ts")));
        self.ends.contains(name) || declared.is_some_and(|name| self.ends.contains(&name))
    }

    /// The names in the docs or the comments of `file` that are no file's.
    pub(crate) fn dangling(&self, file: &str, text: &str) -> Vec<Dangling> {
        let mut found = vec![];
        for (index, line) in text.lines().enumerate() {
            let names = said(file, line).split(|one: char| !may_be_in_name(one));
            for name in names.filter_map(named) {
                let is_other = OTHERS.iter().any(|(other, _)| *other == name);
                if !self.has(name) && !is_other {
                    found.push(Dangling {
                        line: index + 1,
                        name: name.to_owned(),
                    });
                }
            }
        }
        found
    }
}

/// Is it read for names?
pub(crate) fn is_read(file: &str) -> bool {
    [".md", ".rs", ".js", ".mjs", ".ts", ".toml"]
        .iter()
        .any(|ending| file.ends_with(ending))
}

/// What of a line is said to people: all of a document's, the comment of a source's.
fn said<'a>(file: &str, line: &'a str) -> &'a str {
    if file.ends_with(".md") {
        return line;
    }
    let text = line.trim_start();
    let mark = if file.ends_with(".toml") { "#" } else { "//" };
    if text.starts_with(mark) || text.starts_with("/*") || text.starts_with("* ") {
        return text;
    }
    let after = format!(" {mark} ");
    let found = line.find(&after).filter(|&at| {
        // In a string it is no comment.
        let quotes = line[..at].matches('"').count() - line[..at].matches("\\\"").count();
        quotes.is_multiple_of(2)
    });
    found.map_or("", |at| &line[at..])
}

fn may_be_in_name(one: char) -> bool {
    one.is_alphanumeric() || "_-./:*<>{}$@\\~…".contains(one)
}

/// The name of a file in a token, where it is one and names a file for certain.
fn named(token: &str) -> Option<&str> {
    let mut name = token.trim_end_matches(['.', ':', '-']);
    while let Some(rest) = name.strip_prefix("../").or_else(|| name.strip_prefix("./")) {
        name = rest;
    }
    // A web address, a pattern (`*.rs`, `NAME.rs`), or a file of the machine.
    let vague = name.contains([':', '*', '<', '>', '{', '}', '$', '@', '\\', '~', '…']);
    let file = name.rsplit('/').next().unwrap_or(name);
    let capitals = ["NAME", "FILE"].iter().any(|one| file.starts_with(one));
    let ends = ENDINGS.iter().any(|ending| {
        name.strip_suffix(ending).is_some_and(|stem| {
            stem.ends_with(|one: char| one.is_alphanumeric() || one == '_') && stem != ".d"
        })
    });
    (ends && !vague && !capitals && !name.starts_with('/')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dangling(file: &str, text: &str) -> Vec<(usize, String)> {
        let names = Names::of(["a/src/b.rs", "js/c.mjs", "worker/types.d.mts"].into_iter());
        let found = names.dangling(file, text).into_iter();
        found.map(|one| (one.line, one.name)).collect()
    }

    #[test]
    fn names_resolve_by_the_end_of_a_path() {
        let text = "`a/src/b.rs`, src/b.rs, b.rs:17, [c](../js/c.mjs), ./types.mjs.";
        assert_eq!(dangling("x.md", text), []);
        let text = "see b.rs\nor rc/b.rs, `src/d.rs` and (js/b.rs).";
        let expected = [(2, "rc/b.rs"), (2, "src/d.rs"), (2, "js/b.rs")];
        assert_eq!(
            dangling("x.md", text),
            expected.map(|(line, name)| (line, name.to_owned()))
        );
    }

    #[test]
    fn in_sources_the_comments_are_read() {
        // Put together, for this file is read as well.
        let (line, block) = ("//", "/**");
        let text = format!(
            "{line}! no.rs\nlet a = \"no.rs\"; {line} nor.rs\n{block} as in not.mjs */\n * never.md"
        );
        let names: Vec<_> = dangling("x.rs", &text)
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(names, ["no.rs", "nor.rs", "not.mjs", "never.md"]);
        assert_eq!(
            dangling("Cargo.toml", "a = 'no.rs'\n# no.rs"),
            [(2, "no.rs".to_owned())]
        );
    }

    #[test]
    fn a_word_that_may_not_name_a_file_is_not_checked() {
        let text =
            "*.rs NAME.test.mjs .d.ts https://a.example/b.js /tmp/x.js pkg/<crate>.js Node.js";
        assert_eq!(dangling("x.md", text), []);
    }
}
