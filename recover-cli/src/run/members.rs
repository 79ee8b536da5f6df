//! Shortens the names of members by which the host modules know each other. A minifier can't: it does not know which
//! names somebody else may ask for. Here that is known: these are in no type that users see, and no other object has
//! them. What the glue or the module asks for stays.

use std::collections::{BTreeMap, BTreeSet};

use oxc_allocator::Allocator;
use oxc_ast::ast::{IdentifierName, Program};
use oxc_ast_visit::VisitMut;

/// Members of the gate, of the links and of the facts.
const INTERNAL: [&str; 63] = [
    "abandonFibers",
    "abandonPromises",
    "abandonTasks",
    "abandoned",
    "abortedTasks",
    "copies",
    "copyBack",
    "copying",
    "critical",
    "disposed",
    "endInstance",
    "entered",
    "errorOf",
    "exhausted",
    "facts",
    "giveUp",
    "glue",
    "importError",
    "inMemory",
    "isStale",
    "isUnused",
    "limited",
    "linedUp",
    "links",
    "makeRoom",
    "markUnused",
    "nameOf",
    "newPromise",
    "noRoom",
    "notLoaded",
    "notRevived",
    "onEnd",
    "onExit",
    "outOfMemory",
    "outlast",
    "outlasting",
    "ownFrames",
    "pending",
    "prepared",
    "promises",
    "randomId",
    "refusal",
    "relieve",
    "renew",
    "renewed",
    "reportOf",
    "resume",
    "revive",
    "revives",
    "reviving",
    "runTick",
    "setWord",
    "staleClosure",
    "staleError",
    "staleHandle",
    "started",
    "textAt",
    "unasked",
    "unasking",
    "unloaded",
    "unprompted",
    "unrevived",
    "wrongClass",
];

/// Shortens them in a program, but for those of `kept`.
pub(super) fn shorten<'a>(
    program: &mut Program<'a>,
    allocator: &'a Allocator,
    kept: impl Fn(&str) -> bool,
) {
    let mut all = Names::default();
    all.visit_program(program);
    let taken: BTreeSet<_> = all.0.keys().map(String::as_str).collect();
    let free = short().filter(|name| !taken.contains(&**name) && !kept(name));
    let mut internal: Vec<_> = INTERNAL.iter().filter(|name| !kept(name)).collect();
    internal.retain(|name| taken.contains(**name));
    // The most frequent one gets the shortest.
    internal.sort_by_key(|name| std::cmp::Reverse(all.0[**name]));
    let names = internal.into_iter().zip(free).map(|(name, short)| {
        let short: &'a str = allocator.alloc_str(&short);
        (*name, short)
    });
    Shorten(names.collect()).visit_program(program);
}

/// `a` to `z`, and then two letters.
fn short() -> impl Iterator<Item = String> {
    let one = || 'a'..='z';
    let two = one().flat_map(move |first| one().map(move |second| format!("{first}{second}")));
    one().map(String::from).chain(two)
}

/// How often each name of a member occurs.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl<'a> VisitMut<'a> for Names {
    fn visit_identifier_name(&mut self, name: &mut IdentifierName<'a>) {
        *self.0.entry(name.name.to_string()).or_default() += 1;
    }
}

struct Shorten<'a>(BTreeMap<&'static str, &'a str>);

impl<'a> VisitMut<'a> for Shorten<'a> {
    fn visit_identifier_name(&mut self, name: &mut IdentifierName<'a>) {
        if let Some(short) = self.0.get(name.name.as_str()) {
            name.name = (*short).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxc_parser::Parser;
    use oxc_span::SourceType;
    use std::fs;

    /// The names that a program asks for: of members, and of what it takes out of an object.
    fn asked(source: &str) -> BTreeSet<String> {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, source, SourceType::mjs()).parse();
        let mut program = parsed.program;
        let mut all = Names::default();
        all.visit_program(&mut program);
        all.0.into_keys().collect()
    }

    #[test]
    fn what_is_asked_for_is_found_however_that_is_done() {
        for source in [
            "links.facts();",
            "const { facts } = links;",
            "const { facts: mine } = links;",
            "links?.facts;",
            "export const f = ({ facts }) => 1;",
        ] {
            assert!(asked(source).contains("facts"), "{source}");
        }
        // A name of its own is none of theirs.
        assert!(!asked("const facts = 1; f(facts);").contains("facts"));
    }

    #[test]
    fn what_is_shortened_is_internal() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let read = |path: &str| fs::read_to_string(format!("{root}/{path}")).unwrap();
        let directory = fs::read_dir(format!("{root}/recover-runtime/js")).unwrap();
        let files = directory.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let modules = files.filter(|file| file.ends_with(".js") && !file.contains(".test."));
        let modules: String = modules
            .map(|file| read(&format!("recover-runtime/js/{file}")))
            .collect();
        let types = read("recover-runtime/js/types.d.ts");
        // It has the links, too.
        let worker = asked(&read("recover-worker/js/worker.js"));
        let part = |char: char| !(char.is_alphanumeric() || char == '_');
        for name in INTERNAL {
            assert!(
                modules.split(part).any(|word| word == name),
                "{name} is not used"
            );
            assert!(
                !types.split(part).any(|word| word == name),
                "{name} is seen"
            );
            assert!(!worker.contains(name), "{name} is another's");
            // Comments have backticks.
            for quote in ['\'', '"'] {
                let text = format!("{quote}{name}{quote}");
                assert!(!modules.contains(&text), "{text} is asked for by a text");
            }
        }
        assert!(INTERNAL.is_sorted());
    }
}
