//! A test as it was written: the function without the attributes that are about tests, and what
//! those say. No rule lives here beyond the grammar.

use crate::diag::Diag;
use crate::ir::FnItem;
use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::{Attribute, Ident, LitStr, Meta};

/// Which attribute it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `#[recover_runtime::test]`.
    Test,
    /// `#[recover_runtime::torture]`.
    Torture,
}

impl Kind {
    /// What a function under it is, in messages.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Test => "a test",
            Self::Torture => "a scenario",
        }
    }
}

/// A function under the attribute.
pub(crate) struct Test {
    pub(crate) kind: Kind,
    /// The function, without `should_panic` and `ignore`.
    pub(crate) item: FnItem,
    /// `host`: it is a `#[test]` of plain cargo, too.
    pub(crate) host: Option<Ident>,
    /// `crate = path`.
    pub(crate) krate: Option<syn::Path>,
    pub(crate) should_panic: Option<Mark>,
    pub(crate) ignore: Option<Mark>,
}

/// `should_panic` or `ignore`, with what it says.
pub(crate) struct Mark {
    pub(crate) attr: Attribute,
    pub(crate) text: Option<LitStr>,
}

impl Test {
    pub(crate) fn parse(
        diag: &mut Diag,
        kind: Kind,
        attr: TokenStream,
        item: TokenStream,
    ) -> Option<Self> {
        let (mut host, mut krate) = (None, None);
        let options = syn::meta::parser(|meta| {
            if meta.path.is_ident("host") && kind == Kind::Test {
                host = meta.path.get_ident().cloned();
                return Ok(());
            }
            if meta.path.is_ident("crate") {
                krate = Some(meta.value()?.call(syn::Path::parse_mod_style)?);
                return Ok(());
            }
            Err(meta.error(match kind {
                Kind::Test => "no such option; a test takes `host` and `crate = path`",
                Kind::Torture => {
                    "no such option; a scenario takes `crate = path`, and is a `#[test]` of the host's without a word"
                }
            }))
        });
        if let Err(error) = options.parse2(attr) {
            diag.push(error);
        }
        let Ok(mut item) = syn::parse2::<FnItem>(item.clone()) else {
            diag.error(
                item.into_iter().next(),
                format!(
                    "{} is a function; put the attribute on a `fn` without arguments",
                    kind.noun()
                ),
            );
            return None;
        };
        let mut marks = [None, None];
        item.attrs.retain(|attr| {
            let path = attr.path();
            let name = ["should_panic", "ignore"]
                .into_iter()
                .position(|name| path.is_ident(name));
            let Some(index) = name else { return true };
            let mark = Mark {
                attr: attr.clone(),
                text: text(diag, attr),
            };
            if marks[index].replace(mark).is_some() {
                diag.error(attr, "the attribute is given twice; remove one");
            }
            false
        });
        let [should_panic, ignore] = marks;
        Some(Test {
            kind,
            item,
            host,
            krate,
            should_panic,
            ignore,
        })
    }
}

/// The string of `#[ignore = "…"]`, `#[should_panic = "…"]` or `#[should_panic(expected = "…")]`.
fn text(diag: &mut Diag, attr: &Attribute) -> Option<LitStr> {
    let panics = attr.path().is_ident("should_panic");
    let value = match &attr.meta {
        Meta::Path(_) => return None,
        Meta::NameValue(value) => Some(value.value.clone()),
        Meta::List(list) if panics => match list.parse_args::<syn::MetaNameValue>() {
            Ok(value) if value.path.is_ident("expected") => Some(value.value),
            _ => None,
        },
        Meta::List(_) => None,
    };
    if let Some(syn::Expr::Lit(literal)) = value
        && let syn::Lit::Str(text) = literal.lit
    {
        return Some(text);
    }
    let form = match panics {
        true => "write `#[should_panic(expected = \"part of the message\")]`",
        false => "write `#[ignore = \"reason\"]`",
    };
    diag.error(attr, format!("this has another form; {form}"));
    None
}
