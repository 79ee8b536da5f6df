//! What one source says of others: its modules, and the paths that stand in each.
//! Which file a path leads to is not decided here.

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A path, and the line it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// Its segments, `crate`, `self` and `super` among them.
    pub(crate) segments: Vec<String>,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// One name that a `use` brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// What it is called here; none for `*` and `_`.
    pub(crate) name: Option<String>,
    /// Is it `*`?
    pub(crate) glob: bool,
    /// Do others see it?
    pub(crate) exported: bool,
    /// Where it comes from.
    pub(crate) path: Path,
}

/// A module, inline or the file itself.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Its name, below that of the file; empty for the file itself.
    pub(crate) inside: Vec<String>,
    /// The children that are files of their own, each with its `#[path]`.
    pub(crate) files: Vec<(String, Option<String>)>,
    /// What it brings in.
    pub(crate) uses: Vec<Use>,
    /// The other paths in it, of two segments or more.
    pub(crate) paths: Vec<Path>,
    /// What it defines.
    pub(crate) items: Vec<String>,
    /// The macros of it that stand at the root of the crate.
    pub(crate) exported_macros: Vec<String>,
}

/// The modules of a source; the first is the file itself.
pub(crate) fn read(text: &str) -> Result<Vec<Module>, syn::Error> {
    let file = syn::parse_file(text)?;
    let mut reader = Reader {
        modules: vec![Module::default()],
        at: 0,
    };
    reader.visit_file(&file);
    Ok(reader.modules)
}

struct Reader {
    modules: Vec<Module>,
    at: usize,
}

impl Reader {
    fn module(&mut self) -> &mut Module {
        &mut self.modules[self.at]
    }

    fn name_item(&mut self, item: &syn::Item) {
        let name = match item {
            syn::Item::Const(item) => &item.ident,
            syn::Item::Enum(item) => &item.ident,
            syn::Item::Fn(item) => &item.sig.ident,
            syn::Item::Static(item) => &item.ident,
            syn::Item::Struct(item) => &item.ident,
            syn::Item::Trait(item) => &item.ident,
            syn::Item::TraitAlias(item) => &item.ident,
            syn::Item::Type(item) => &item.ident,
            syn::Item::Union(item) => &item.ident,
            syn::Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return,
            },
            _ => return,
        };
        let name = name.to_string();
        self.module().items.push(name);
    }

    fn flatten(&mut self, tree: &syn::UseTree, mut before: Vec<String>, exported: bool) {
        let line = tree.span().start().line;
        let (name, glob) = match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                return self.flatten(&path.tree, before, exported);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.flatten(tree, before.clone(), exported);
                }
                return;
            }
            syn::UseTree::Glob(_) => (None, true),
            syn::UseTree::Name(name) if name.ident == "self" => (before.last().cloned(), false),
            syn::UseTree::Name(name) => {
                before.push(name.ident.to_string());
                (before.last().cloned(), false)
            }
            syn::UseTree::Rename(rename) => {
                if rename.ident != "self" {
                    before.push(rename.ident.to_string());
                }
                let name = rename.rename.to_string();
                ((name != "_").then_some(name), false)
            }
        };
        self.module().uses.push(Use {
            name,
            glob,
            exported,
            path: Path {
                segments: before,
                line,
            },
        });
    }

    /// The paths in what a macro is given, which is not parsed. Those that begin
    /// with `$crate` belong to the crate that uses the macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut segments: Vec<String> = vec![];
        let mut line = 0;
        // `:`s since the last segment; a `$` before it.
        let (mut colons, mut foreign) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.found(&mut segments, line);
                        line = ident.span().start().line;
                    }
                    let name = ident.to_string();
                    segments.push(if foreign { format!("${name}") } else { name });
                    (colons, foreign) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !segments.is_empty() => {
                    colons += 1;
                }
                other => {
                    self.found(&mut segments, line);
                    colons = 0;
                    foreign = matches!(&other, TokenTree::Punct(one) if one.as_char() == '$');
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.found(&mut segments, line);
    }

    fn found(&mut self, segments: &mut Vec<String>, line: usize) {
        let segments = std::mem::take(segments);
        if segments.len() > 1 {
            self.module().paths.push(Path { segments, line });
        }
    }
}

fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            syn::Expr::Lit(literal) if pair.path.is_ident("path") => match &literal.lit {
                syn::Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        }
    })
}

fn is_seen(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.name_item(item);
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        let Some((_, items)) = &item.content else {
            let path = path_attribute(&item.attrs);
            self.module().files.push((name, path));
            return;
        };
        let mut inside = self.module().inside.clone();
        inside.push(name);
        self.modules.push(Module {
            inside,
            ..Module::default()
        });
        let outer = std::mem::replace(&mut self.at, self.modules.len() - 1);
        for item in items {
            self.visit_item(item);
        }
        self.at = outer;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.flatten(&item.tree, vec![], is_seen(&item.vis));
        }
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        let exported = item
            .attrs
            .iter()
            .any(|one| one.path().is_ident("macro_export"));
        if let (Some(name), true) = (&item.ident, exported) {
            let name = name.to_string();
            self.module().exported_macros.push(name);
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {
        // `pub(in crate::a)` says who may come in, not who is used.
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Punctuated<_, syn::Token![::]> = path.segments.clone();
        if path.leading_colon.is_none() && segments.len() > 1 {
            let line = path.span().start().line;
            let segments = segments.iter().map(|one| one.ident.to_string()).collect();
            self.module().paths.push(Path { segments, line });
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.visit_path(&item.path);
        self.tokens(item.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_wherever_they_stand() {
        let modules = read(
            "use crate::a::{self, b as c, d::*};\n\
             pub(in crate::e) fn f() -> crate::g::H {\n\
                 assert!(super::i::j(\n\
                     $crate::k::l, crate::m::n(1)));\n\
             }\n\
             mod o { use super::p as _; }\n\
             #[path = \"r.rs\"] mod q;",
        )
        .unwrap();
        let [file, inner] = &modules[..] else {
            panic!("{modules:?}")
        };
        let text = |path: &Path| format!("{}:{}", path.segments.join("::"), path.line);
        let uses: Vec<_> = file.uses.iter().map(|one| text(&one.path)).collect();
        assert_eq!(uses, ["crate::a:1", "crate::a::b:1", "crate::a::d:1"]);
        assert_eq!(file.uses[1].name.as_deref(), Some("c"));
        assert!(file.uses[2].glob);
        let paths: Vec<_> = file.paths.iter().map(text).collect();
        let expected = [
            "crate::g::H:2",
            "super::i::j:3",
            "$crate::k::l:4",
            "crate::m::n:4",
        ];
        assert_eq!(paths, expected);
        assert_eq!(file.items, ["f"]);
        assert_eq!(file.files, [("q".to_owned(), Some("r.rs".to_owned()))]);
        assert_eq!(inner.inside, ["o"]);
        assert_eq!(inner.uses[0].name, None);
    }
}
