//! Whether two types have the same bytes, as far as the schema says: names and nesting do not count, nor
//! which of std's lists and maps it is. So a migration's argument is known from what the version was.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, GenericArgument, Ident, LitInt, PathArguments, Token, Type};

use super::kept::Kept;

/// What is written in place of these is what is in them.
const AROUND: [&str; 8] = [
    "Box", "Rc", "Arc", "Cow", "Cell", "RefCell", "Mutex", "Parent",
];

/// Written alike.
const LISTS: [&str; 6] = [
    "Vec",
    "VecDeque",
    "LinkedList",
    "BTreeSet",
    "HashSet",
    "BinaryHeap",
];

/// Written alike.
const MAPS: [&str; 2] = ["BTreeMap", "HashMap"];

/// The length of an array that is no number here. No type has this.
const UNKNOWN: &str = "(?)";

/// The parts of the bytes of a type of the crate, one after the other.
pub(super) fn parts(of: &str, types: &Kept) -> Vec<String> {
    let mut parts = Parts {
        types,
        within: BTreeSet::new(),
        found: vec![],
    };
    parts.named(of);
    parts.found
}

struct Parts<'a> {
    types: &'a Kept,
    within: BTreeSet<String>,
    found: Vec<String>,
}

impl Parts<'_> {
    /// Those of a type of the crate.
    fn named(&mut self, name: &str) {
        let Some(lines) = self.types.get(name) else {
            return self.found.push(name.to_owned());
        };
        if !self.within.insert(name.to_owned()) {
            // It holds itself: that it does is all there is to say.
            return self.found.push("itself".to_owned());
        }
        let is_enum = |line: &String| !line.starts_with(['=', '#']) && field(line).is_none();
        if lines
            .iter()
            .any(|line| is_enum(line) && !line.starts_with("extends "))
        {
            let variants: Vec<_> = lines.iter().map(|line| self.variant(line)).collect();
            self.found
                .push(format!("one of ({})", variants.join(" | ")));
        } else {
            for line in lines {
                self.line(line);
            }
        }
        self.within.remove(name);
    }

    fn line(&mut self, line: &str) {
        let of = line
            .strip_prefix("= ")
            .or_else(|| line.strip_prefix("extends "));
        match (of.map(syn::parse_str::<Type>), syn::parse_str(line)) {
            (Some(Ok(ty)), _) => self.of(&ty),
            (_, Ok(field)) => self.field(&field),
            // Something of serde's in place of the type: what that does is not known.
            _ => self.found.push(line.to_owned()),
        }
    }

    fn field(&mut self, field: &Field) {
        if field.told.is_empty() {
            return self.of(&field.ty);
        }
        // What the attribute does is not known, but for that a name changes nothing.
        let ty = self.within(&field.ty);
        self.found.push(format!("{} {ty}", field.told));
    }

    fn variant(&mut self, line: &str) -> String {
        let Some((before, fields)) = line.trim_end_matches(" }").split_once(" { ") else {
            return String::new();
        };
        let parser = Punctuated::<Field, Token![,]>::parse_terminated;
        let Ok(fields) = parser.parse_str(fields) else {
            return fields.to_owned();
        };
        let before = match before.rsplit_once(' ') {
            Some((told, _)) => format!("{told} "),
            None => String::new(),
        };
        let all = |parts: &mut Self, fields: &Punctuated<Field, _>| {
            fields.iter().for_each(|field| parts.field(field));
        };
        format!("{before}{}", self.with(all, &fields))
    }

    /// The parts of a type, as one.
    fn within(&mut self, ty: &Type) -> String {
        self.with(Self::of, ty)
    }

    fn with<T: ?Sized>(&mut self, add: impl Fn(&mut Self, &T), of: &T) -> String {
        let before = self.found.len();
        add(self, of);
        self.found.split_off(before).join(", ")
    }

    fn of(&mut self, ty: &Type) {
        match ty {
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|ty| self.of(ty)),
            Type::Paren(inner) => self.of(&inner.elem),
            Type::Path(path) if path.qself.is_none() => {
                let Some(last) = path.path.segments.last() else {
                    return;
                };
                let names = path.path.segments.iter();
                let whole: Vec<_> = names.map(|it| it.ident.to_string()).collect();
                let whole = whole.join("::");
                // Of several types of one name, the file has the modules.
                let name = match self.types.contains_key(&whole) {
                    true => whole,
                    false => last.ident.to_string(),
                };
                let mut given = vec![];
                if let PathArguments::AngleBracketed(arguments) = &last.arguments {
                    given.extend(arguments.args.iter().filter_map(|one| match one {
                        GenericArgument::Type(ty) => Some(ty),
                        _ => None,
                    }));
                }
                match (&*name, &given[..]) {
                    ("str", []) => self.found.push("String".to_owned()),
                    (around, [.., ty]) if AROUND.contains(&around) => self.of(ty),
                    (list, [ty, ..]) if LISTS.contains(&list) => {
                        let of = self.within(ty);
                        self.found.push(format!("[{of}]"));
                    }
                    (map, [key, value, ..]) if MAPS.contains(&map) => {
                        let (key, value) = (self.within(key), self.within(value));
                        self.found.push(format!("{{{key}: {value}}}"));
                    }
                    (_, []) => self.named(&name),
                    (_, given) => {
                        let given: Vec<_> = given.iter().map(|ty| self.within(ty)).collect();
                        let shown = match self.types.contains_key(&name) {
                            true => self.with(Self::named, &name),
                            false => name,
                        };
                        self.found.push(format!("{shown}<{}>", given.join(", ")));
                    }
                }
            }
            Type::Slice(slice) => {
                let of = self.within(&slice.elem);
                self.found.push(format!("[{of}]"));
            }
            Type::Array(array) => {
                let of = self.within(&array.elem);
                let length = match &array.len {
                    syn::Expr::Lit(literal) => literal.to_token_stream().to_string(),
                    _ => UNKNOWN.to_owned(),
                };
                self.found.push(format!("[{of}; {length}]"));
            }
            other => self.found.push(other.to_token_stream().to_string()),
        }
    }
}

/// Whether a part has something that nothing can be said of.
pub(super) fn is_unknown(part: &str) -> bool {
    part.contains(UNKNOWN)
}

/// The type in the line of a field.
fn field(line: &str) -> Option<&str> {
    let (name, ty) = line.split_once(": ")?;
    let is_name = name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    is_name.then_some(ty)
}

/// The line of a field.
struct Field {
    /// Serde's attributes.
    told: String,
    ty: Type,
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let told = input.call(Attribute::parse_outer)?;
        let told: Vec<_> = told
            .iter()
            .map(|one| one.to_token_stream().to_string())
            .collect();
        // A tuple's have numbers.
        match input.peek(LitInt) {
            true => drop(input.parse::<LitInt>()?),
            false => drop(input.call(Ident::parse_any)?),
        }
        input.parse::<Token![:]>()?;
        Ok(Field {
            told: told.join(" "),
            ty: input.parse()?,
        })
    }
}
