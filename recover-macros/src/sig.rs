//! The signature of an exported function: its receiver, its arguments with the
//! carriers that stand for them, and what it returns.
//!
//! `Self` is replaced here, because an export is outside the user's impl.

use crate::attr::{Options, strip};
use crate::diag::Diag;
use crate::options::Place;
use crate::types::{is_same, unwrapped};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{FnArg, Ident, Pat, ReturnType, Type};

/// How a method takes `self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    Shared,
    Exclusive,
    Owned,
}

/// Which carrier stands for an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    Owned,
    LongRef,
    MutRef,
}

#[derive(Clone)]
pub(crate) struct Arg {
    /// Its name in the export.
    pub(crate) name: Ident,
    /// Its name in JavaScript, where that is another.
    pub(crate) js_name: Option<String>,
    pub(crate) carrier: Carrier,
    /// The type behind the reference, or the type itself.
    pub(crate) ty: Type,
    pub(crate) options: Options,
}

#[derive(Clone)]
pub(crate) struct Signature {
    /// As the user wrote it.
    pub(crate) original: syn::Signature,
    /// The name of the function, or of one instantiation of it.
    pub(crate) name: Ident,
    /// What the export calls: the name, with the types of an instantiation.
    pub(crate) call: TokenStream,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) args: Vec<Arg>,
    /// `None` for `()`.
    pub(crate) returns: Option<Type>,
    /// It runs on a stack of its own, and JavaScript gets a promise.
    pub(crate) suspends: bool,
}

impl Signature {
    /// Parses a signature and takes the parameters' attributes off it.
    pub(crate) fn parse(diag: &mut Diag, sig: &mut syn::Signature, self_ty: Option<&Type>) -> Self {
        let mut receiver = None;
        let mut args = Vec::new();
        for (index, input) in sig.inputs.iter_mut().enumerate() {
            match input {
                FnArg::Receiver(this) => receiver = Some(receiver_kind(this)),
                FnArg::Typed(typed) => {
                    let options = Options::take(diag, &mut typed.attrs, Place::Param);
                    let mut attrs = typed.attrs.iter();
                    if let Some(cfg) = attrs.find(|attr| attr.path().is_ident("cfg")) {
                        diag.error(cfg, "a parameter of an export can't be conditional; put the `cfg` on the function, and write it once for each case");
                    }
                    // wasm-bindgen does not count `self`.
                    let index = index - usize::from(receiver.is_some());
                    let (name, js_name) = argument_name(&typed.pat, index, &sig.ident);
                    let (carrier, ty) = carrier(&typed.ty);
                    args.push(Arg {
                        name,
                        js_name,
                        carrier,
                        ty: without_self(ty, self_ty),
                        options,
                    });
                }
            }
        }
        let returns = match &sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(without_self(ty, self_ty)),
        };
        Signature {
            original: sig.clone(),
            name: sig.ident.clone(),
            call: sig.ident.to_token_stream(),
            receiver,
            args,
            returns,
            suspends: false,
        }
    }

    /// The same, under the options of its function.
    pub(crate) fn under(self, options: &Options) -> Self {
        Signature {
            suspends: options.has("jspi"),
            ..self
        }
    }

    /// The same, with `other` in place of the type `user`.
    pub(crate) fn with(&self, user: &Type, other: &Type) -> Self {
        let mut sig = self.clone();
        let mut renamed = Renamed(user, other);
        for ty in sig
            .args
            .iter_mut()
            .map(|arg| &mut arg.ty)
            .chain(&mut sig.returns)
        {
            renamed.visit_type_mut(ty);
        }
        sig
    }

    /// Takes the parameters' attributes off a signature.
    pub(crate) fn strip(sig: &mut syn::Signature) {
        for input in &mut sig.inputs {
            if let FnArg::Typed(typed) = input {
                strip(&mut typed.attrs);
            }
        }
    }

    /// Whether JavaScript gets a promise: of an `async fn`, or of one that suspends.
    pub(crate) fn is_async(&self) -> bool {
        self.original.asyncness.is_some() || self.suspends
    }

    /// The argument that is an `AbortSignal`, by its name: it cancels a future, and no stack.
    pub(crate) fn signal(&self) -> Option<&Arg> {
        if self.suspends {
            return None;
        }
        let named = |ty: &Type| match unwrapped(ty) {
            Type::Path(path) => {
                let last = path.path.segments.last();
                last.is_some_and(|last| last.ident == "AbortSignal")
            }
            _ => false,
        };
        let mut args = self.args.iter();
        args.find(|arg| named(&arg.ty) || optional(&arg.ty).is_some_and(named))
    }
}

fn receiver_kind(this: &syn::Receiver) -> Receiver {
    let by_reference = |exclusive: bool| match exclusive {
        true => Receiver::Exclusive,
        false => Receiver::Shared,
    };
    match &this.kind {
        syn::ReceiverKind::Reference(_, _, mutability) => by_reference(mutability.is_some()),
        syn::ReceiverKind::Typed(_, ty) => match unwrapped(ty) {
            Type::Reference(reference) => by_reference(reference.mutability.is_some()),
            _ => Receiver::Owned,
        },
        _ => Receiver::Owned,
    }
}

/// The name of an argument in the export, and in JavaScript. The export calls the function by its
/// name, which an argument must not hide.
fn argument_name(pat: &Pat, index: usize, function: &Ident) -> (Ident, Option<String>) {
    match pat {
        Pat::Ident(pat) if pat.ident.unraw() == function.unraw() => {
            let name = format_ident!("__recover_arg{index}", span = pat.ident.span());
            (name, Some(pat.ident.unraw().to_string()))
        }
        Pat::Ident(pat) => (pat.ident.clone(), None),
        _ => (format_ident!("arg{index}"), None),
    }
}

fn carrier(ty: &Type) -> (Carrier, &Type) {
    match unwrapped(ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            (Carrier::MutRef, &reference.elem)
        }
        Type::Reference(reference) => (Carrier::LongRef, &reference.elem),
        other => (Carrier::Owned, other),
    }
}

/// The `T` of an `Option<T>`.
pub(crate) fn optional(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = unwrapped(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    match &last.arguments {
        syn::PathArguments::AngleBracketed(list) if last.ident == "Option" => {
            list.args.iter().find_map(|arg| match arg {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// The first type in `ty`, from the outside, that is `wanted`. What a function
/// pointer or a trait object names is not a part of the value.
pub(crate) fn part(ty: &Type, wanted: fn(&Type) -> bool) -> Option<Type> {
    let mut parts = Parts {
        wanted,
        found: None,
    };
    parts.visit_type_mut(&mut ty.clone());
    parts.found
}

struct Parts {
    wanted: fn(&Type) -> bool,
    found: Option<Type>,
}

impl VisitMut for Parts {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            _ if self.found.is_some() => {}
            ty if (self.wanted)(ty) => self.found = Some(ty.clone()),
            Type::FnPtr(_) | Type::TraitObject(_) => {}
            ty => syn::visit_mut::visit_type_mut(self, ty),
        }
    }
}

/// `ty` with `Self` spelled out.
fn without_self(ty: &Type, self_ty: Option<&Type>) -> Type {
    let mut ty = ty.clone();
    if let Some(self_ty) = self_ty {
        SelfReplaced(self_ty).visit_type_mut(&mut ty);
    }
    ty
}

struct SelfReplaced<'a>(&'a Type);

impl VisitMut for SelfReplaced<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        syn::visit_mut::visit_type_mut(self, ty);
        let Type::Path(path) = &mut *ty else { return };
        if path.qself.is_some()
            || path
                .path
                .segments
                .first()
                .is_none_or(|first| first.ident != "Self")
        {
            return;
        }
        let self_ty = self.0;
        if path.path.segments.len() == 1 {
            *ty = self_ty.clone();
        } else {
            let rest = path.path.segments.iter().skip(1);
            *ty = syn::parse_quote!(<#self_ty> #(::#rest)*);
        }
    }
}

/// One type in place of another one, by its tokens; located where that was.
struct Renamed<'a>(&'a Type, &'a Type);

impl VisitMut for Renamed<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if is_same(ty, self.0) {
            let (span, mut other) = (ty.span(), self.1.clone());
            if let Type::Path(path) = &mut other {
                for segment in &mut path.path.segments {
                    segment
                        .ident
                        .set_span(segment.ident.span().located_at(span));
                }
            }
            *ty = other;
        } else {
            syn::visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// Whether it is clear by its name that wasm-bindgen converts a type: a number, a string, or a slice of
/// numbers.
pub(crate) fn is_known(ty: &Type) -> bool {
    const NUMBERS: &[&str] = &[
        "u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "isize", "f32", "f64",
    ];
    const OTHERS: &[&str] = &["bool", "char", "str", "String", "JsValue"];
    let is_one = |ty: &Type, names: &[&str]| match unwrapped(ty) {
        Type::Path(path) => names.iter().any(|name| path.path.is_ident(name)),
        _ => false,
    };
    match unwrapped(ty) {
        Type::Slice(slice) => is_one(&slice.elem, NUMBERS),
        ty => is_one(ty, NUMBERS) || is_one(ty, OTHERS),
    }
}

/// Whether a borrowed argument is a string or a slice, and not an object.
pub(crate) fn is_plain(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Slice(_) => true,
        Type::Path(path) => path.path.is_ident("str"),
        _ => false,
    }
}
