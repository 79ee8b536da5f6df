//! Which file uses which: paths are followed through modules and re-exports to the
//! file that defines what they name. What is allowed is not decided here.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{self, Module, Path, Use};

/// How many re-exports a path is followed through.
const MOST_STEPS: u8 = 32;

/// One file uses another, in a line of the first.
pub(crate) type Edges = BTreeMap<(String, String), usize>;

/// A module of the crate; its key is its path, `a::b`, empty for the root.
struct Node {
    file: String,
    module: Module,
    children: BTreeMap<String, String>,
}

/// The modules of a crate.
struct Modules {
    nodes: BTreeMap<String, Node>,
    /// The macros that stand at the root by `#[macro_export]`, each with its file.
    macros: BTreeMap<String, String>,
}

/// What a path leads to.
#[derive(Debug, Default)]
struct Target {
    /// A module, where it names one.
    module: Option<String>,
    /// The files whose names it rests on.
    files: BTreeSet<String>,
}

/// The edges of the crate whose root is the file `root`; `text` is what a file says.
pub(crate) fn edges(
    root: &str,
    text: &dyn Fn(&str) -> Option<String>,
) -> Result<(BTreeSet<String>, Edges), String> {
    let mut modules = Modules {
        nodes: BTreeMap::new(),
        macros: BTreeMap::new(),
    };
    let (directory, _) = split(root);
    modules.load(root, "", directory, text)?;
    let mut edges = Edges::new();
    for (key, node) in &modules.nodes {
        let mut add = |path: &Path, target: Target| {
            for file in target.files {
                if file != node.file {
                    let line = edges.entry((node.file.clone(), file)).or_insert(path.line);
                    *line = path.line.min(*line);
                }
            }
        };
        for used in &node.module.uses {
            let target = modules.resolve(key, &used.path.segments, MOST_STEPS);
            if !modules.is_face(key, used, &target) {
                add(&used.path, target);
            }
        }
        for path in &node.module.paths {
            add(path, modules.resolve(key, &path.segments, MOST_STEPS));
        }
    }
    let files = modules.nodes.into_values().map(|node| node.file).collect();
    Ok((files, edges))
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn below(directory: &str, name: &str) -> String {
    if directory.is_empty() {
        name.to_owned()
    } else {
        format!("{directory}/{name}")
    }
}

fn child_of(key: &str, name: &str) -> String {
    if key.is_empty() {
        name.to_owned()
    } else {
        format!("{key}::{name}")
    }
}

fn parent_of(key: &str) -> &str {
    key.rsplit_once("::").map_or("", |(parent, _)| parent)
}

impl Modules {
    /// Reads a file and its children; these stand below `directory`.
    fn load(
        &mut self,
        file: &str,
        key: &str,
        directory: &str,
        text: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), String> {
        let source = text(file).ok_or_else(|| format!("{file} is declared and not there"))?;
        let modules = source::read(&source).map_err(|error| format!("{file}: {error}"))?;
        for module in modules {
            let inside = module.inside.join("/");
            let key = module
                .inside
                .iter()
                .fold(key.to_owned(), |key, name| child_of(&key, name));
            if let Some(name) = module.inside.last() {
                let parent = self.nodes.get_mut(parent_of(&key));
                if let Some(parent) = parent {
                    parent.children.insert(name.clone(), key.clone());
                }
            }
            let files = module.files.clone();
            let macros = module.exported_macros.iter().cloned();
            self.macros
                .extend(macros.map(|name| (name, file.to_owned())));
            let mut node = Node {
                file: file.to_owned(),
                module,
                children: BTreeMap::new(),
            };
            let own = if inside.is_empty() {
                directory.to_owned()
            } else {
                below(directory, &inside)
            };
            for (name, _) in &files {
                node.children.insert(name.clone(), child_of(&key, name));
            }
            self.nodes.insert(key.clone(), node);
            for (name, path) in files {
                let child = child_of(&key, &name);
                let (at, within) = match path {
                    Some(path) => {
                        // Its own children stand beside it.
                        let at = below(split(file).0, &path);
                        let within = split(&at).0.to_owned();
                        (at, within)
                    }
                    None => {
                        let folder = below(&own, &name);
                        let flat = format!("{folder}.rs");
                        let at = match text(&flat) {
                            Some(_) => flat,
                            None => below(&folder, "mod.rs"),
                        };
                        (at, folder)
                    }
                };
                self.load(&at, &child, &within, text)?;
            }
        }
        Ok(())
    }

    /// Does a module re-export its own child? Whoever uses it uses the child.
    fn is_face(&self, key: &str, used: &Use, target: &Target) -> bool {
        let node = &self.nodes[key];
        let mut children = self
            .nodes
            .iter()
            .filter(|(other, _)| key.is_empty() || other.starts_with(&format!("{key}::")));
        used.exported
            && target
                .files
                .iter()
                .all(|file| *file == node.file || children.any(|(_, child)| child.file == *file))
    }

    /// Follows a path that stands in the module `from`.
    fn resolve(&self, from: &str, path: &[String], steps: u8) -> Target {
        let mut at = from.to_owned();
        let mut rest = path;
        if let [first, after @ ..] = path {
            match &**first {
                "crate" => (at, rest) = (String::new(), after),
                "self" => rest = after,
                _ => {}
            }
        }
        while let [first, after @ ..] = rest {
            if first != "super" {
                break;
            }
            (at, rest) = (parent_of(&at).to_owned(), after);
        }
        // Names of this module, of its own dependencies, or nothing of this crate.
        let here = rest.len() == path.len();
        let mut target = Target::default();
        while let [name, after @ ..] = rest {
            let node = &self.nodes[&at];
            if let Some(child) = node.children.get(name) {
                (at, rest) = (child.clone(), after);
                continue;
            }
            let alone = here && rest.len() == path.len();
            if node.module.items.contains(name) {
                target.files.insert(node.file.clone());
                return target;
            }
            let named = |used: &&Use| used.name.as_ref() == Some(name);
            if let Some(used) = node.module.uses.iter().find(named)
                && let Some(steps) = steps.checked_sub(1)
            {
                let mut through = used.path.segments.clone();
                through.extend(after.iter().cloned());
                let found = self.resolve(&at, &through, steps);
                target.files.extend(found.files);
                target.module = found.module;
                // A name that only the root gives: whoever takes it from there rests on
                // the root; likewise one that this module has from another crate.
                if !alone && (at.is_empty() || target.files.is_empty()) {
                    target.files.insert(node.file.clone());
                }
                return target;
            }
            if alone {
                return target;
            }
            if at.is_empty()
                && let Some(file) = self.macros.get(name)
            {
                target.files.insert(file.clone());
                return target;
            }
            for glob in node.module.uses.iter().filter(|used| used.glob) {
                let Some(steps) = steps.checked_sub(1) else {
                    break;
                };
                let within = self.resolve(&at, &glob.path.segments, steps).module;
                if let Some(within) = within
                    && self.nodes[&within].module.items.contains(name)
                {
                    target.files.insert(self.nodes[&within].file.clone());
                    return target;
                }
            }
            target.files.insert(node.file.clone());
            return target;
        }
        target.files.insert(self.nodes[&at].file.clone());
        target.module = Some(at);
        target
    }
}

/// The shortest circle of every group of files that use each other, first file first.
pub(crate) fn circles(edges: &Edges) -> Vec<Vec<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        next.entry(from).or_default().push(to);
    }
    let mut found: Vec<Vec<String>> = vec![];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for &start in next.keys() {
        if seen.contains(start) {
            continue;
        }
        if let Some(circle) = back_to(start, &next) {
            seen.extend(circle.iter().copied());
            found.push(circle.into_iter().map(str::to_owned).collect());
        }
    }
    found
}

/// The shortest way from a file to itself.
fn back_to<'a>(start: &'a str, next: &BTreeMap<&'a str, Vec<&'a str>>) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![start]];
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = vec![];
        for way in ways {
            let last = way.last().copied().unwrap_or(start);
            for &to in next.get(last).into_iter().flatten() {
                if to == start {
                    return Some(way);
                }
                if reached.insert(to) {
                    longer.push([&way[..], &[to]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}
