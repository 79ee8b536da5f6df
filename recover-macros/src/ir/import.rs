//! An `extern` block: which functions of it are wrapped, and as what.
//!
//! Types and statics throw nothing, so they go to wasm-bindgen unchanged, which also parses
//! their options.

use crate::attr::{Options, rename};
use crate::diag::Diag;
use crate::options::Place;
use crate::paths::Paths;
use crate::sig::part;
use crate::types::unwrapped;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::{
    Attribute, FnArg, ForeignItem, GenericArgument, Ident, Pat, PathArguments, ReturnType, Type,
    Visibility,
};

pub(crate) struct Imports {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) unsafety: Option<syn::Token![unsafe]>,
    pub(crate) abi: syn::Abi,
    pub(crate) options: Options,
    pub(crate) functions: Vec<ImportFn>,
    pub(crate) types: Vec<ImportType>,
    /// Types and statics, with wasm-bindgen's attribute.
    pub(crate) others: Vec<TokenStream>,
    /// Name of a static, if there is one.
    pub(crate) any_static: Option<Ident>,
    pub(crate) paths: Paths,
}

/// What constructors need to know of a type of the block.
pub(crate) struct ImportType {
    pub(crate) ident: Ident,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) options: Options,
}

pub(crate) struct ImportFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// Without attributes on the parameters, which have plain names.
    pub(crate) sig: syn::Signature,
    pub(crate) options: Options,
    pub(crate) kind: Kind,
    /// The arguments after the object of a method.
    pub(crate) args: Vec<ImportArg>,
    /// The value, without the `Result` of `catch`; `None` for `()`.
    pub(crate) value: Option<Type>,
}

pub(crate) struct ImportArg {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) options: Options,
}

/// Where an imported function is in Rust.
pub(crate) enum Kind {
    Free,
    /// A method of a type; `None` where the first argument borrows no type.
    Method(Option<Type>),
    Static(Type),
    /// `None` where no type is returned.
    Constructor(Option<Type>),
}

impl Kind {
    /// The type whose impl block the function goes into.
    pub(crate) fn class(&self) -> Option<&Type> {
        match self {
            Kind::Free => None,
            Kind::Static(class) => Some(class),
            Kind::Method(class) | Kind::Constructor(class) => class.as_ref(),
        }
    }
}

impl Imports {
    pub(crate) fn parse(diag: &mut Diag, attr: TokenStream, item: syn::ItemForeignMod) -> Self {
        let options = Options::parse(diag, attr, Place::Imports);
        let mut imports = Imports {
            attrs: item.attrs,
            unsafety: item.unsafety,
            abi: item.abi,
            paths: Paths::new(options.krate()),
            options,
            functions: Vec::new(),
            types: Vec::new(),
            others: Vec::new(),
            any_static: None,
        };
        for item in item.items {
            imports.add(diag, item);
        }
        imports.find_static();
        imports
    }

    /// Finds the functions that wasm-bindgen puts into the impl block of a type, because their
    /// namespace ends with its name. Older releases leave them where they are.
    fn find_static(&mut self) {
        if !crate::version::is_namespaced() {
            return;
        }
        for function in &mut self.functions {
            let namespace = function.options.last_name("js_namespace");
            let namespace = namespace.or_else(|| self.options.last_name("js_namespace"));
            let mut types = self.types.iter().map(|ty| &ty.ident);
            let class = types.find(|ident| Some(ident.unraw().to_string()) == namespace);
            if let (Kind::Free, Some(class)) = (&function.kind, class) {
                function.kind = Kind::Static(syn::parse_quote!(#class));
            }
        }
    }

    fn add(&mut self, diag: &mut Diag, item: ForeignItem) {
        match item {
            ForeignItem::Fn(function) => self.functions.push(ImportFn::parse(diag, function)),
            ForeignItem::Type(mut ty) => {
                self.types.push(ImportType {
                    ident: ty.ident.clone(),
                    options: Options::peek(&ty.attrs),
                    attrs: ty.attrs.clone(),
                });
                rename(&mut ty.attrs);
                self.others.push(ty.to_token_stream());
            }
            ForeignItem::Static(mut item) => {
                rename(&mut item.attrs);
                self.any_static = Some(item.ident.clone());
                self.others.push(item.to_token_stream());
            }
            // A static with a value.
            ForeignItem::Verbatim(tokens) => match syn::parse2::<syn::ItemStatic>(tokens) {
                Ok(mut item) => {
                    rename(&mut item.attrs);
                    self.any_static = Some(item.ident.clone());
                    self.others.push(item.to_token_stream());
                }
                Err(error) => diag.push(error),
            },
            other => diag.error(
                other,
                "a macro call can't be expanded here; write the imports out",
            ),
        }
    }
}

impl ImportFn {
    fn parse(diag: &mut Diag, item: syn::ForeignItemFn) -> Self {
        let syn::ForeignItemFn {
            mut attrs,
            vis,
            mut sig,
            ..
        } = item;
        let options = Options::take(diag, &mut attrs, Place::Import);
        let mut args = Vec::new();
        for (index, input) in sig.inputs.iter_mut().enumerate() {
            let FnArg::Typed(typed) = input else { continue };
            let options = Options::take(diag, &mut typed.attrs, Place::ImportParam);
            let name = match &*typed.pat {
                Pat::Ident(pat) if pat.ident.unraw() != "self" => pat.ident.clone(),
                _ => format_ident!("arg{index}"),
            };
            *typed.pat = syn::parse_quote!(#name);
            args.push(ImportArg {
                name,
                ty: (*typed.ty).clone(),
                options,
            });
        }
        let value = value(&sig.output, options.has("catch"));
        let kind = if options.has("method") {
            let object = args.first().map(|arg| unwrapped(&arg.ty).clone());
            if !args.is_empty() {
                args.remove(0);
            }
            Kind::Method(match object {
                Some(Type::Reference(object)) if object.mutability.is_none() => {
                    path_type(&object.elem)
                }
                _ => None,
            })
        } else if let Some(class) = options.ty("static_method_of") {
            Kind::Static(class.clone())
        } else if options.has("constructor") {
            Kind::Constructor(value.as_ref().and_then(path_type))
        } else {
            Kind::Free
        };
        ImportFn {
            attrs,
            vis,
            sig,
            options,
            kind,
            args,
            value,
        }
    }

    /// Whether what JavaScript returns is a promise of the value.
    pub(crate) fn gives_promise(&self) -> bool {
        self.sig.asyncness.is_some() || self.options.has("suspending")
    }

    /// Whether the return type has a first type argument, which wasm-bindgen takes for the value of
    /// a `Result`, whatever the type is named.
    pub(crate) fn has_ok_type(&self) -> bool {
        match &self.sig.output {
            ReturnType::Type(_, ty) => ok_type(ty).is_some(),
            ReturnType::Default => false,
        }
    }

    /// Whether the return type is written as a `Result`, under whichever path.
    pub(crate) fn returns_result(&self) -> bool {
        match &self.sig.output {
            ReturnType::Type(_, ty) => is_result(ty),
            ReturnType::Default => false,
        }
    }

    /// Whether wasm-bindgen makes one import of each set of type arguments.
    pub(crate) fn is_per_type(&self, imports: &Imports) -> bool {
        let option = "experimental_generic_mono";
        let opaque = |ty: &Type| matches!(ty, Type::ImplTrait(_));
        let generic = self.sig.generics.type_params().next().is_some()
            || self.args.iter().any(|arg| part(&arg.ty, opaque).is_some());
        self.options.has(option) || imports.options.has(option) && generic
    }

    /// Whether wasm-bindgen makes the whole function: the user catches, and what is
    /// generic about it can't be repeated.
    pub(crate) fn passes_through(&self, imports: &Imports) -> bool {
        let class = self.kind.class();
        self.options.has("catch")
            && (self.is_per_type(imports) || class.is_some_and(|class| self.is_generic(class)))
    }

    /// Whether `ty` names a type parameter of the function.
    pub(crate) fn is_generic(&self, ty: &Type) -> bool {
        let mut names = self.sig.generics.type_params().map(|param| &param.ident);
        names.any(|name| mentions(ty, name))
    }
}

/// Whether the identifier occurs in the type.
fn mentions(ty: &Type, name: &Ident) -> bool {
    fn within(tokens: TokenStream, name: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == *name,
            proc_macro2::TokenTree::Group(group) => within(group.stream(), name),
            _ => false,
        })
    }
    within(ty.to_token_stream(), name)
}

fn path_type(ty: &Type) -> Option<Type> {
    match unwrapped(ty) {
        path @ Type::Path(named) if named.qself.is_none() => Some(path.clone()),
        _ => None,
    }
}

fn is_result(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Result"),
        _ => false,
    }
}

/// The first type argument.
fn ok_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = unwrapped(ty) else {
        return None;
    };
    let PathArguments::AngleBracketed(args) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match args.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// The value that comes from JavaScript. As in wasm-bindgen, the first type argument is
/// that of a function with `catch`.
fn value(output: &ReturnType, catch: bool) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let ty = if catch {
        ok_type(ty)?.clone()
    } else {
        (**ty).clone()
    };
    match unwrapped(&ty) {
        Type::Tuple(unit) if unit.elems.is_empty() => None,
        _ => Some(ty),
    }
}
