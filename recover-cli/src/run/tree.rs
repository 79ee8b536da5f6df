//! JavaScript and TypeScript as a syntax tree, and edits at its places.
//!
//! The tree is the ESTree that oxc writes: nodes with a type, and the bytes that they stand
//! at. What is looked for is JavaScript, too, where `$name` stands for any one node and
//! `$$name` for any number of them in a list. Nothing here knows wasm-bindgen.

use std::collections::HashMap;
use std::ops::Range;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use serde_json::Value;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// A module of JavaScript, or a script: a module's rules do for both.
    JavaScript,
    /// A `.d.ts`.
    Declarations,
}

/// The text as ESTree, or why it is none.
pub(super) fn parse(text: &str, language: Language) -> Result<Value, String> {
    let allocator = Allocator::default();
    let types = language == Language::Declarations;
    let source = match types {
        true => SourceType::d_ts(),
        false => SourceType::mjs(),
    };
    let parsed = Parser::new(&allocator, text, source).parse();
    if parsed.panicked || (!types && !parsed.diagnostics.is_empty()) {
        let reason = parsed.diagnostics.first().map(ToString::to_string);
        return Err(reason.unwrap_or_else(|| "no reason given".to_owned()));
    }
    let text = parsed.program.to_estree_json(types, false);
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// A parsed text whose nodes know what they stand in.
pub(super) struct Tree<'t> {
    text: &'t str,
    /// By address: a node is in the tree once.
    parents: HashMap<*const Value, &'t Value>,
    /// All nodes, in the order of the text.
    nodes: Vec<&'t Value>,
}

impl<'t> Tree<'t> {
    /// The tree of what `parse` made of `text`.
    pub(super) fn new(text: &'t str, root: &'t Value) -> Self {
        let mut tree = Self {
            text,
            parents: HashMap::new(),
            nodes: vec![],
        };
        tree.add(root, None);
        let start = |value: &Value| value["start"].as_u64();
        // The keys of a node are in no order of the text; a parent stays before its child.
        tree.nodes.sort_by_key(|&value| start(value));
        tree
    }

    fn add(&mut self, value: &'t Value, parent: Option<&'t Value>) {
        let mut above = parent;
        if value["type"].is_string() {
            if let Some(parent) = parent {
                self.parents.insert(value, parent);
            }
            self.nodes.push(value);
            above = Some(value);
        }
        match value {
            Value::Object(map) => map.values().for_each(|value| self.add(value, above)),
            Value::Array(list) => list.iter().for_each(|value| self.add(value, above)),
            _ => {}
        }
    }

    /// All nodes, in the order of the text.
    pub(super) fn nodes(&'t self) -> impl Iterator<Item = Node<'t>> {
        self.nodes.iter().map(|value| Node { tree: self, value })
    }

    /// The paths that it imports from, as it names them.
    pub(super) fn imported(&'t self) -> impl Iterator<Item = &'t str> {
        self.nodes().filter_map(|node| node.imports())
    }
}

/// A node of a tree.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Tree<'t>,
    value: &'t Value,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.value, other.value)
    }
}

impl<'t> Node<'t> {
    /// What it is, in ESTree's words.
    pub(super) fn kind(self) -> &'t str {
        self.value["type"].as_str().unwrap_or_default()
    }

    /// The bytes that it stands at.
    pub(super) fn range(self) -> Range<usize> {
        let at = |key: &str| {
            let number = self.value[key].as_u64().unwrap_or_default();
            usize::try_from(number).unwrap_or_default()
        };
        at("start")..at("end")
    }

    /// Its text.
    pub(super) fn text(self) -> &'t str {
        &self.tree.text[self.range()]
    }

    /// The nodes in it, in the order of the text.
    pub(super) fn inner(self) -> impl Iterator<Item = Self> {
        let (tree, range) = (self.tree, self.range());
        let start = |value: &&Value| value["start"].as_u64().unwrap_or_default();
        let place = |at: usize| tree.nodes.partition_point(|value| start(value) < at as u64);
        let nodes = &tree.nodes[place(range.start)..place(range.end)];
        let nodes = nodes.iter().map(move |value| Self { tree, value });
        nodes.filter(move |node| node.is_within(self))
    }

    /// The text of all.
    pub(super) fn source(self) -> &'t str {
        self.tree.text
    }

    /// The node at a key.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        let value = &self.value[key];
        value.is_object().then_some(Self {
            tree: self.tree,
            value,
        })
    }

    /// The nodes at a key.
    pub(super) fn list(self, key: &str) -> impl Iterator<Item = Self> {
        let list = self.value[key].as_array().into_iter().flatten();
        let tree = self.tree;
        list.map(move |value| Self { tree, value })
    }

    /// The string at a key.
    pub(super) fn string(self, key: &str) -> Option<&'t str> {
        self.value[key].as_str()
    }

    /// Whether the value at a key is `true`.
    pub(super) fn is(self, key: &str) -> bool {
        self.value[key] == Value::Bool(true)
    }

    /// What it stands in.
    pub(super) fn parent(self) -> Option<Self> {
        let value = self.tree.parents.get(&std::ptr::from_ref(self.value))?;
        Some(Self {
            tree: self.tree,
            value,
        })
    }

    /// All that it stands in, from the inside out.
    pub(super) fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// Whether it is a function of any kind.
    pub(super) fn is_function(self) -> bool {
        matches!(
            self.kind(),
            "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression"
        )
    }

    /// The function that it stands in.
    pub(super) fn function(self) -> Option<Self> {
        self.ancestors().find(|node| node.is_function())
    }

    /// Whether it stands in the other.
    pub(super) fn is_within(self, other: Self) -> bool {
        self.ancestors().any(|node| node == other)
    }

    /// The statement after it in its list.
    pub(super) fn next(self) -> Option<Self> {
        let mut list = self.parent()?.list("body").skip_while(|node| *node != self);
        list.next()?;
        list.next()
    }

    /// What an identifier, or the key or the id of the node, is called.
    pub(super) fn name(self) -> Option<&'t str> {
        match self.kind() {
            "Identifier" => self.string("name"),
            "Literal" => self.string("value"),
            "MethodDefinition" | "PropertyDefinition" | "Property" if !self.is("computed") => {
                self.get("key")?.name()
            }
            "FunctionDeclaration"
            | "TSDeclareFunction"
            | "ClassDeclaration"
            | "VariableDeclarator" => self.get("id")?.name(),
            _ => None,
        }
    }

    /// Where it imports from, if it is an import.
    pub(super) fn imports(self) -> Option<&'t str> {
        match self.kind() {
            "ImportDeclaration"
            | "ExportNamedDeclaration"
            | "ExportAllDeclaration"
            | "ImportExpression" => self.get("source")?.string("value"),
            "CallExpression" if self.get("callee")?.name() == Some("require") => {
                let argument = self.list("arguments").next()?;
                let text = match argument.kind() {
                    "TaggedTemplateExpression" => argument.get("quasi")?,
                    _ => argument,
                };
                match text.kind() {
                    "TemplateLiteral" => text.value["quasis"][0]["value"]["cooked"].as_str(),
                    _ => text.string("value"),
                }
            }
            _ => None,
        }
    }

    /// What `$name` stands for, where the node is what the pattern looks for.
    pub(super) fn matches(self, pattern: &Pattern) -> Option<Found<'t>> {
        let mut found = Found(HashMap::new());
        same(self.tree, &pattern.0, self.value, &mut found).then_some(found)
    }

    /// What stands before it in its line, if that is white space.
    pub(super) fn indent(self) -> &'t str {
        let line = self.tree.text[..self.range().start]
            .rsplit('\n')
            .next()
            .unwrap_or_default();
        &line[..line.len() - line.trim_start().len()]
    }
}

/// What is looked for. To read one takes time: it is kept.
pub(super) struct Pattern(Value);

impl Pattern {
    /// Reads one: an expression, or a statement with its semicolon.
    pub(super) fn new(text: &str) -> Self {
        // A `return` is at home in a function only.
        let program = parse(&format!("function f() {{ {text} }}"), Language::JavaScript);
        let mut program = program.expect("a pattern is JavaScript");
        let mut statement = program["body"][0]["body"]["body"][0].take();
        let ends = text.ends_with([';', '}']);
        match statement["type"] == "ExpressionStatement" && !ends {
            true => Self(statement["expression"].take()),
            false => Self(statement),
        }
    }
}

/// What the names of a pattern stand for.
pub(super) struct Found<'t>(HashMap<String, Node<'t>>);

impl<'t> Found<'t> {
    /// What `$name` stands for.
    pub(super) fn get(&self, name: &str) -> Option<Node<'t>> {
        self.0.get(name).copied()
    }
}

fn hole(pattern: &Value) -> Option<&str> {
    let pattern = match pattern["type"].as_str()? {
        "ExpressionStatement" => &pattern["expression"],
        _ => pattern,
    };
    let name = pattern["name"].as_str()?;
    (pattern["type"] == "Identifier" && name.starts_with('$')).then_some(name)
}

fn same<'t>(tree: &'t Tree<'t>, pattern: &Value, value: &'t Value, found: &mut Found<'t>) -> bool {
    if pattern["type"] == "Identifier"
        && let Some(name) = hole(pattern)
    {
        if let Some(before) = found.get(&name[1..]) {
            return before.text() == Node { tree, value }.text();
        }
        found.0.insert(name[1..].to_owned(), Node { tree, value });
        return value.is_object();
    }
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(_)) => pattern.iter().all(|(key, pattern)| {
            matches!(&**key, "start" | "end" | "raw") || same(tree, pattern, &value[&**key], found)
        }),
        (Value::Array(patterns), Value::Array(values)) => {
            let mut values = values.iter();
            for pattern in patterns {
                if hole(pattern).is_some_and(|name| name.starts_with("$$")) {
                    return true;
                }
                match values.next() {
                    Some(value) if same(tree, pattern, value, found) => {}
                    _ => return false,
                }
            }
            values.next().is_none()
        }
        _ => pattern == value,
    }
}

/// Changes of a text; all else stays to the letter.
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// None.
    pub(super) fn new() -> Self {
        Self(vec![])
    }

    /// Puts a text at a place, after those that were put there before.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Puts a text in the place of another.
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// The text, changed; or the text that two of the changes are at.
    pub(super) fn apply(mut self, text: &str) -> Result<String, String> {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut changed = String::with_capacity(text.len() + 4096);
        let mut end = 0;
        for (range, new) in self.0 {
            if range.start < end {
                return Err(text[range].to_owned());
            }
            changed.push_str(&text[end..range.start]);
            changed.push_str(&new);
            end = range.end;
        }
        changed.push_str(&text[end..]);
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(text: &str, what: impl FnOnce(&Tree<'_>) -> T) -> T {
        let value = parse(text, Language::JavaScript).unwrap();
        what(&Tree::new(text, &value))
    }

    fn matching(text: &str, pattern: &str) -> Vec<String> {
        let pattern = Pattern::new(pattern);
        with(text, |tree| {
            let nodes = tree.nodes().filter(|node| node.matches(&pattern).is_some());
            nodes.map(|node| node.text().to_owned()).collect()
        })
    }

    #[test]
    fn patterns_match_code_and_neither_comments_nor_strings() {
        let text = "// wasm.f(1);\nconst a = 'wasm.f(1);';\nwasm . f (\n2 );\nwasm.f(1, 2);";
        assert_eq!(matching(text, "wasm.f($a)"), ["wasm . f (\n2 )"]);
        assert_eq!(matching(text, "wasm.f($$all)").len(), 2);
        assert_eq!(matching(text, "wasm.f($a, 2);"), ["wasm.f(1, 2);"]);
        assert_eq!(matching("a(b, b); a(b, c);", "a($x, $x)"), ["a(b, b)"]);
    }

    #[test]
    fn imports_are_recognised_in_every_form() {
        let text = "import { a } from './a.js';\nexport { b } from './b.js';\nconst { c } = require(String.raw`./c.js`);\nrequire('./d.js');\nf('./e.js'); // import './g'";
        let imported = with(text, |tree| {
            tree.imported().map(str::to_owned).collect::<Vec<_>>()
        });
        assert_eq!(imported, ["./a.js", "./b.js", "./c.js", "./d.js"]);
    }

    #[test]
    fn edits_leave_the_rest_unchanged_and_never_overlap() {
        let mut edits = Edits::new();
        edits.replace(4..5, "b");
        edits.insert(4, "a");
        edits.insert(0, "→");
        assert_eq!(
            edits.apply("é  x y").unwrap(),
            "→é  abx y".replacen('x', "", 1)
        );
        let mut edits = Edits::new();
        edits.replace(0..3, "");
        edits.replace(2..4, "");
        assert_eq!(edits.apply("abcdef").unwrap_err(), "cd");
    }

    #[test]
    fn code_that_does_not_parse_gives_the_reason() {
        let error = parse("function (", Language::JavaScript).unwrap_err();
        assert!(!error.is_empty());
    }
}
