//! The programs of a page: its fenced blocks of Rust and JavaScript, with what a reader need not
//! see. Nothing is written here.
//!
//! The rules, which CONTRIBUTING.md tells to who writes pages:
//! - Every `rust` block compiles, every `js` block runs. A block that can't has one of [`MARKS`]
//!   behind the language, which says why.
//! - `<!-- given` before a block begins lines that come before its own, up to `-->`.
//! - `// => text` in JavaScript is a line that the block prints; it prints no other.
//! - `<!-- package: NAME -->` gives the Rust of a page a package of its own.
//! - `js,file=NAME` is a file beside the page's Cargo.toml, for imports.

use mdbook_markdown::pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

/// Why a block is not built or run here; what does it, in its place.
const MARKS: [(&str, &str); 9] = [
    ("browser", "needs a page (the lab runs in one)"),
    ("workers", "needs workerd (the stage room runs there)"),
    (
        "commonjs",
        "is for require (recover-cli's tests load such packages)",
    ),
    (
        "bundler",
        "belongs to a project of another tool (the stages of bundlers have one of each)",
    ),
    ("npm", "imports packages by name, which npm installs"),
    (
        "component",
        "belongs to components and their hosts (tests/component/book has it, and runs it)",
    ),
    ("plain", "is what one had before, with plain wasm-bindgen"),
    ("refused", "is refused by the compiler (ui-tests)"),
    ("host", "is a test for cargo test on the host"),
];

/// Languages that nobody can run, that say what to type, or that the tests of components run.
const PROSE: [&str; 10] = [
    "sh", "toml", "json", "text", "html", "ts", "jsonc", "console", "wit", "python",
];

/// What a block is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    JavaScript,
}

/// A block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: Language,
    /// Its first line in the page, from 1.
    pub(crate) line: usize,
    /// With what is given.
    pub(crate) code: String,
    /// A file that it is, in place of a program.
    pub(crate) file: Option<String>,
    /// Why it is not built or run.
    pub(crate) mark: Option<&'static str>,
}

impl Block {
    /// The lines that it says it prints.
    pub(crate) fn prints(&self) -> Vec<&str> {
        let lines = self.code.lines();
        let said = lines.filter_map(|line| line.split_once("// => "));
        said.map(|(_, text)| text.trim_end()).collect()
    }
}

/// What a page has.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Its file, without `.md`, as a name.
    pub(crate) name: String,
    /// The package of its Rust.
    pub(crate) package: String,
    pub(crate) blocks: Vec<Block>,
    /// What breaks a rule.
    pub(crate) mistakes: Vec<String>,
}

/// The package of the pages that name none.
pub(crate) const COMMON: &str = "book";

/// Reads a page.
pub(crate) fn read(file: &str, text: &str) -> Page {
    let name = file.trim_end_matches(".md").replace(['/', '\\', '-'], "_");
    let mut page = Page {
        name,
        package: COMMON.to_owned(),
        ..Page::default()
    };
    let line_of = |at: usize| text[..at].matches('\n').count() + 1;
    let (mut html, mut given) = (String::new(), None::<(usize, String)>);
    let mut open: Option<(usize, String, String)> = None;
    for (event, range) in new_cmark_parser(text, &MarkdownOptions::default()).into_offset_iter() {
        let line = line_of(range.start);
        match event {
            Event::Html(part) => html += &part,
            Event::End(TagEnd::HtmlBlock) => {
                let comment = html.trim();
                let comment = comment
                    .strip_prefix("<!--")
                    .and_then(|c| c.strip_suffix("-->"));
                let comment = comment.unwrap_or_default().trim_start();
                if let Some(name) = comment.strip_prefix("package:") {
                    page.package = name.trim().to_owned();
                } else if let Some(lines) = comment.strip_prefix("given\n") {
                    given = Some((line, lines.to_owned()));
                }
                html.clear();
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some((line, info.to_string(), String::new()));
            }
            Event::Text(part) => {
                if let Some((_, _, code)) = &mut open {
                    *code += &part;
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((line, info, code)) = open.take() {
                    let before = given.take().map(|(_, lines)| lines).unwrap_or_default();
                    match block(line, &info, &before, &code) {
                        Ok(block) => page.blocks.extend(block),
                        Err(said) => page
                            .mistakes
                            .push(format!("docs/book/{file}:{line} {said}")),
                    }
                }
            }
            Event::Start(Tag::Paragraph | Tag::Heading { .. }) => {
                if let Some((line, _)) = given.take() {
                    let said = "gives lines, but no block follows";
                    page.mistakes
                        .push(format!("docs/book/{file}:{line} {said}"));
                }
            }
            _ => {}
        }
    }
    page
}

/// A block by its info string; none for prose.
fn block(line: usize, info: &str, given: &str, code: &str) -> Result<Option<Block>, String> {
    let mut words = info.split([',', ' ']).filter(|word| !word.is_empty());
    let language = match words.next() {
        Some("rust") => Language::Rust,
        Some("js") => Language::JavaScript,
        Some(other) if PROSE.contains(&other) => return Ok(None),
        Some(other) => return Err(format!("is in `{other}`, which no rule knows")),
        None => return Err("is a block without a language; say `text` for prose".to_owned()),
    };
    let (mut mark, mut file) = (None, None);
    for word in words {
        if let Some(name) = word.strip_prefix("file=") {
            file = Some(name.to_owned());
        } else if let Some((known, _)) = MARKS.iter().find(|(known, _)| *known == word) {
            mark = Some(*known);
        } else {
            let known = MARKS
                .map(|(word, why)| format!("{word} ({why})"))
                .join(", ");
            return Err(format!("is marked `{word}`; the marks are {known}"));
        }
    }
    Ok(Some(Block {
        language,
        line,
        code: format!("{given}{code}"),
        file,
        mark,
    }))
}

/// How many blocks there are, and how many of them nobody runs here, and why.
pub(crate) fn census(pages: &[Page]) -> String {
    let all = || pages.iter().flat_map(|page| &page.blocks);
    let count = |language| {
        let programs = all().filter(|one| one.mark.is_none() && one.file.is_none());
        programs.filter(|one| one.language == language).count()
    };
    let (rust, js) = (count(Language::Rust), count(Language::JavaScript));
    let marked = MARKS.iter().filter_map(|(mark, _)| {
        let number = all().filter(|one| one.mark == Some(*mark)).count();
        (number > 0).then(|| format!("{number} {mark}"))
    });
    let marked: Vec<_> = marked.collect();
    let left = match marked.is_empty() {
        true => "every one is built or run".to_owned(),
        false => format!("not built or run: {}", marked.join(", ")),
    };
    format!("{rust} Rust blocks are compiled, {js} JavaScript blocks run; {left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_what_is_given_and_say_what_they_print() {
        let text = "# A\n\n<!-- given\nconst a = 1;\n-->\n```js\nconsole.log(a); // => 1\n```\n\n```sh\nls\n```\n";
        let page = read("a-b.md", text);
        assert_eq!(page.mistakes, [""; 0]);
        assert_eq!((&*page.name, page.blocks.len()), ("a_b", 1));
        let block = &page.blocks[0];
        assert_eq!((block.line, block.language), (6, Language::JavaScript));
        assert_eq!(block.code, "const a = 1;\nconsole.log(a); // => 1\n");
        assert_eq!(block.prints(), ["1"]);
    }

    #[test]
    fn what_breaks_a_rule_is_named_with_its_line() {
        let mistakes = |text: &str| read("a.md", text).mistakes;
        let unknown = mistakes("```rust,ignore\nx\n```\n");
        assert!(
            unknown[0].starts_with("docs/book/a.md:1 is marked `ignore`; the marks are browser")
        );
        assert!(mistakes("\n```perl\nx\n```\n")[0].starts_with("docs/book/a.md:2 is in `perl`"));
        assert_eq!(mistakes("```\nx\n```\n").len(), 1);
        assert_eq!(mistakes("<!-- given\nx\n-->\n\nProse.\n").len(), 1);
    }

    #[test]
    fn marked_blocks_are_counted_by_their_reason() {
        let text = "```js,browser\nx\n```\n\n```rust\nx\n```\n\n```rust,refused\nx\n```\n";
        let said = census(&[read("a.md", text)]);
        assert!(
            said.starts_with("1 Rust blocks are compiled, 0 JavaScript blocks run"),
            "{said}"
        );
        assert!(
            said.ends_with("not built or run: 1 browser, 1 refused"),
            "{said}"
        );
    }

    #[test]
    fn a_page_may_have_a_package_of_its_own_and_files_for_it() {
        let page = read(
            "a.md",
            "<!-- package: hooks -->\n# A\n\n```js,file=net.js\nx\n```\n",
        );
        assert_eq!(page.package, "hooks");
        assert_eq!(page.blocks[0].file.as_deref(), Some("net.js"));
    }
}
