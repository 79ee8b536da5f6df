//! What was parsed, with the user's own tokens, so that an error underlines what
//! the user wrote and the item is emitted as it was written.
//!
//! Parsing takes the `#[recoverable]` attributes off the item; nothing else of it
//! changes. No rule lives here beyond what the shapes themselves need.

pub(crate) mod guest;
pub(crate) mod import;
mod method;

use crate::attr::{Options, Variant, rename, strip};
use crate::diag::Diag;
use crate::options::{Place, UNEXPORTED};
use crate::paths::Paths;
use crate::sig::Signature;
use guest::Guest;
use import::Imports;
pub(crate) use method::Method;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitInt, Member, Type, Visibility};

/// An item under `#[recoverable]`.
pub(crate) enum Item {
    Function(Box<Function>),
    Guarded(Box<Guarded>),
    Struct(Struct),
    Impl(Impl),
    Guest(Guest),
    Imports(Imports),
    Passed(Passed),
}

/// An item that is wasm-bindgen's to expand: nothing of it is a call that could be guarded.
pub(crate) struct Passed {
    /// The options, without `crate`.
    pub(crate) options: TokenStream,
    pub(crate) item: TokenStream,
    pub(crate) kind: PassedKind,
    pub(crate) paths: Paths,
}

pub(crate) enum PassedKind {
    Enum,
    /// A section of the declarations.
    Section,
    /// The `main` of a binary, which the loader calls.
    Main,
}

impl Passed {
    fn item(options: &Options, item: impl ToTokens, kind: PassedKind) -> Item {
        Item::Passed(Passed {
            options: options.without(&["crate"]),
            item: item.to_token_stream(),
            kind,
            paths: Paths::new(options.krate()),
        })
    }
}

pub(crate) struct Function {
    /// The user's item, without our attributes.
    pub(crate) item: FnItem,
    pub(crate) options: Options,
    pub(crate) sig: Signature,
    pub(crate) guard: Option<StackGuard>,
    pub(crate) paths: Paths,
}

/// A function that has a stack guard and is not exported.
pub(crate) struct Guarded {
    /// The user's item, without our attributes.
    pub(crate) item: FnItem,
    pub(crate) options: Options,
    pub(crate) guard: StackGuard,
    pub(crate) paths: Paths,
}

/// `stack_guard`, and its `max_depth`.
pub(crate) struct StackGuard {
    /// The option's name, for messages.
    pub(crate) name: Ident,
    pub(crate) max_depth: Option<LitInt>,
}

impl StackGuard {
    fn of(diag: &mut Diag, options: &Options) -> Option<Self> {
        let guard = options.get("stack_guard").map(|opt| StackGuard {
            name: opt.name.clone(),
            max_depth: options.number("max_depth").cloned(),
        });
        if guard.is_none()
            && let Some(depth) = options.get("max_depth")
        {
            diag.error(
                &depth.name,
                "`max_depth` is a limit of the stack guard; add `stack_guard`",
            );
        }
        guard
    }
}

/// A function whose body stays tokens: parsing it would take most of the time.
pub(crate) struct FnItem {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: syn::Signature,
    body: TokenStream,
}

impl Parse for FnItem {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(FnItem {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl FnItem {
    /// The same function without its body.
    pub(crate) fn without_body(&self) -> Self {
        FnItem {
            attrs: self.attrs.clone(),
            vis: self.vis.clone(),
            sig: self.sig.clone(),
            body: TokenStream::new(),
        }
    }

    /// The tokens between the braces, or nothing where there is only a signature.
    fn content(&self) -> Option<Group> {
        let mut body = self.body.clone();
        loop {
            let mut trees = body.into_iter();
            match (trees.next(), trees.next()) {
                (Some(TokenTree::Group(group)), None) => match group.delimiter() {
                    Delimiter::Brace => return Some(group),
                    // What a `macro_rules` puts around a `$body:block`.
                    Delimiter::None => body = group.stream(),
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    pub(crate) fn has_body(&self) -> bool {
        self.content().is_some()
    }

    /// The function with `statements` before its body. The body stays a block of its own, so that
    /// its items and the statements don't affect each other. Inner attributes belong to the
    /// function, and stay at its start.
    pub(crate) fn begin_with(&self, statements: &TokenStream) -> TokenStream {
        let (attrs, vis, sig) = (&self.attrs, &self.vis, &self.sig);
        let body = self.content().map(|group| {
            let mut inner = TokenStream::new();
            let mut rest = group.stream().into_iter();
            loop {
                let mut ahead = rest.clone();
                let marks = [ahead.next(), ahead.next()].map(|tree| match tree {
                    Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
                    _ => None,
                });
                if marks != [Some('#'), Some('!')] {
                    break;
                }
                inner.extend(rest.by_ref().take(3));
            }
            let body = braces(rest.collect(), group.span());
            quote!({ #inner #statements #body })
        });
        quote!(#(#attrs)* #vis #sig #body)
    }
}

/// Allows a block that the user did not write, which a lint may find superfluous.
pub(crate) fn braces(content: TokenStream, at: Span) -> Group {
    let mut block = Group::new(Delimiter::Brace, content);
    block.set_span(Span::mixed_site().located_at(at));
    block
}

impl ToTokens for FnItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.attrs.iter().for_each(|attr| attr.to_tokens(tokens));
        self.vis.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

pub(crate) struct Struct {
    pub(crate) item: syn::ItemStruct,
    pub(crate) options: Options,
    /// The type that is exported: the struct, or one instantiation of it.
    pub(crate) user: Type,
    /// What names the type of an instantiation.
    pub(crate) bounded: Option<TokenStream>,
    /// The public fields that JavaScript sees.
    pub(crate) fields: Vec<Field>,
    /// The struct that it extends, whose value the field [`PARENT`] has.
    pub(crate) parent: Option<syn::Path>,
    pub(crate) paths: Paths,
}

/// The field that `extends` adds.
pub(crate) const PARENT: &str = "parent";

#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) options: Options,
}

pub(crate) struct Impl {
    pub(crate) item: syn::ItemImpl,
    pub(crate) options: Options,
    /// The type whose methods are exported.
    pub(crate) user: Type,
    /// The same type as calls name it, and what that takes.
    pub(crate) bounded: Option<Bounded>,
    /// The public methods that JavaScript sees.
    pub(crate) methods: Vec<Method>,
    /// The guarded methods, exported or not, each with its index in the block.
    pub(crate) guarded: Vec<(usize, StackGuard)>,
    pub(crate) paths: Paths,
}

/// The type of an instantiated block, under a name that stands for an error where a bound is unmet.
pub(crate) struct Bounded {
    pub(crate) items: TokenStream,
    pub(crate) user: TokenStream,
}

impl Item {
    /// Parses an item; other kinds of items are reported.
    pub(crate) fn parse(diag: &mut Diag, attr: TokenStream, item: TokenStream) -> Option<Self> {
        if let Ok(item) = syn::parse2::<FnItem>(item.clone()) {
            let options = Options::unchecked(attr.clone());
            return Some(match options.has("main") {
                true => Passed::item(&options, item, PassedKind::Main),
                false => Function::parse(diag, attr, item),
            });
        }
        let item = match syn::parse2::<syn::Item>(item) {
            Ok(item) => item,
            Err(error) => {
                diag.push(error);
                return None;
            }
        };
        match item {
            syn::Item::Struct(item) => Some(Item::Struct(Struct::parse(diag, attr, item))),
            syn::Item::Impl(item) if guest::is_guest(&item) => {
                Some(Item::Guest(Guest::parse(diag, attr, item)))
            }
            syn::Item::Impl(item) => Some(Item::Impl(Impl::parse(diag, attr, item))),
            syn::Item::ForeignMod(item) => Some(Item::Imports(Imports::parse(diag, attr, item))),
            syn::Item::Enum(mut item) => {
                for variant in &mut item.variants {
                    rename(&mut variant.attrs);
                }
                let options = Options::unchecked(attr);
                let named = item
                    .variants
                    .iter()
                    .filter_map(|variant| match &variant.fields {
                        syn::Fields::Named(fields) => Some(fields),
                        _ => None,
                    });
                for fields in named {
                    diag.error(
                        fields,
                        "JavaScript has no variants with named fields; put the fields into a struct with `#[recoverable]`",
                    );
                }
                Some(Passed::item(&options, item, PassedKind::Enum))
            }
            syn::Item::Const(item)
                if Options::unchecked(attr.clone()).has("typescript_custom_section") =>
            {
                let options = Options::unchecked(attr);
                Some(Passed::item(&options, item, PassedKind::Section))
            }
            other => {
                let (tokens, message) = refusal(&other);
                diag.error(tokens, message);
                None
            }
        }
    }
}

/// Why an item of another kind is refused.
fn refusal(item: &syn::Item) -> (TokenStream, &'static str) {
    match item {
        syn::Item::Trait(item) => (
            item.trait_token.to_token_stream(),
            "JavaScript has no traits; put `#[recoverable]` on an impl block without a trait",
        ),
        syn::Item::Const(item) => (
            item.const_token.to_token_stream(),
            "a const can't be exported; export a function that returns it",
        ),
        syn::Item::Static(item) => (
            item.static_token.to_token_stream(),
            "a static can't be exported; export a function that returns it",
        ),
        other => (
            other.to_token_stream(),
            "`#[recoverable]` goes on a function, a struct, an impl block or an `extern` block; move it there",
        ),
    }
}

/// Whether a member isn't exported. One with options was meant to be.
fn hidden(diag: &mut Diag, vis: &Visibility, options: &Options, what: &str) -> bool {
    if options.has("skip") {
        return true;
    }
    if matches!(vis, Visibility::Public(_)) {
        return false;
    }
    if let Some(option) = options.first_but(UNEXPORTED) {
        diag.error(
            option,
            format!("only a `pub` {what} is exported; make it `pub`, or remove the options"),
        );
    }
    true
}

/// Leaves a symbol's name to native builds, where in wasm it would be that of the export, `export`.
fn native_symbol(attr: &mut Attribute, export: &str) {
    let meta = &attr.meta;
    let inner = match meta {
        syn::Meta::List(list) if list.path.is_ident("unsafe") => {
            list.parse_args::<syn::Meta>().ok()
        }
        _ => None,
    };
    let taken = match inner.as_ref().unwrap_or(meta) {
        syn::Meta::Path(path) => path.is_ident("no_mangle"),
        syn::Meta::NameValue(named) if named.path.is_ident("export_name") => {
            let value = &named.value;
            syn::parse2::<syn::LitStr>(quote!(#value)).is_ok_and(|name| name.value() == export)
        }
        _ => false,
    };
    if taken {
        *attr = syn::parse_quote!(#[cfg_attr(not(target_family = "wasm"), #meta)]);
    }
}

impl Function {
    fn parse(diag: &mut Diag, attr: TokenStream, mut item: FnItem) -> Item {
        let options = Options::parse(diag, attr, Place::Function);
        let paths = Paths::new(options.krate());
        let unexported = options.has("skip")
            || !matches!(item.vis, Visibility::Public(_)) && !options.has("start");
        let guard = match StackGuard::of(diag, &options) {
            Some(guard) if unexported => {
                return Item::Guarded(Box::new(Guarded {
                    item,
                    options,
                    guard,
                    paths,
                }));
            }
            guard => guard,
        };
        let export = options.text("js_name").map(syn::LitStr::value);
        let export = export.unwrap_or_else(|| item.sig.ident.unraw().to_string());
        for attr in &mut item.attrs {
            native_symbol(attr, &export);
        }
        let sig = Signature::parse(diag, &mut item.sig, None).under(&options);
        Item::Function(Box::new(Function {
            item,
            options,
            sig,
            guard,
            paths,
        }))
    }
}

impl Struct {
    fn parse(diag: &mut Diag, attr: TokenStream, mut item: syn::ItemStruct) -> Self {
        let options = Options::parse(diag, attr, Place::Struct);
        let paths = Paths::new(options.krate());
        let mut fields = Vec::new();
        for (index, field) in item.fields.iter_mut().enumerate() {
            let variants = Variant::take(&mut field.attrs);
            let always = field.attrs.clone();
            strip(&mut field.attrs);
            for mut variant in variants {
                let options = variant.options(diag, &always, Place::Field);
                if hidden(diag, &field.vis, &options, "field") {
                    continue;
                }
                fields.push(Field {
                    member: match &field.ident {
                        Some(ident) => Member::Named(ident.clone()),
                        None => Member::Unnamed(index.into()),
                    },
                    ty: field.ty.clone(),
                    attrs: [field.attrs.clone(), variant.cfgs].concat(),
                    options,
                });
            }
        }
        let parent = match options.has("component") {
            true => None,
            false => add_parent(&mut item, &options, &paths),
        };
        let ident = &item.ident;
        Struct {
            user: syn::parse_quote!(#ident),
            bounded: None,
            item,
            options,
            fields,
            parent,
            paths,
        }
    }
}

/// Adds the field that holds the parent, as the first one. `check` refuses a struct that can't have it.
fn add_parent(item: &mut syn::ItemStruct, options: &Options, paths: &Paths) -> Option<syn::Path> {
    let parent = options.path("extends")?;
    let ty = paths.parent(&item.ident);
    let field = syn::parse_quote!(parent: #ty);
    match &mut item.fields {
        _ if !item.generics.params.is_empty() || parent.is_ident(&item.ident) => return None,
        syn::Fields::Named(fields) => {
            let is_parent = |ident: &Ident| ident == PARENT;
            if fields
                .named
                .iter()
                .filter_map(|it| it.ident.as_ref())
                .any(is_parent)
            {
                return None;
            }
            fields.named.insert(0, field);
        }
        syn::Fields::Unit => {
            item.fields = syn::Fields::Named(syn::parse_quote!({ #field }));
            item.semi_token = None;
        }
        syn::Fields::Unnamed(_) => return None,
    }
    Some(parent.clone())
}

impl Struct {
    /// Whether it is a resource of a component, and no class of JavaScript.
    pub(crate) fn is_resource(&self) -> bool {
        self.options.has("component")
    }
}

impl Impl {
    /// The trait that wit-bindgen made for the resource, where the block is that of one.
    pub(crate) fn resource(&self) -> Option<&syn::Path> {
        self.options.path("resource")
    }

    fn parse(diag: &mut Diag, attr: TokenStream, mut item: syn::ItemImpl) -> Self {
        let options = Options::parse(diag, attr, Place::Impl);
        let paths = Paths::new(options.krate());
        let self_ty = (*item.self_ty).clone();
        let mut methods = Vec::new();
        let mut guarded = Vec::new();
        for (index, member) in item.items.iter_mut().enumerate() {
            let syn::ImplItem::Fn(method) = member else {
                continue;
            };
            let variants = Variant::take(&mut method.attrs);
            let always = method.attrs.clone();
            strip(&mut method.attrs);
            for mut variant in variants {
                let options = variant.options(diag, &always, Place::Method);
                if let Some(guard) = StackGuard::of(diag, &options) {
                    if !variant.cfgs.is_empty() {
                        diag.error(
                            &guard.name,
                            "a stack guard is there or it is not; put `stack_guard` outside of the `cfg_attr`",
                        );
                    }
                    guarded.push((index, guard));
                }
                if hidden(diag, &method.vis, &options, "method") {
                    continue;
                }
                // Each variant has the attributes of its parameters, which the item loses.
                let sig = Signature::parse(diag, &mut method.sig.clone(), Some(&self_ty));
                let sig = sig.under(&options);
                methods.push(Method {
                    attrs: [method.attrs.clone(), variant.cfgs].concat(),
                    options,
                    sig,
                });
            }
            Signature::strip(&mut method.sig);
        }
        Impl {
            user: self_ty,
            bounded: None,
            item,
            options,
            methods,
            guarded,
            paths,
        }
    }

    /// Name of the Rust type, which is the JavaScript class's name by default.
    pub(crate) fn type_name(&self) -> Option<&Ident> {
        match &*self.item.self_ty {
            Type::Path(path) if path.qself.is_none() => {
                path.path.segments.last().map(|last| &last.ident)
            }
            _ => None,
        }
    }
}
