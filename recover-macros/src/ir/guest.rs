//! An impl of the trait `Guest`, which wit-bindgen makes of the functions that a component exports.
//!
//! The functions are the user's, with the errors of the user's; `expand` makes those that the trait has.

use super::method::Method;
use crate::attr::{Options, Variant, strip};
use crate::diag::Diag;
use crate::options::Place;
use crate::paths::Paths;
use crate::sig::Signature;
use proc_macro2::TokenStream;
use syn::{ImplItem, ItemImpl, Type};

/// The name of the trait, in each interface and world.
const TRAIT: &str = "Guest";

/// The impl, without our attributes.
pub(crate) struct Guest {
    pub(crate) options: Options,
    /// As it was written, but for the functions.
    pub(crate) item: ItemImpl,
    /// What the trait has of it as it is: its types, and what is marked `skip`.
    pub(crate) kept: Vec<ImplItem>,
    /// The user's functions, and what they are for the trait.
    pub(crate) functions: Vec<(syn::ImplItemFn, Method)>,
    pub(crate) user: Type,
    pub(crate) paths: Paths,
}

/// Whether an impl is one of the trait, or of what a `use` made of its name: `BankGuest`.
pub(crate) fn is_guest(item: &ItemImpl) -> bool {
    named(item).is_some_and(|name| name.to_string().ends_with(TRAIT))
}

/// Whether an impl is one of the trait that wit-bindgen makes of a resource.
pub(crate) fn is_of_resource(item: &ItemImpl) -> bool {
    named(item).is_some_and(|name| resource_name(&name.to_string()).is_some())
}

/// `GuestLedger` is the trait of the resource `Ledger`.
pub(crate) fn resource_name(of_trait: &str) -> Option<&str> {
    let name = of_trait.strip_prefix(TRAIT)?;
    name.starts_with(char::is_uppercase).then_some(name)
}

fn named(item: &ItemImpl) -> Option<&syn::Ident> {
    let (path, _) = item.trait_.as_ref()?;
    path.segments.last().map(|last| &last.ident)
}

impl Guest {
    pub(super) fn parse(diag: &mut Diag, attr: TokenStream, mut item: ItemImpl) -> Self {
        let options = Options::parse(diag, attr, Place::Impl);
        let paths = Paths::new(options.krate());
        let user = (*item.self_ty).clone();
        let (mut kept, mut functions) = (Vec::new(), Vec::new());
        for member in std::mem::take(&mut item.items) {
            let ImplItem::Fn(mut function) = member else {
                kept.push(member);
                continue;
            };
            let variants = Variant::take(&mut function.attrs);
            let always = function.attrs.clone();
            strip(&mut function.attrs);
            for mut variant in variants {
                let options = variant.options(diag, &always, Place::Method);
                let mut function = function.clone();
                function.attrs.append(&mut variant.cfgs);
                let sig = Signature::parse(diag, &mut function.sig, Some(&user));
                if options.has("skip") {
                    kept.push(ImplItem::Fn(function));
                    continue;
                }
                let attrs = function.attrs.clone();
                let method = Method {
                    attrs,
                    options,
                    sig,
                };
                functions.push((function, method));
            }
        }
        Guest {
            options,
            item,
            kept,
            functions,
            user,
            paths,
        }
    }
}
