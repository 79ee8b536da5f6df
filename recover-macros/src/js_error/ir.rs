//! What was parsed, with the user's tokens beside every derived name, so that a
//! message can underline what the user wrote.
//!
//! Names and codes are derived here, by the naming rules; `check` decides whether they are
//! valid.

use super::attr::{self, Options, Place};
use super::names;
use super::types::is_primitive;
use crate::diag::Diag;
use crate::paths::Paths;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{DeriveInput, Ident, LitStr, Member};

/// The type that derives.
pub(super) struct ErrorType<'a> {
    pub(super) original: &'a DeriveInput,
    pub(super) paths: Paths,
    pub(super) options: Options,
    pub(super) docs: Vec<String>,
    /// The class of the enum; a struct has its class in `cases` alone.
    pub(super) base: Option<LitStr>,
    /// The variants, or the struct itself.
    pub(super) cases: Vec<Case<'a>>,
}

/// One shape that a value of the type can have: a variant, or the struct.
pub(super) struct Case<'a> {
    /// The path before the fields in a pattern.
    pub(super) pattern: TokenStream,
    pub(super) ident: &'a Ident,
    /// Of a variant; a struct's options are the type's.
    options: Option<Options>,
    pub(super) docs: Vec<String>,
    /// At the literal that named it, or at the identifier it was derived from.
    pub(super) class: LitStr,
    pub(super) code: LitStr,
    pub(super) fields: Vec<Field<'a>>,
}

/// A field of a case.
pub(super) struct Field<'a> {
    pub(super) original: &'a syn::Field,
    pub(super) member: Member,
    pub(super) options: Options,
    pub(super) docs: Vec<String>,
    /// The property in JavaScript.
    pub(super) property: LitStr,
    pub(super) role: Role,
}

/// What becomes of a field in JavaScript.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// An own property.
    Data,
    /// `cause`, by its own conversion.
    Cause,
    /// What `Error::source` gives: `cause`, by its class if it has one.
    Source,
    /// Nothing.
    Hidden,
}

impl<'a> ErrorType<'a> {
    pub(super) fn parse(input: &'a DeriveInput, diag: &mut Diag) -> Self {
        let place = match input.data {
            syn::Data::Enum(_) => Place::Enum,
            _ => Place::Struct,
        };
        let options = Options::parse(&input.attrs, place, diag);
        let ident = &input.ident;
        let class = named(&options, ident, || ident.unraw().to_string());
        let mut base = None;
        let cases = match &input.data {
            syn::Data::Struct(data) => {
                let code = coded(&options, ident);
                let fields = fields(&data.fields, diag);
                let docs = attr::docs(&input.attrs);
                let pattern = quote!(#ident);
                vec![Case {
                    pattern,
                    ident,
                    options: None,
                    docs,
                    class,
                    code,
                    fields,
                }]
            }
            syn::Data::Enum(data) => {
                base = Some(class);
                data.variants
                    .iter()
                    .map(|variant| Case::parse(ident, variant, diag))
                    .collect()
            }
            syn::Data::Union(_) => Vec::new(),
        };
        let paths = Paths::new(options.krate.as_ref());
        let docs = attr::docs(&input.attrs);
        ErrorType {
            original: input,
            paths,
            options,
            docs,
            base,
            cases,
        }
    }

    /// The options that apply to `case`: its own, or the struct's.
    pub(super) fn options_of<'b>(&'b self, case: &'b Case<'_>) -> &'b Options {
        case.options.as_ref().unwrap_or(&self.options)
    }

    pub(super) fn is_transparent(&self, case: &Case<'_>) -> bool {
        self.options_of(case).transparent.is_some()
    }

    /// The cases that have a class of their own.
    pub(super) fn classes(&self) -> impl Iterator<Item = &Case<'a>> {
        self.cases.iter().filter(|case| !self.is_transparent(case))
    }

    /// The class that the class of `case` extends.
    pub(super) fn parent(&self, case: &Case<'_>) -> Parent {
        match (&case.options, &self.base) {
            (
                Some(Options {
                    extends: Some(builtin),
                    ..
                }),
                _,
            ) => Parent::Builtin(builtin.value()),
            (_, Some(base)) => Parent::Base(base.value()),
            _ => Parent::Builtin(self.builtin()),
        }
    }

    /// The builtin that the class of the type itself extends.
    pub(super) fn builtin(&self) -> String {
        self.options
            .extends
            .as_ref()
            .map_or("Error".to_owned(), LitStr::value)
    }
}

/// What a class extends.
pub(super) enum Parent {
    /// The class of the enum.
    Base(String),
    /// One of JavaScript's own.
    Builtin(String),
}

impl<'a> Case<'a> {
    fn parse(of: &Ident, variant: &'a syn::Variant, diag: &mut Diag) -> Self {
        let options = Options::parse(&variant.attrs, Place::Variant, diag);
        let ident = &variant.ident;
        Case {
            pattern: quote!(#of::#ident),
            ident,
            docs: attr::docs(&variant.attrs),
            class: named(&options, ident, || {
                names::class_of_variant(&ident.unraw().to_string())
            }),
            code: coded(&options, ident),
            options: Some(options),
            fields: fields(&variant.fields, diag),
        }
    }

    pub(super) fn with_role(&self, role: Role) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| field.role == role)
    }
}

fn named(options: &Options, ident: &Ident, default: impl FnOnce() -> String) -> LitStr {
    options
        .name
        .clone()
        .unwrap_or_else(|| attr::literal(&default(), ident.span()))
}

fn coded(options: &Options, ident: &Ident) -> LitStr {
    options
        .code
        .clone()
        .unwrap_or_else(|| attr::literal(&names::code(&ident.unraw().to_string()), ident.span()))
}

fn fields<'a>(fields: &'a syn::Fields, diag: &mut Diag) -> Vec<Field<'a>> {
    fields
        .iter()
        .zip(fields.members())
        .map(|(field, member)| Field::parse(field, member, diag))
        .collect()
}

impl<'a> Field<'a> {
    fn parse(original: &'a syn::Field, member: Member, diag: &mut Diag) -> Self {
        let options = Options::parse(&original.attrs, Place::Field, diag);
        let (name, span) = match &member {
            Member::Named(ident) => (ident.unraw().to_string(), ident.span()),
            Member::Unnamed(index) => (index.index.to_string(), index.span),
        };
        let property = options
            .js_name
            .clone()
            .unwrap_or_else(|| attr::literal(&name, span));
        let data_asked = options.js_name.is_some() || options.typescript_type.is_some();
        let role = if options.cause.is_some() {
            Role::Cause
        } else if options.skip.is_some() || attr::has(&original.attrs, &["backtrace"]) {
            Role::Hidden
        } else if !data_asked && is_source(original, &member) {
            Role::Source
        } else {
            Role::Data
        };
        Field {
            original,
            member,
            options,
            docs: attr::docs(&original.attrs),
            property,
            role,
        }
    }
}

/// thiserror's rule: `#[source]`, `#[from]`, or the name `source` (not
/// `r#source`). A `source` that is a string or a number is data: it can't be an error.
fn is_source(field: &syn::Field, member: &Member) -> bool {
    let named = matches!(member, Member::Named(ident) if ident == "source");
    attr::has(&field.attrs, &["source", "from"]) || (named && !is_primitive(&field.ty))
}

impl ToTokens for Case<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.ident.to_tokens(tokens);
    }
}
