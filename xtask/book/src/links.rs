//! Every link of the book that was made leads to something: a page, an anchor of one, a file of
//! the repository. No network is asked: addresses of others are left alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer,
};

use crate::html::REPOSITORY;
use crate::{Result, files};

/// What a page has and names.
#[derive(Default)]
struct Page {
    anchors: BTreeSet<String>,
    links: Vec<String>,
}

/// How many pages were read, and the links that lead nowhere.
pub(crate) fn check(root: &Path, html: &Path) -> Result<(usize, Vec<String>)> {
    let mut pages = BTreeMap::new();
    for file in files::below(html)? {
        // The page for what is missing has addresses from the root of a server.
        let own = file.strip_prefix(html).unwrap_or(&file);
        if own.extension().is_some_and(|name| name == "html")
            && !own.starts_with("live")
            && own != Path::new("404.html")
        {
            pages.insert(own.to_owned(), read(&files::read(&file)?));
        }
    }
    let mut dead = BTreeSet::new();
    for (file, page) in &pages {
        for link in &page.links {
            if let Some(reason) = follow(root, html, &pages, file, link) {
                dead.insert(format!("{}: {link} {reason}", file.display()));
            }
        }
    }
    Ok((pages.len(), dead.into_iter().collect()))
}

/// Why a link leads nowhere.
fn follow(
    root: &Path,
    html: &Path,
    pages: &BTreeMap<PathBuf, Page>,
    from: &Path,
    link: &str,
) -> Option<String> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    if let Some(file) = path.strip_prefix(REPOSITORY) {
        let there = root.join(file).exists();
        return (!there).then(|| "is no file of the repository".to_owned());
    }
    // Of others, or with a scheme.
    if path.contains(':') || path.starts_with("//") {
        return None;
    }
    let path = path.split('?').next().unwrap_or_default();
    let to = match path {
        "" => from.to_owned(),
        _ => normal(&from.parent().unwrap_or(Path::new("")).join(path)),
    };
    // The stage puts the lab there, which is no page of the book.
    if to.starts_with("live") {
        return None;
    }
    if !html.join(&to).is_file() {
        return Some("is no page".to_owned());
    }
    let page = pages.get(&to)?;
    let there = anchor.is_empty() || page.anchors.contains(anchor);
    (!there).then(|| format!("names no anchor of {}", to.display()))
}

/// Without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// The anchors and links of a page.
fn read(text: &str) -> Page {
    let sink = Sink::default();
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let tokenizer = Tokenizer::new(sink, Default::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

#[derive(Default)]
struct Sink(RefCell<Page>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(Tag {
            kind: TagKind::StartTag,
            attrs,
            ..
        }) = token
        {
            let mut page = self.0.borrow_mut();
            for one in attrs {
                match &*one.name.local {
                    "id" | "name" => drop(page.anchors.insert(one.value.to_string())),
                    "href" | "src" => page.links.push(one.value.to_string()),
                    _ => {}
                }
            }
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead(page: &str, link: &str) -> Option<String> {
        let html = std::env::temp_dir().join(format!("book-links-{}", std::process::id()));
        for file in ["a.html", "deep/b.html"] {
            files::write(&html.join(file), "").unwrap();
        }
        let anchors = read(r#"<h2 id="there"><a class="header" href="\#there">There</a></h2>"#);
        let pages = BTreeMap::from([(PathBuf::from("a.html"), anchors)]);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        follow(root, &html, &pages, Path::new(page), link)
    }

    #[test]
    fn a_link_to_a_page_or_an_anchor_that_is_not_there_is_dead() {
        assert_eq!(dead("a.html", "deep/b.html"), None);
        assert_eq!(dead("deep/b.html", "../a.html#there"), None);
        assert_eq!(dead("a.html", "#there"), None);
        assert!(dead("a.html", "b.html").is_some());
        assert!(dead("deep/b.html", "../a.html#gone").is_some());
        assert!(dead("a.html", "#gone").is_some());
    }

    #[test]
    fn a_link_to_a_file_of_the_repository_that_is_not_there_is_dead() {
        assert_eq!(dead("a.html", &format!("{REPOSITORY}Cargo.toml#x")), None);
        assert!(dead("a.html", &format!("{REPOSITORY}Cargo.yaml")).is_some());
    }

    #[test]
    fn links_and_anchors_are_read_from_tags_alone() {
        let page = read(
            r#"<a href="x">&lt;a href="y"&gt;</a><img src="z"><script>"<a href='w'>"</script>"#,
        );
        assert!(page.links.contains(&"x".to_owned()) && page.links.contains(&"z".to_owned()));
        assert!(!page.links.contains(&"y".to_owned()));
    }
}
