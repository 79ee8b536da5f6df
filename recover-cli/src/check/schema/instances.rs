//! What stands for the parameters of a generic class, block or method, by `instantiate`, and what it is
//! called: as the attribute's own macro reads it. Whether the types fit is not known here.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, GenericArgument, GenericParam, Generics, Ident, Lit, LitStr, Meta, PathArguments, Token,
    Type, parenthesized,
};

/// What stands for each parameter, in the order of the option.
#[derive(Clone, Default)]
pub(super) struct Instance(Vec<(String, Given)>);

#[derive(Clone)]
struct Given {
    value: Value,
    name: Option<String>,
}

#[derive(Clone)]
enum Value {
    Type(Type),
    Const(Expr),
}

/// The option.
struct Rows(Vec<Instance>);

impl Parse for Rows {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let several = input.peek(syn::token::Paren);
        let names: Vec<Ident> = match several {
            true => listed(input)?,
            false => vec![input.parse()?],
        };
        input.parse::<Token![=]>()?;
        let mut rows = vec![];
        while !input.is_empty() {
            let given: Vec<Given> = match several && input.peek(syn::token::Paren) {
                true => listed(input)?,
                false => vec![input.parse()?],
            };
            let names = names.iter().map(ToString::to_string);
            rows.push(Instance(names.zip(given).collect()));
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Rows(rows))
    }
}

fn listed<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let content;
    parenthesized!(content in input);
    let all = Punctuated::<T, Token![,]>::parse_terminated(&content)?;
    Ok(all.into_iter().collect())
}

impl Parse for Given {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let value = if input.peek(Token![-]) || input.peek(Lit) {
            // Not an expression: `4 as Four` would be a cast.
            let sign = input.parse::<Option<Token![-]>>()?;
            let number = input.parse::<Lit>()?;
            Value::Const(syn::parse_quote!(#sign #number))
        } else if input.peek(syn::token::Brace) {
            Value::Const(Expr::Block(input.parse()?))
        } else {
            Value::Type(input.parse()?)
        };
        let name = match input.parse::<Option<Token![as]>>()? {
            None => None,
            Some(_) if input.peek(LitStr) => Some(input.parse::<LitStr>()?.value()),
            Some(_) => Some(plain(&syn::ext::IdentExt::parse_any(input)?)),
        };
        Ok(Given { value, name })
    }
}

/// The instantiations that the options of an item name; one that changes nothing where they name none.
pub(super) fn of(options: &[Meta]) -> Vec<Instance> {
    let option = options
        .iter()
        .find(|one| one.path().is_ident("instantiate"));
    let rows = match option {
        Some(Meta::List(list)) => list.parse_args::<Rows>().ok(),
        _ => None,
    };
    match rows {
        Some(Rows(rows)) if !rows.is_empty() => rows,
        _ => vec![Instance::default()],
    }
}

impl Instance {
    /// One by the arguments of a type, if there are as many as it has parameters.
    pub(super) fn by_place(generics: &Generics, given: Vec<GenericArgument>) -> Option<Self> {
        let names: Vec<_> = parameters(generics).map(ToString::to_string).collect();
        let many = given.len();
        let values = given.into_iter().filter_map(|one| {
            let value = match one {
                GenericArgument::Type(ty) => Value::Type(ty),
                GenericArgument::Const(of) => Value::Const(of),
                _ => return None,
            };
            Some(Given { value, name: None })
        });
        (names.len() == many).then(|| Instance(names.into_iter().zip(values).collect()))
    }

    fn given(&self, name: &Ident) -> Option<&Given> {
        let mut all = self.0.iter();
        all.find(|(known, _)| name == known).map(|(_, given)| given)
    }

    /// The name of a class in JavaScript, of the one that the source gives it.
    pub(super) fn class(&self, name: &str, generics: &Generics) -> String {
        let labels = parameters(generics).filter_map(|param| Some((param, self.given(param)?)));
        let mut named = name.to_owned();
        for (param, given) in labels {
            let label = given.label();
            match name.contains('{') {
                true => named = named.replace(&format!("{{{}}}", plain(param)), &label),
                false => join(&mut named, &label),
            }
        }
        named
    }

    /// The name of a method, in Rust's spelling.
    pub(super) fn method(&self, name: &Ident, generics: &Generics) -> String {
        let given = parameters(generics).filter_map(|param| self.given(param));
        given.fold(plain(name), |named, given| {
            let label = given.name.clone();
            format!("{named}_{}", label.unwrap_or_else(|| snake(&given.label())))
        })
    }

    /// What stands for the parameters, as the arguments of the class.
    pub(super) fn arguments(&self, generics: &Generics) -> Vec<GenericArgument> {
        let given = parameters(generics).filter_map(|param| self.given(param));
        given
            .map(|given| match &given.value {
                Value::Type(ty) => GenericArgument::Type(ty.clone()),
                Value::Const(of) => GenericArgument::Const(of.clone()),
            })
            .collect()
    }

    /// The type with what stands for the parameters.
    pub(super) fn put_into(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        Put(self).visit_type_mut(&mut ty);
        ty
    }

    /// The struct with what stands for the parameters.
    pub(super) fn put_into_struct(&self, item: &syn::ItemStruct) -> syn::ItemStruct {
        let mut item = item.clone();
        Put(self).visit_fields_mut(&mut item.fields);
        item
    }
}

struct Put<'a>(&'a Instance);

impl Put<'_> {
    fn value(&self, path: &syn::Path) -> Option<&Value> {
        Some(&self.0.given(path.get_ident()?)?.value)
    }
}

impl VisitMut for Put<'_> {
    fn visit_generic_argument_mut(&mut self, argument: &mut GenericArgument) {
        if let GenericArgument::Type(Type::Path(path)) = argument
            && path.qself.is_none()
            && let Some(Value::Const(of)) = self.value(&path.path)
        {
            *argument = GenericArgument::Const(of.clone());
            return;
        }
        visit_mut::visit_generic_argument_mut(self, argument);
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Path(path) = ty
            && path.qself.is_none()
            && let Some(Value::Type(given)) = self.value(&path.path)
        {
            *ty = given.clone();
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_expr_mut(&mut self, of: &mut Expr) {
        if let Expr::Path(path) = of
            && path.qself.is_none()
        {
            match self.value(&path.path) {
                Some(Value::Const(given)) => *of = given.clone(),
                // A path that stands for a constant.
                Some(Value::Type(Type::Path(given))) => path.path = given.path.clone(),
                _ => {}
            }
            return;
        }
        visit_mut::visit_expr_mut(self, of);
    }
}

impl Given {
    fn label(&self) -> String {
        match (&self.name, &self.value) {
            (Some(name), _) => name.clone(),
            (None, Value::Type(ty)) => label(ty),
            (None, Value::Const(of)) => constant(of),
        }
    }
}

/// The parameters that something stands for.
pub(super) fn parameters(generics: &Generics) -> impl Iterator<Item = &Ident> {
    generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    })
}

fn plain(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

/// What a type is called within the name of a class: `U32`, `OptionString`. Others don't compile.
fn label(ty: &Type) -> String {
    let path = match ty {
        Type::Path(path) => &path.path,
        Type::Paren(inner) => return label(&inner.elem),
        Type::Group(inner) => return label(&inner.elem),
        _ => return String::new(),
    };
    let Some(last) = path.segments.last() else {
        return String::new();
    };
    let mut name = pascal(&plain(&last.ident));
    if let PathArguments::AngleBracketed(list) = &last.arguments {
        for one in &list.args {
            match one {
                GenericArgument::Type(ty) => join(&mut name, &label(ty)),
                GenericArgument::Const(of) => join(&mut name, &constant(of)),
                _ => {}
            }
        }
    }
    name
}

fn constant(of: &Expr) -> String {
    match of {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_digits().to_owned(),
            Lit::Bool(value) => pascal(&value.value.to_string()),
            _ => String::new(),
        },
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .map(|it| plain(&it.ident))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Puts a label behind a name; digits that would run into each other are kept apart.
fn join(name: &mut String, label: &str) {
    let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    if digit(name.chars().next_back()) && digit(label.chars().next()) {
        name.push('_');
    }
    name.push_str(label);
}

fn pascal(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(char::to_uppercase);
        first
            .into_iter()
            .flatten()
            .chain(letters)
            .collect::<String>()
    });
    words.collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut before = None;
    for letter in name.chars() {
        let begins =
            letter.is_uppercase() && before.is_some_and(|before: char| !before.is_uppercase());
        if begins && before != Some('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        before = Some(letter);
    }
    snake
}
