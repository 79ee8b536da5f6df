//! The instantiations of a generic item: for each a copy of what its export is made of, with
//! types in place of parameters. From there on it is expanded as what was never generic.
//!
//! Bodies are not copied, so an expansion grows with the number of exports only. The item itself
//! stays generic, as the user wrote it.

use crate::attr::Options;
use crate::instantiate::{Given, Instantiate, Row, Value, argument, join};
use crate::ir::{Bounded, Function, Impl, Method, Struct};
use crate::sig::Signature;
use crate::types::unwrapped;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::visit_mut::{VisitMut, visit_expr_mut, visit_generic_argument_mut, visit_type_mut};
use syn::{Expr, GenericArgument, GenericParam, Generics, Ident, LitStr, PathArguments, Type};

/// The parameters that types or constants can stand for.
pub(crate) fn parameters(generics: &Generics) -> impl Iterator<Item = &Ident> {
    generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        _ => None,
    })
}

/// Whether a parameter is a constant.
pub(crate) fn is_const(generics: &Generics, name: &Ident) -> bool {
    generics
        .params
        .iter()
        .any(|param| matches!(param, GenericParam::Const(param) if param.ident == *name))
}

/// What stands for the parameters in one instantiation.
#[derive(Clone, Copy)]
pub(crate) struct Instance<'a> {
    list: &'a Instantiate,
    row: &'a Row,
    generics: &'a Generics,
}

/// The instantiations that have a value for each parameter.
pub(crate) fn of<'a>(options: &'a Options, generics: &'a Generics) -> Vec<Instance<'a>> {
    let Some(list) = options.instantiate() else {
        return Vec::new();
    };
    let all = list.rows.iter().map(|row| Instance {
        list,
        row,
        generics,
    });
    all.filter(|one| parameters(generics).all(|param| one.given(param).is_some()))
        .collect()
}

impl Instance<'_> {
    pub(crate) fn given(&self, param: &Ident) -> Option<&Given> {
        self.row.given(self.list, param)
    }

    pub(crate) fn span(&self) -> Span {
        self.row.span
    }

    /// What stands for a parameter; a path is a constant where the parameter is one.
    fn value(&self, param: &Ident) -> Option<Value> {
        let value = self.given(param)?.value.clone();
        Some(match &value {
            Value::Type(ty) if is_const(self.generics, param) => match &**ty {
                Type::Path(path) => {
                    let path = path.path.clone();
                    Value::Const(Box::new(syn::parse_quote!(#path)))
                }
                _ => value,
            },
            _ => value,
        })
    }

    fn put_into(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        Put(self).visit_type_mut(&mut ty);
        ty
    }

    /// The values of the parameters, as a type has them.
    fn values(&self) -> Vec<Value> {
        parameters(self.generics)
            .filter_map(|param| self.value(param))
            .collect()
    }

    /// A type that stands for one row of values, and a trait that it has where their bounds are met. The
    /// trait then names the `user`'s type, which no generated code may spell: rustc asks for the bounds
    /// wherever it is spelled.
    fn row(&self, user: &Type) -> TokenStream {
        let (bounded, names, bounds) = self.generics.split_for_impl();
        let bare = self.generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) => {
                let ident = &param.ident;
                Some(quote!(#ident: ?::core::marker::Sized))
            }
            GenericParam::Const(param) => {
                let (ident, ty) = (&param.ident, &param.ty);
                Some(quote!(const #ident: #ty))
            }
            GenericParam::Lifetime(_) => None,
        });
        let types = self.generics.type_params().map(|param| &param.ident);
        quote! {
            pub struct __RecoverRow<#(#bare),*>(::core::marker::PhantomData<(#(*const #types,)*)>);
            pub trait __RecoverBounds {
                const IS: ::core::primitive::bool = true;
                type User: ?::core::marker::Sized;
            }
            impl #bounded __RecoverBounds for __RecoverRow #names #bounds {
                type User = #user;
            }
        }
    }

    /// The type of an instantiated struct. Where a bound of the struct is unmet, one constant says so, and all
    /// else is generated for `__RecoverUnmet`, which has the same fields: an impl for a type that is an error would
    /// make every other impl ambiguous.
    fn of_struct(&self, structure: &Struct) -> TokenStream {
        let (ident, values) = (&structure.item.ident, self.values());
        let names = self.generics.split_for_impl().1;
        let row = self.row(&syn::parse_quote!(#ident #names));
        let spelled = located(quote!(#ident<#(#values),*>), self.row.span);
        let checked = quote_spanned! {Span::call_site().located_at(self.row.span)=>
            const _: ::core::primitive::bool = __recover::is_well_formed::<#spelled>();
        };
        let (bounded, names, bounds) = self.generics.split_for_impl();
        quote! {
            #row
            #checked
            impl #bounded __RecoverRow #names #bounds {
                pub const MET: ::core::primitive::bool = true;
            }
            pub trait __RecoverIsUnmet {
                const MET: ::core::primitive::bool = false;
            }
            impl<T: ?::core::marker::Sized> __RecoverIsUnmet for T {}
            pub trait __RecoverChosen<const MET: ::core::primitive::bool> {
                type User: ?::core::marker::Sized;
            }
            impl<T: __RecoverBounds + ?::core::marker::Sized> __RecoverChosen<true> for T {
                type User = T::User;
            }
            impl<T: ?::core::marker::Sized> __RecoverChosen<false> for T {
                type User = __RecoverUnmet;
            }
            const __RECOVER_MET: ::core::primitive::bool = __RecoverRow::<#(#values),*>::MET;
            type __RecoverInstance =
                <__RecoverRow<#(#values),*> as __RecoverChosen<__RECOVER_MET>>::User;
        }
    }

    /// `name` with the labels of the parameters in place of `{T}`. `None` where a label is
    /// missing, or `name` has no such place.
    fn patterned(&self, name: &str) -> Option<String> {
        let mut named = name.to_owned();
        for param in parameters(self.generics) {
            let place = format!("{{{}}}", param.unraw());
            if named.contains(&place) {
                named = named.replace(&place, &self.given(param)?.label()?);
            }
        }
        name.contains('{').then_some(named)
    }

    /// The name of the class that an exported struct becomes.
    pub(crate) fn class(&self, structure: &Struct) -> Option<String> {
        let given = structure.options.text("js_name").map(LitStr::value);
        let name = given.unwrap_or_else(|| structure.item.ident.unraw().to_string());
        if name.contains('{') {
            return self.patterned(&name);
        }
        let labels = parameters(self.generics).map(|param| self.given(param)?.label());
        join(name, labels)
    }

    /// The name of the class that an impl block belongs to.
    pub(crate) fn class_of(&self, block: &Impl) -> Option<String> {
        let given = block.options.text("js_class").map(LitStr::value);
        match given {
            Some(name) if name.contains('{') => self.patterned(&name),
            given => class_named(given, &block.item.self_ty, Some(self)),
        }
    }

    /// The name of an exported function in JavaScript, and its name in Rust's spelling.
    pub(crate) fn function(&self, options: &Options, ident: &Ident) -> Option<(String, Ident)> {
        let given = || parameters(self.generics).map(|param| self.given(param));
        let rust = ident.unraw().to_string();
        let labels = given().map(|given| given?.snake());
        let spelled = labels
            .collect::<Option<Vec<_>>>()?
            .iter()
            .fold(rust, |name, label| format!("{name}_{label}"));
        let name = match options.text("js_name").map(LitStr::value) {
            None => spelled.clone(),
            Some(name) if name.contains('{') => self.patterned(&name)?,
            Some(name) => {
                let labels = given().map(|given| given?.label());
                join(name, labels)?
            }
        };
        let identifier = |letter: char| letter.is_alphanumeric() || letter == '_';
        let spelled = spelled.replace(|letter: char| !identifier(letter), "_");
        Some((name, format_ident!("{spelled}", span = ident.span())))
    }
}

/// The class of an impl block, named after the type and its arguments.
pub(crate) fn class_named(
    given: Option<String>,
    self_ty: &Type,
    instance: Option<&Instance<'_>>,
) -> Option<String> {
    let Type::Path(path) = unwrapped(self_ty) else {
        return given;
    };
    let last = path.path.segments.last()?;
    if instance.is_none() && given.is_some() {
        return given;
    }
    let name = given.unwrap_or_else(|| last.ident.unraw().to_string());
    let PathArguments::AngleBracketed(list) = &last.arguments else {
        return Some(name);
    };
    let labels = list.args.iter().map(|arg| {
        let param = match arg {
            GenericArgument::Type(Type::Path(path)) => path.path.get_ident(),
            _ => None,
        };
        let given = param.and_then(|param| instance?.given(param));
        match given {
            Some(given) => given.label(),
            None => match instance {
                Some(instance) => {
                    let mut arg = arg.clone();
                    Put(instance).visit_generic_argument_mut(&mut arg);
                    argument(&arg)
                }
                None => argument(arg),
            },
        }
    });
    join(name, labels)
}

impl Signature {
    /// The signature of one instantiation of the item that it belongs to.
    fn instantiated(&self, instance: &Instance<'_>) -> Self {
        let mut sig = self.clone();
        for arg in &mut sig.args {
            arg.ty = instance.put_into(&arg.ty);
        }
        sig.returns = self.returns.as_ref().map(|ty| instance.put_into(ty));
        sig
    }

    /// The signature of one instantiation of the function itself.
    fn called(&self, instance: &Instance<'_>, name: Ident) -> Self {
        let mut sig = self.instantiated(instance);
        let function = &self.original.ident;
        let values = instance.values().into_iter();
        let values = values.map(|value| match value {
            Value::Const(expr) => quote!({ #expr }),
            Value::Type(ty) => ty.to_token_stream(),
        });
        sig.call = quote!(#function::<#(#values),*>);
        sig.name = name;
        sig
    }
}

impl Function {
    /// The instantiations, if the function is generic.
    pub(crate) fn instances(&self) -> Option<Vec<Self>> {
        self.options.instantiate()?;
        let generics = &self.item.sig.generics;
        let all = of(&self.options, generics).into_iter().filter_map(|one| {
            let ident = &self.item.sig.ident;
            let (name, spelled) = one.function(&self.options, ident)?;
            Some(Function {
                item: self.item.without_body(),
                options: self.options.with_text("js_name", &name, ident.span()),
                sig: self.sig.called(&one, spelled),
                guard: None,
                paths: self.paths.clone(),
            })
        });
        Some(all.collect())
    }
}

impl Struct {
    /// The instantiations, if the struct is generic.
    pub(crate) fn instances(&self) -> Option<Vec<Self>> {
        let generics = &self.item.generics;
        parameters(generics).next()?;
        let all = of(&self.options, generics).into_iter().filter_map(|one| {
            let ident = &self.item.ident;
            let fields = self.fields.iter().cloned().map(|mut field| {
                field.ty = one.put_into(&field.ty);
                field
            });
            Some(Struct {
                item: self.item.clone(),
                options: self
                    .options
                    .with_text("js_name", &one.class(self)?, ident.span()),
                user: syn::parse_quote!(__RecoverInstance),
                bounded: Some(one.of_struct(self)),
                fields: fields.collect(),
                parent: None,
                paths: self.paths.clone(),
            })
        });
        Some(all.collect())
    }
}

impl Impl {
    /// The instantiations, if the block or a method in it is generic.
    pub(crate) fn instances(&self) -> Option<Vec<Self>> {
        let instantiated = |method: &Method| method.options.instantiate().is_some();
        let generic = self.options.instantiate().is_some();
        if !generic && !self.methods.iter().any(instantiated) {
            return None;
        }
        if !generic {
            return Some(vec![self.instance(None)]);
        }
        let all = of(&self.options, &self.item.generics);
        Some(all.iter().map(|one| self.instance(Some(one))).collect())
    }

    fn instance(&self, instance: Option<&Instance<'_>>) -> Self {
        let span = self.type_name().map_or_else(Span::call_site, Ident::span);
        let class = instance.and_then(|one| one.class_of(self));
        let options = match class {
            Some(class) => self.options.with_text("js_class", &class, span),
            None => self.options.clone(),
        };
        let put = |ty: &Type| instance.map_or_else(|| ty.clone(), |one| one.put_into(ty));
        let methods = self.methods.iter().map(|method| Method {
            sig: match instance {
                Some(one) => method.sig.instantiated(one),
                None => method.sig.clone(),
            },
            ..method.clone()
        });
        Impl {
            item: syn::ItemImpl {
                items: Vec::new(),
                ..self.item.clone()
            },
            options,
            user: put(&self.user),
            bounded: instance.map(|one| self.bounded(one)),
            methods: methods.flat_map(|method| method.instances()).collect(),
            guarded: Vec::new(),
            paths: self.paths.clone(),
        }
    }
}

impl Impl {
    /// The type of an instantiated block. Where a bound of the block is unmet, one constant says so, and the
    /// name stands for an error: nothing follows from it, since the block has impls for its receiver alone.
    fn bounded(&self, instance: &Instance<'_>) -> Bounded {
        let (row, values) = (instance.row(&self.item.self_ty), instance.values());
        let span = Span::call_site().located_at(instance.row.span);
        let values = located(quote!(__RecoverRow<#(#values),*>), instance.row.span);
        let checked = quote_spanned! {span=>
            type __RecoverInstance = <
                __recover::Checked<#values, { <#values as __RecoverBounds>::IS }> as __RecoverBounds
            >::User;
        };
        let name = self
            .type_name()
            .map_or(span, |name| Span::call_site().located_at(name.span()));
        Bounded {
            items: quote!(#row #checked),
            user: Ident::new("__RecoverInstance", name).into_token_stream(),
        }
    }
}

/// The same tokens, where messages about them are to be.
fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let located = tokens.into_iter().map(|mut tree| {
        if let TokenTree::Group(group) = &tree {
            let content = located(group.stream(), span);
            tree = TokenTree::Group(Group::new(group.delimiter(), content));
        }
        tree.set_span(tree.span().located_at(span));
        tree
    });
    located.collect()
}

impl Method {
    /// The instantiations of a generic method, or the method.
    fn instances(self) -> Vec<Self> {
        if self.options.instantiate().is_none() {
            return vec![self];
        }
        let original = &self.sig.original;
        let all = of(&self.options, &original.generics)
            .into_iter()
            .filter_map(|one| {
                let (name, spelled) = one.function(&self.options, &original.ident)?;
                Some(Method {
                    attrs: self.attrs.clone(),
                    options: self
                        .options
                        .with_text("js_name", &name, original.ident.span()),
                    sig: self.sig.called(&one, spelled),
                })
            });
        all.collect()
    }
}

/// Puts values in place of the parameters that they stand for.
struct Put<'a>(&'a Instance<'a>);

impl Put<'_> {
    fn value(&self, path: &syn::Path) -> Option<Value> {
        self.0.value(path.get_ident()?)
    }
}

impl VisitMut for Put<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_type_mut(self, ty);
        let Type::Path(path) = &mut *ty else { return };
        if path.qself.is_some() {
            return;
        }
        if let Some(Value::Type(given)) = self.value(&path.path) {
            *ty = *given;
        } else if path.path.segments.len() > 1
            && let Some(first) = path.path.segments.first()
            && let Some(Value::Type(given)) = self.0.value(&first.ident)
        {
            let rest = path.path.segments.iter().skip(1);
            *ty = syn::parse_quote!(<#given> #(::#rest)*);
        }
    }

    // A constant in an argument list was parsed as a type.
    fn visit_generic_argument_mut(&mut self, arg: &mut GenericArgument) {
        if let GenericArgument::Type(Type::Path(path)) = &*arg
            && path.qself.is_none()
            && let Some(Value::Const(expr)) = self.value(&path.path)
        {
            *arg = GenericArgument::Const(*expr);
            return;
        }
        visit_generic_argument_mut(self, arg);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_expr_mut(self, expr);
        if let Expr::Path(path) = &*expr
            && path.qself.is_none()
            && let Some(Value::Const(given)) = self.value(&path.path)
        {
            *expr = *given;
        }
    }
}
