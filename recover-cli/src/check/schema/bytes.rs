//! Whether two types have the same bytes, as far as the schema says: names and nesting do not count, nor
//! which of std's lists and maps it is. So a migration's argument is known from what the version was.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

use super::Kept;

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
        let ty = line
            .strip_prefix("= ")
            .or_else(|| line.strip_prefix("extends "))
            .or_else(|| field(line));
        match ty.map(syn::parse_str::<Type>) {
            Some(Ok(ty)) => self.of(&ty),
            // With an attribute of serde's: what that does is not known.
            _ => self.found.push(line.to_owned()),
        }
    }

    fn variant(&mut self, line: &str) -> String {
        let Some((_, fields)) = line.trim_end_matches(" }").split_once(" { ") else {
            return String::new();
        };
        // As the fields of a struct, which have the same commas.
        let Ok(fields) = syn::parse_str::<Type>(&format!("({},)", unnamed(fields))) else {
            return fields.to_owned();
        };
        self.within(&fields)
    }

    /// The parts of a type, as one.
    fn within(&mut self, ty: &Type) -> String {
        self.with(Self::of, ty)
    }

    fn with<T: ?Sized>(&mut self, add: fn(&mut Self, &T), of: &T) -> String {
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
                let name = last.ident.to_string();
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
                    (_, []) if path.path.segments.len() == 1 => self.named(&name),
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
                let (of, length) = (self.within(&array.elem), array.len.to_token_stream());
                self.found.push(format!("[{of}; {length}]"));
            }
            other => self.found.push(other.to_token_stream().to_string()),
        }
    }
}

/// The type in the line of a field.
fn field(line: &str) -> Option<&str> {
    let (name, ty) = line.split_once(": ")?;
    let is_name = name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    is_name.then_some(ty)
}

/// Fields without their names.
fn unnamed(fields: &str) -> String {
    let mut text = String::new();
    for part in fields.split(": ") {
        text.push_str(part);
        // What stands before the next colon is its name.
        let end = text.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
        text.truncate(end.len());
    }
    // The last part is a type to its end.
    let last = fields.rsplit(": ").next().unwrap_or_default();
    let kept = last.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
    text.push_str(&last[kept.len()..]);
    text
}
