//! Joins the runtime's host modules to one, with a source map back to each: three files compress
//! worse than one, and between them no name can be shortened. A function may be around them, which
//! gives each caller modules of its own.
//!
//! Pure: texts in, a text out. A module keeps its places: what must not stand in the one file
//! is blanked, and a name that another module has too is replaced by one as long. What the
//! glue imports, and where, is `minify`'s affair.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{
    ClassElement, Declaration, Expression, ImportDeclarationSpecifier, ObjectPropertyKind, Program,
    Statement,
};
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_minifier::{Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_sourcemap::SourceMapBuilder;
use oxc_span::{GetSpan, SourceType, Span};

use super::{members, parts};

/// A module of the host.
pub(super) struct Module {
    /// `host.js`.
    pub(super) file: String,
    /// What was written.
    pub(super) text: String,
    /// What is imported of it from outside.
    pub(super) wanted: BTreeSet<String>,
}

/// What is reached by the names of its members alone: the class that the glue enters the
/// instance by, and the object that the modules share.
const GATE: &str = "Gate";
const LINKS: &str = "links";
/// The module that hands `links` to a driver which has failures happen.
const TORTURE: &str = "torture.js";

/// What the one file is to be.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Minified, or as it was written.
    pub(super) small: bool,
    /// It exports one function, `host`, which answers with modules of their own.
    pub(super) own: bool,
}

/// The modules as one file of that name, and its source map. `glue` names what it uses of the
/// gate.
pub(super) fn bundled(
    modules: &[Module],
    name: &str,
    glue: &str,
    shape: Shape,
) -> Result<(String, String), String> {
    let mut whole = match shape.small {
        true => joined(&needed(modules, glue)?)?,
        false => joined(modules)?,
    };
    if shape.small && !is_driven(modules) {
        drop_unused(&mut whole, glue)?;
    }
    whole.close(shape.own);
    let (code, map) = match shape.small {
        true => minified(&whole, modules, name, glue)?,
        false => as_written(&whole, modules),
    };
    let end = if code.ends_with('\n') { "" } else { "\n" };
    let code = format!("{code}{end}//# sourceMappingURL={name}.map\n");
    Ok((code, map))
}

/// Whether a driver reads the members of `links` by itself: then they stay, under their names.
fn is_driven(modules: &[Module]) -> bool {
    modules.iter().any(|module| module.file == TORTURE)
}

/// The modules without the parts that this package does not need.
fn needed(modules: &[Module], glue: &str) -> Result<Vec<Module>, String> {
    let files: Vec<_> = modules.iter().map(|module| &*module.file).collect();
    let needed = modules.iter().map(|module| {
        let text = parts::without_unused(&module.text, &files, glue);
        Ok(Module {
            file: module.file.clone(),
            text: text.map_err(|why| format!("{}: {why}", module.file))?,
            wanted: module.wanted.clone(),
        })
    });
    needed.collect()
}

/// Blanks members that nobody uses, and those that only they used.
fn drop_unused(whole: &mut Whole, glue: &str) -> Result<(), String> {
    loop {
        let unused = unused_members(&(whole.text.clone() + &whole.exported()), glue)?;
        if unused.is_empty() {
            return Ok(());
        }
        blank(&mut whole.text, &unused);
    }
}

/// The modules one after another.
struct Whole {
    text: String,
    /// Of each module, in the order of the text: which it is, and its first line.
    lines: Vec<(usize, u32)>,
    /// What is exported, by its name.
    exports: BTreeMap<String, String>,
}

impl Whole {
    fn exported(&self) -> String {
        let exports = self.exports.iter();
        let exports: Vec<_> = exports
            .map(|(name, local)| format!("{local} as {name}"))
            .collect();
        format!("export {{ {} }};\n", exports.join(", "))
    }

    /// Ends the text with what it exports.
    fn close(&mut self, own: bool) {
        if !own {
            self.text += &self.exported();
            return;
        }
        let exports = self.exports.iter();
        let exports: Vec<_> = exports
            .map(|(name, local)| format!("{name}: {local}"))
            .collect();
        self.text = format!(
            "export function host() {{\n{}return {{ {} }};\n}}\n",
            self.text,
            exports.join(", ")
        );
        self.lines.iter_mut().for_each(|(_, first)| *first += 1);
    }

    /// The module that a line is of, and its line there.
    fn place(&self, modules: &[Module], line: u32) -> Option<(u32, u32)> {
        let &(module, first) = self.lines.iter().rfind(|(_, first)| *first <= line)?;
        let within = line - first < modules[module].text.lines().count() as u32;
        within.then_some((module as u32, line - first))
    }
}

/// A module that is read.
struct Read {
    /// The text with blanks where it imports and exports, and names that no other has.
    text: String,
    /// What it imports of other modules: its own name, theirs, the file.
    imports: Vec<(String, String, String)>,
    /// The names of what it exports, in the one file.
    exports: BTreeMap<String, String>,
}

fn joined(modules: &[Module]) -> Result<Whole, String> {
    let mut taken = BTreeSet::new();
    let mut read: BTreeMap<&str, Read> = BTreeMap::new();
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    let mut whole = Whole {
        text: String::new(),
        lines: vec![],
        exports: BTreeMap::new(),
    };
    let all: String = modules.iter().map(|module| &*module.text).collect();
    while read.len() < modules.len() {
        let before = read.len();
        for (index, module) in modules.iter().enumerate() {
            if read.contains_key(&*module.file) {
                continue;
            }
            let own = |why: String| format!("{}: {why}", module.file);
            let needs = siblings(&module.text).map_err(own)?;
            if !needs.iter().all(|file| read.contains_key(&**file)) {
                continue;
            }
            let done = read_module(module, &all, &mut taken).map_err(own)?;
            for (local, imported, file) in &done.imports {
                let theirs = read
                    .get(&**file)
                    .and_then(|read| read.exports.get(imported));
                let theirs = theirs.ok_or_else(|| own(format!("{file} exports no {imported}")))?;
                // Another module may have asked for the same by the same name.
                if theirs != local && named.get(local) != Some(theirs) {
                    named.insert(local.clone(), theirs.clone());
                    if !taken.insert(local.clone()) {
                        return Err(own(format!("`{local}` is declared twice")));
                    }
                    whole.text += &format!("const {local} = {theirs};\n");
                }
            }
            whole.lines.push((index, lines(&whole.text)));
            whole.text += &done.text;
            whole.text += "\n";
            for name in &module.wanted {
                let local = done.exports.get(name);
                let local = local.ok_or_else(|| own(format!("it exports no {name}")))?;
                if whole.exports.insert(name.clone(), local.clone()).is_some() {
                    return Err(own(format!("`{name}` is exported twice")));
                }
            }
            read.insert(&module.file, done);
        }
        if read.len() == before {
            return Err("the host modules import each other in a circle".to_owned());
        }
    }
    Ok(whole)
}

fn lines(text: &str) -> u32 {
    text.bytes().filter(|&byte| byte == b'\n').count() as u32
}

/// The files that a module imports.
fn siblings(text: &str) -> Result<Vec<String>, String> {
    let allocator = Allocator::default();
    let program = parsed(&allocator, text)?;
    let files = program.body.iter().filter_map(|statement| match statement {
        Statement::ImportDeclaration(import) => Some(sibling(&import.source.value)),
        _ => None,
    });
    Ok(files.collect())
}

fn sibling(source: &str) -> String {
    source.trim_start_matches("./").to_owned()
}

fn read_module(module: &Module, all: &str, taken: &mut BTreeSet<String>) -> Result<Read, String> {
    let allocator = Allocator::default();
    let text = &module.text;
    let program = parsed(&allocator, text)?;
    let (mut imports, mut exports, mut blanks) = (vec![], BTreeMap::new(), vec![]);
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                let file = sibling(&import.source.value);
                for specifier in import.specifiers.iter().flatten() {
                    let ImportDeclarationSpecifier::ImportSpecifier(one) = specifier else {
                        return Err("it imports a module as a whole".to_owned());
                    };
                    let names = (one.local.name.to_string(), one.imported.name().to_string());
                    imports.push((names.0, names.1, file.clone()));
                }
                blanks.push(import.span);
            }
            Statement::ExportDeclaration(export) => {
                for name in declared(&export.declaration) {
                    exports.insert(name.clone(), name);
                }
                blanks.push(Span::new(
                    export.span.start,
                    export.declaration.span().start,
                ));
            }
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    let local = one.local.name().to_string();
                    exports.insert(one.exported.name().to_string(), local);
                }
                blanks.push(export.span);
            }
            Statement::ExportFromDeclaration(_)
            | Statement::ExportAllDeclaration(_)
            | Statement::ExportDefaultDeclaration(_) => {
                return Err("it exports in a way that is not known".to_owned());
            }
            _ => {}
        }
    }
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(&program);
    let renamed = renamed(&semantic.semantic, &imports, all, taken)?;
    let mut text = text.clone();
    for (span, name) in &renamed {
        text.replace_range(span.start as usize..span.end as usize, name);
    }
    for local in exports.values_mut() {
        let old = |(span, _): &&(Span, String)| span.source_text(&module.text) == local;
        if let Some((_, name)) = renamed.iter().find(old) {
            local.clone_from(name);
        }
    }
    blank(&mut text, &blanks);
    Ok(Read {
        text,
        imports,
        exports,
    })
}

/// Where a name that is taken stands, and one as long that is not. What the module declares
/// is taken then.
fn renamed(
    semantic: &Semantic<'_>,
    imports: &[(String, String, String)],
    all: &str,
    taken: &mut BTreeSet<String>,
) -> Result<Vec<(Span, String)>, String> {
    let scoping = semantic.scoping();
    let mut places = vec![];
    for name in scoping.root_unresolved_references().keys() {
        if taken.contains(name.as_str()) {
            return Err(format!("its global `{name}` is declared by another module"));
        }
    }
    let bindings = scoping.get_bindings(scoping.root_scope_id());
    let mut bindings: Vec<_> = bindings.iter().collect();
    bindings.sort_by_key(|(name, _)| name.as_str());
    for (name, &symbol) in bindings {
        let name = name.as_str();
        if imports.iter().any(|(local, ..)| local == name) || taken.insert(name.to_owned()) {
            continue;
        }
        let head = &name[..name.len() - 1];
        let other = ('A'..='Z')
            .map(|last| format!("{head}{last}"))
            .find(|other| !taken.contains(other) && !all.contains(other.as_str()))
            .ok_or_else(|| format!("there is no other name for `{name}`"))?;
        let declared = scoping.symbol_span(symbol);
        let taken_apart = semantic.nodes().iter().any(|node| match node.kind() {
            AstKind::BindingProperty(property) => {
                property.shorthand && property.span.contains_inclusive(declared)
            }
            _ => false,
        });
        let is_property = || format!("`{name}` is the name of a property, too; write it out");
        if taken_apart {
            return Err(is_property());
        }
        places.push((declared, other.clone()));
        for reference in semantic.symbol_references(symbol) {
            let short = match semantic.nodes().parent_kind(reference.node_id()) {
                AstKind::ObjectProperty(property) => property.shorthand,
                _ => false,
            };
            if short {
                return Err(is_property());
            }
            places.push((semantic.reference_span(reference), other.clone()));
        }
        taken.insert(other);
    }
    Ok(places)
}

/// The names that a declaration binds.
fn declared(declaration: &Declaration<'_>) -> Vec<String> {
    let id = match declaration {
        Declaration::FunctionDeclaration(function) => function.id.as_ref(),
        Declaration::ClassDeclaration(class) => class.id.as_ref(),
        Declaration::VariableDeclaration(variables) => {
            let bound = variables.declarations.iter();
            let bound = bound.flat_map(|one| one.id.get_binding_identifiers());
            return bound.map(|id| id.name.to_string()).collect();
        }
        _ => None,
    };
    id.iter().map(|id| id.name.to_string()).collect()
}

/// Blanks in the place of what stands there; lines stay.
fn blank(text: &mut String, spans: &[Span]) {
    let mut bytes = std::mem::take(text).into_bytes();
    for span in spans {
        for byte in &mut bytes[span.start as usize..span.end as usize] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    // What is blanked is whole nodes, so whole characters.
    *text = String::from_utf8_lossy(&bytes).into_owned();
}

fn minified(
    whole: &Whole,
    modules: &[Module],
    name: &str,
    glue: &str,
) -> Result<(String, String), String> {
    let allocator = Allocator::default();
    let mut program = parsed(&allocator, &whole.text)?;
    if !is_driven(modules) {
        members::shorten(&mut program, &allocator, |name| {
            whole.exports.contains_key(name) || words(glue, name) != 0
        });
    }
    let done = Minifier::new(MinifierOptions::default()).minify(&allocator, &mut program);
    let printed = Codegen::new()
        .with_options(CodegenOptions {
            source_map_path: Some(PathBuf::from(name)),
            ..CodegenOptions::minify()
        })
        .with_scoping(done.scoping)
        .build(&program);
    let map = printed.map.ok_or("no source map was made")?;
    let mut mapped = sources(modules);
    for token in map.get_tokens() {
        if let Some((module, line)) = whole.place(modules, token.get_src_line()) {
            let (to, column) = (token.get_dst_line(), token.get_dst_col());
            mapped.add_token(to, column, line, token.get_src_col(), Some(module), None);
        }
    }
    Ok((printed.code, mapped.into_sourcemap().to_json_string()))
}

/// The text as it is, with a map of its lines.
fn as_written(whole: &Whole, modules: &[Module]) -> (String, String) {
    let mut mapped = sources(modules);
    for line in 0..lines(&whole.text) {
        if let Some((module, from)) = whole.place(modules, line) {
            mapped.add_token(line, 0, from, 0, Some(module), None);
        }
    }
    let map = mapped.into_sourcemap().to_json_string();
    (whole.text.clone(), map)
}

/// A map that has the modules as its sources.
fn sources(modules: &[Module]) -> SourceMapBuilder<'_> {
    let mut mapped = SourceMapBuilder::default();
    for module in modules {
        mapped.set_source_and_content(&module.file, &module.text);
    }
    mapped
}

/// Members of the gate and of the links that nobody names but members of that name, and the
/// glue does not either.
fn unused_members(text: &str, glue: &str) -> Result<Vec<Span>, String> {
    let allocator = Allocator::default();
    let program = parsed(&allocator, text)?;
    let mut members = vec![];
    for statement in &program.body {
        match statement {
            Statement::ClassDeclaration(class)
                if class.id.as_ref().is_some_and(|id| id.name == GATE) =>
            {
                for element in &class.body.body {
                    if let ClassElement::MethodDefinition(method) = element
                        && let Some(name) = method.key.static_name()
                        && name != "constructor"
                    {
                        members.push((name.to_string(), method.span));
                    }
                }
            }
            Statement::VariableDeclaration(variables) => {
                for variable in &variables.declarations {
                    let links = variable.id.get_binding_identifiers();
                    let Some(Expression::ObjectExpression(object)) = &variable.init else {
                        continue;
                    };
                    if !links.iter().any(|id| id.name == LINKS) {
                        continue;
                    }
                    for property in &object.properties {
                        if let ObjectPropertyKind::ObjectProperty(property) = property
                            && let Some(name) = property.key.static_name()
                        {
                            let end = property.span.end as usize;
                            let comma = usize::from(text[end..].starts_with(','));
                            let end = (end + comma) as u32;
                            members.push((name.to_string(), Span::new(property.span.start, end)));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let uses = uses(&program);
    let unused = |name: &str| {
        let own: Vec<_> = members.iter().filter(|(other, _)| other == name).collect();
        let is_own = |place: &Span| own.iter().any(|(_, span)| span.contains_inclusive(*place));
        let mut of_name = uses.iter().filter(|(used, _)| used == name);
        words(glue, name) == 0 && of_name.all(|(_, place)| is_own(place))
    };
    let unused = members.iter().filter(|(name, _)| unused(name));
    Ok(unused.map(|&(_, span)| span).collect())
}

/// Where members are asked for, by name: what declares one is no use of it.
fn uses(program: &Program<'_>) -> Vec<(String, Span)> {
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(program)
        .semantic;
    let nodes = semantic.nodes();
    let uses = nodes.iter().filter_map(|node| match node.kind() {
        AstKind::IdentifierName(name) => match nodes.parent_kind(node.id()) {
            AstKind::ObjectProperty(_) | AstKind::MethodDefinition(_) => None,
            _ => Some((name.name.to_string(), name.span)),
        },
        AstKind::AssignmentTargetPropertyIdentifier(name) => {
            Some((name.binding.name.to_string(), name.span))
        }
        AstKind::StringLiteral(text) => Some((text.value.to_string(), text.span)),
        _ => None,
    });
    uses.collect()
}

/// How often a name stands in a text.
fn words(text: &str, name: &str) -> usize {
    let part = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    let bytes = text.as_bytes();
    text.match_indices(name)
        .filter(|(at, _)| {
            !part(at.checked_sub(1).and_then(|at| bytes.get(at)))
                && !part(bytes.get(at + name.len()))
        })
        .count()
}

fn parsed<'a>(allocator: &'a Allocator, text: &'a str) -> Result<Program<'a>, String> {
    let parsed = Parser::new(allocator, text, SourceType::mjs()).parse();
    match parsed.diagnostics.first() {
        None => Ok(parsed.program),
        Some(error) => Err(format!("it does not parse: {error}")),
    }
}

#[cfg(test)]
#[path = "../tests/bundle.rs"]
mod tests;
