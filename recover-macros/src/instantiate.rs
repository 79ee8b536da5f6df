//! `instantiate(T = u32, f64 as Float)`: which types stand for the parameters of a generic item,
//! and the names that they give.
//!
//! The grammar and the names only: `instances` puts the types in, `check` has the rules.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Lit, LitStr, PathArguments, Token, Type, parenthesized};

use crate::types::unwrapped;

/// The parameters, and a row of values for each instantiation.
#[derive(Clone)]
pub(crate) struct Instantiate {
    pub(crate) params: Vec<Ident>,
    pub(crate) rows: Vec<Row>,
}

/// The values of one instantiation, one for each parameter.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) args: Vec<Given>,
    pub(crate) span: Span,
}

/// What stands for one parameter, and what it is called.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) value: Value,
    /// `as Name`
    pub(crate) name: Option<LitStr>,
}

#[derive(Clone)]
pub(crate) enum Value {
    Type(Box<Type>),
    Const(Box<Expr>),
}

impl Parse for Instantiate {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let several = input.peek(syn::token::Paren);
        let params = if several {
            let content;
            parenthesized!(content in input);
            let names = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?;
            names.into_iter().collect()
        } else {
            vec![input.parse::<Ident>()?]
        };
        input.parse::<Token![=]>()?;
        let mut rows = Vec::new();
        while !input.is_empty() {
            if input.peek(Ident) && input.peek2(Token![=]) {
                return Err(input.error(
                    "the parameters are given together, one row for each instantiation; write `instantiate((T, U) = (u32, f64), (u8, f32))`",
                ));
            }
            let span = input.span();
            let args = if several && input.peek(syn::token::Paren) {
                let content;
                parenthesized!(content in input);
                let args = Punctuated::<Given, Token![,]>::parse_terminated(&content)?;
                args.into_iter().collect()
            } else {
                vec![input.parse()?]
            };
            rows.push(Row { args, span });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Instantiate { params, rows })
    }
}

impl Parse for Given {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let value = if input.peek(Lit) || input.peek(Token![-]) {
            // Not an expression: `4 as Four` would be a cast.
            let sign = input.parse::<Option<Token![-]>>()?;
            let number = input.parse::<Lit>()?;
            Value::Const(Box::new(syn::parse_quote!(#sign #number)))
        } else if input.peek(syn::token::Brace) {
            let block = input.parse::<syn::ExprBlock>()?;
            Value::Const(Box::new(Expr::Block(block)))
        } else {
            Value::Type(input.parse()?)
        };
        let name = match input.parse::<Option<Token![as]>>()? {
            None => None,
            Some(_) if input.peek(LitStr) => Some(input.parse()?),
            Some(_) => {
                let name = Ident::parse_any(input)?;
                Some(LitStr::new(&name.unraw().to_string(), name.span()))
            }
        };
        Ok(Given { value, name })
    }
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Value::Type(ty) => ty.to_tokens(tokens),
            Value::Const(expr) => expr.to_tokens(tokens),
        }
    }
}

impl ToTokens for Given {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (value, name) = (&self.value, &self.name);
        let name = name.as_ref().map(|name| quote!(as #name));
        tokens.extend(quote!(#value #name));
    }
}

impl ToTokens for Instantiate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let params = &self.params;
        let rows = self.rows.iter().map(|row| {
            let args = &row.args;
            quote!((#(#args),*))
        });
        tokens.extend(quote!((#(#params),*) = #(#rows),*));
    }
}

impl Row {
    /// What stands for a parameter.
    pub(crate) fn given<'a>(&'a self, list: &Instantiate, param: &Ident) -> Option<&'a Given> {
        let index = list.params.iter().position(|known| known == param)?;
        self.args.get(index)
    }
}

impl Given {
    /// What the value is called within the name of a class, where it has a name.
    pub(crate) fn label(&self) -> Option<String> {
        match (&self.name, &self.value) {
            (Some(name), _) => Some(name.value()),
            (None, Value::Type(ty)) => label(ty),
            (None, Value::Const(expr)) => constant(expr),
        }
    }

    /// The same within the name of a function that is spelled as in Rust.
    pub(crate) fn snake(&self) -> Option<String> {
        match &self.name {
            Some(name) => Some(name.value()),
            None => self.label().map(|label| snake(&label)),
        }
    }
}

/// What a type is called within the name of a class: `U32`, `OptionString`.
pub(crate) fn label(ty: &Type) -> Option<String> {
    let Type::Path(path) = unwrapped(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let name = pascal(&last.ident.unraw().to_string());
    match &last.arguments {
        PathArguments::None => Some(name),
        PathArguments::AngleBracketed(list) => join(name, list.args.iter().map(argument)),
        PathArguments::Parenthesized(_) => None,
    }
}

/// What an argument of a type is called; a lifetime has no name in JavaScript.
pub(crate) fn argument(arg: &syn::GenericArgument) -> Option<String> {
    match arg {
        syn::GenericArgument::Lifetime(_) => Some(String::new()),
        syn::GenericArgument::Type(ty) => label(ty),
        syn::GenericArgument::Const(expr) => constant(expr),
        _ => None,
    }
}

fn constant(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(value) => Some(pascal(&value.value.to_string())),
            _ => None,
        },
        Expr::Path(path) => Some(path.path.segments.last()?.ident.unraw().to_string()),
        _ => None,
    }
}

/// Puts labels behind a name, if all are known; digits that would run into each other are kept
/// apart.
pub(crate) fn join(
    mut name: String,
    labels: impl IntoIterator<Item = Option<String>>,
) -> Option<String> {
    let digit = |end: Option<char>| end.is_some_and(|end| end.is_ascii_digit());
    for label in labels {
        let label = label?;
        if digit(name.chars().next_back()) && digit(label.chars().next()) {
            name.push('_');
        }
        name.push_str(&label);
    }
    Some(name)
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

#[cfg(test)]
mod tests {
    use super::{join, label, snake};

    #[test]
    fn a_type_gives_the_name_that_javascript_would_write() {
        let named = |ty: &str| label(&syn::parse_str(ty).expect("a type"));
        for (ty, name) in [
            ("u32", "U32"),
            ("std::string::String", "String"),
            ("JsValue", "JsValue"),
            ("r#type", "Type"),
            ("my_type", "MyType"),
            ("Option<Vec<u8>>", "OptionVecU8"),
            ("Ring<u8, 4>", "RingU8_4"),
            ("Flag<true>", "FlagTrue"),
            ("(u8)", "U8"),
        ] {
            assert_eq!(named(ty).as_deref(), Some(name), "{ty}");
        }
        for ty in [
            "(u8, u8)",
            "[u8; 4]",
            "fn()",
            "Vec<[u8; 4]>",
            "&str",
            "Ring<{ 1 + 1 }>",
        ] {
            assert_eq!(named(ty), None, "{ty}");
        }
    }

    #[test]
    fn names_are_put_together_so_that_numbers_stay_apart() {
        let joined = |name: &str, labels: &[&str]| {
            let labels = labels.iter().map(|label| Some((*label).to_owned()));
            join(name.to_owned(), labels).expect("labels")
        };
        assert_eq!(joined("Ring", &["U32", "4"]), "RingU32_4");
        assert_eq!(joined("Ring", &["4"]), "Ring4");
        assert_eq!(joined("Pair", &["U32", "String"]), "PairU32String");
        assert_eq!(join("Ring".to_owned(), [None]), None);
    }

    #[test]
    fn the_name_of_a_function_is_spelled_as_in_rust() {
        for (name, spelled) in [
            ("U32", "u32"),
            ("OptionString", "option_string"),
            ("VecU8", "vec_u8"),
            ("JsValue", "js_value"),
            ("HTMLElement", "htmlelement"),
            ("RingU8_4", "ring_u8_4"),
        ] {
            assert_eq!(snake(name), spelled);
        }
    }
}
