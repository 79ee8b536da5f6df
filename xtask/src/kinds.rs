//! The kinds of errors, and the types of `recover:error`, are the same wherever they stand: in the schema of reports, in
//! the types of JavaScript, in the WIT package and in the runtime. What a kind means is not known here.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::error::Error;
use crate::project::Project;

const SCHEMA: &str = "recover-runtime/report.schema.json";
const TYPES: &str = "recover-runtime/js/types.d.ts";
const WIT: &str = "docs/wit/recover-error/types.wit";
const RUST: &str = "recover-runtime/src/base/types.rs";

/// What no checkout has, or what is built: it is not looked through.
const NOT_OURS: [&str; 5] = ["target", "node_modules", "engines", "__pycache__", "vendor"];

/// Kinds that only components have: a host stops calls, and errors of the program's own cross as failures.
const ONLY_WIT: [&str; 2] = ["timeout", "domain"];

/// Kinds that only JavaScript has: the canonical ABI checks what they report, or there is nothing to load.
const ONLY_JS: [&str; 4] = ["import", "wrong-class", "unsupported", "not-loaded"];

/// The types of a package: the fields or cases of each, with the types that they have.
type Types = BTreeMap<String, Vec<(String, String)>>;

/// What differs, one line each.
pub(crate) fn stale(project: &Project) -> Result<Vec<String>, Error> {
    let read = |path: &str| {
        let path = project.root.join(path);
        std::fs::read_to_string(&path).map_err(|error| Error::file(&path, error))
    };
    let texts = [read(SCHEMA)?, read(TYPES)?, read(WIT)?, read(RUST)?];
    let [schema, types, wit, rust] = &texts;
    let mut broken = broken(schema, types, wit, rust).unwrap_or_else(|reason| vec![reason]);
    for copy in copies(&project.root)? {
        if read(&copy)? != *wit {
            broken.push(format!("{copy} is not {WIT}: copy it"));
        }
    }
    Ok(broken)
}

/// Where the package stands: wit-bindgen, jco and componentize-py look for what a world uses in its own folder.
fn copies(root: &Path) -> Result<Vec<String>, Error> {
    let name = Path::new(WIT).file_name();
    let mut copies = vec![];
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| Error::file(&folder, error))?;
        for entry in entries.flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            let called = entry.file_name().to_string_lossy().into_owned();
            // Links lead out of the checkout.
            if kind.is_ok_and(|kind| kind.is_dir()) {
                if !called.starts_with('.') && !NOT_OURS.contains(&&*called) {
                    folders.push(path);
                }
            } else if path.file_name() == name
                && let Ok(place) = path.strip_prefix(root)
            {
                copies.push(place.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    copies.retain(|copy| copy != WIT);
    copies.sort();
    Ok(copies)
}

fn broken(schema: &str, types: &str, wit: &str, rust: &str) -> Result<Vec<String>, String> {
    let of_schema = kinds_of_schema(schema).ok_or(format!("{SCHEMA} has no kinds"))?;
    let of_types = kinds_of_types(types).ok_or(format!("{TYPES} has no RecoverErrorKind"))?;
    let wit = types_of_wit(wit).map_err(|reason| format!("{WIT}: {reason}"))?;
    let kinds = wit.get("Kind").ok_or(format!("{WIT} has no kinds"))?;
    let of_wit: Vec<_> = kinds.iter().map(|(case, _)| kebab(case)).collect();
    let mut broken = vec![];
    compare(&mut broken, (SCHEMA, &of_schema), (TYPES, &of_types));
    let without = |kinds: &[String], left_out: &[&str]| {
        let kept = kinds
            .iter()
            .filter(|kind| !left_out.contains(&kind.as_str()));
        kept.cloned().collect::<Vec<_>>()
    };
    for kind in ONLY_WIT
        .iter()
        .filter(|kind| !of_wit.iter().any(|one| one == *kind))
    {
        broken.push(format!("{WIT} lacks the kind `{kind}`"));
    }
    for kind in ONLY_JS
        .iter()
        .filter(|kind| !of_types.iter().any(|one| one == *kind))
    {
        broken.push(format!("{TYPES} lacks the kind `{kind}`"));
    }
    let shared_by_js = without(&of_types, &ONLY_JS);
    let shared_by_wit = without(&of_wit, &ONLY_WIT);
    compare(&mut broken, (TYPES, &shared_by_js), (WIT, &shared_by_wit));
    let rust = types_of_rust(rust).map_err(|reason| format!("{RUST}: {reason}"))?;
    for (name, parts) in &wit {
        match rust.get(name) {
            None => broken.push(format!("{RUST} has no `{name}`, which {WIT} has")),
            Some(ours) if ours != parts => broken.push(format!(
                "`{name}` of {RUST} is {}, and in {WIT} {}",
                in_words(ours),
                in_words(parts)
            )),
            Some(_) => {}
        }
    }
    Ok(broken)
}

fn in_words(parts: &[(String, String)]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, ty)| format!("{name}: {ty}"))
        .collect();
    format!("{{ {} }}", parts.join(", "))
}

/// What one list has and the other has not.
fn compare(broken: &mut Vec<String>, one: (&str, &[String]), other: (&str, &[String])) {
    for ((file, kinds), (lacks, there)) in [(one, other), (other, one)] {
        for kind in kinds.iter().filter(|kind| !there.contains(kind)) {
            broken.push(format!("{lacks} lacks the kind `{kind}`, which {file} has"));
        }
    }
}

fn kinds_of_schema(text: &str) -> Option<Vec<String>> {
    let schema: Value = serde_json::from_str(text).ok()?;
    let kinds = schema.pointer("/properties/kind/enum")?.as_array()?;
    kinds
        .iter()
        .map(|kind| kind.as_str().map(str::to_owned))
        .collect()
}

fn kinds_of_types(text: &str) -> Option<Vec<String>> {
    let (_, rest) = text.split_once("type RecoverErrorKind =")?;
    let (union, _) = rest.split_once(';')?;
    Some(
        union
            .split('\'')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect(),
    )
}

/// The types of the only interface of a package, in Rust's words.
fn types_of_wit(text: &str) -> Result<Types, String> {
    let code: Vec<_> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect();
    let code = code.join(" ");
    let (_, mut rest) = code
        .split_once("interface types {")
        .ok_or("no `interface types`")?;
    let mut types = Types::new();
    while let Some((head, body)) = rest.split_once('{') {
        let [keyword, name] = head.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("`{}` is no type", head.trim()));
        };
        let (body, after) = body.split_once('}').ok_or("a type does not end")?;
        rest = after;
        let parts = body
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let part = |part: &str| match keyword {
            "record" => {
                let (name, ty) = part
                    .split_once(':')
                    .ok_or(format!("`{part}` is no field"))?;
                Ok((name.trim().replace('-', "_"), in_rust(ty)))
            }
            "enum" => Ok((pascal(part), String::new())),
            "variant" => {
                let (case, ty) = part.split_once('(').unwrap_or((part, ")"));
                Ok((pascal(case), in_rust(ty.trim_end_matches(')'))))
            }
            other => Err(format!("`{other}` is not expected")),
        };
        let parts = parts.map(part).collect::<Result<Vec<_>, String>>()?;
        types.insert(pascal(name), parts);
    }
    Ok(types)
}

/// A type of WIT as wit-bindgen writes it.
fn in_rust(ty: &str) -> String {
    let ty = ty.trim();
    if let Some((outer, inner)) = ty.split_once('<') {
        let inner = in_rust(inner.trim_end().strip_suffix('>').unwrap_or(inner));
        let outer = if outer == "list" { "Vec" } else { "Option" };
        return format!("{outer}<{inner}>");
    }
    match ty {
        "" => String::new(),
        "string" => "String".to_owned(),
        "s64" => "i64".to_owned(),
        "bool" | "u8" | "u32" | "u64" | "f64" => ty.to_owned(),
        named => pascal(named),
    }
}

fn pascal(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_uppercase())
    });
    words.collect()
}

fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// A type, without its path.
fn named(ty: &syn::Type) -> String {
    let syn::Type::Path(path) = ty else {
        return "?".to_owned();
    };
    let Some(last) = path.path.segments.last() else {
        return String::new();
    };
    match &last.arguments {
        syn::PathArguments::AngleBracketed(inner) => {
            let inner = inner.args.iter().map(|one| match one {
                syn::GenericArgument::Type(ty) => named(ty),
                _ => "?".to_owned(),
            });
            format!("{}<{}>", last.ident, inner.collect::<Vec<_>>().join(","))
        }
        _ => last.ident.to_string(),
    }
}

/// The public types of a file.
fn types_of_rust(text: &str) -> Result<Types, String> {
    let file = syn::parse_file(text).map_err(|error| error.to_string())?;
    let mut types = Types::new();
    for item in &file.items {
        let (name, parts): (_, Vec<_>) = match item {
            syn::Item::Struct(item) => {
                let name = |field: &syn::Field| field.ident.as_ref().map(ToString::to_string);
                let fields = item.fields.iter();
                let fields =
                    fields.map(|field| (name(field).unwrap_or_default(), named(&field.ty)));
                (&item.ident, fields.collect())
            }
            syn::Item::Enum(item) => {
                let held = |case: &syn::Variant| {
                    case.fields.iter().map(|field| named(&field.ty)).collect()
                };
                let cases = item.variants.iter();
                (
                    &item.ident,
                    cases
                        .map(|case| (case.ident.to_string(), held(case)))
                        .collect(),
                )
            }
            _ => continue,
        };
        types.insert(name.to_string(), parts);
    }
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{ "properties": { "kind": { "enum": ["panic", "import", "wrong-class", "unsupported", "not-loaded"] } } }"#;
    const TYPES: &str = "export type RecoverErrorKind =\n  | 'panic' | 'import' | 'wrong-class'\n  | 'unsupported' | 'not-loaded';";
    const WIT: &str = "package a:b; // {\ninterface types {\n  /// What { happened.\n  enum kind { panic, timeout, domain }\n  record a-b { c-d: option<list<u8>>, e: kind, }\n  variant v { null, text(string) }\n}";
    const RUST: &str = "pub enum Kind { Panic, Timeout, Domain } pub struct AB { pub c_d: Option<Vec<u8>>, pub e: Kind } pub enum V { Null, Text(String) }";

    #[test]
    fn what_agrees_is_not_reported() {
        assert_eq!(broken(SCHEMA, TYPES, WIT, RUST), Ok(vec![]));
    }

    #[test]
    fn a_kind_or_a_field_that_only_one_file_has_is_named() {
        let says = |schema: &str, types: &str, wit: &str, rust: &str, what: &str| {
            let broken = broken(schema, types, wit, rust).unwrap();
            assert!(
                broken.iter().any(|one| one.contains(what)),
                "{what}: {broken:?}"
            );
        };
        let more = SCHEMA.replace("\"panic\"", "\"panic\", \"busy\"");
        says(&more, TYPES, WIT, RUST, "types.d.ts lacks the kind `busy`");
        let more = TYPES.replace("'panic'", "'panic' | 'busy'");
        says(
            SCHEMA,
            &more,
            WIT,
            RUST,
            "report.schema.json lacks the kind `busy`",
        );
        says(SCHEMA, &more, WIT, RUST, "types.wit lacks the kind `busy`");
        let more = WIT.replace("panic,", "panic, busy,");
        says(
            SCHEMA,
            TYPES,
            &more,
            RUST,
            "types.d.ts lacks the kind `busy`",
        );
        says(SCHEMA, TYPES, &more, RUST, "`Kind` of recover-runtime");
        let less = WIT.replace("timeout, ", "");
        says(
            SCHEMA,
            TYPES,
            &less,
            RUST,
            "types.wit lacks the kind `timeout`",
        );
        let less = TYPES.replace("| 'import' ", "");
        says(
            SCHEMA,
            &less,
            WIT,
            RUST,
            "types.d.ts lacks the kind `import`",
        );
        for (from, to) in [
            ("c_d", "c_e"),
            ("Vec<u8>", "Vec<u16>"),
            ("Text(String)", "Text"),
        ] {
            let other = RUST.replace(from, to);
            says(
                SCHEMA,
                TYPES,
                WIT,
                &other,
                "of recover-runtime/src/base/types.rs is {",
            );
        }
        let less = RUST.replace("pub struct AB", "pub struct AC");
        says(SCHEMA, TYPES, WIT, &less, "has no `AB`");
    }

    /// The copies of this checkout, so that the fast tests know of one that differs.
    #[test]
    fn each_copy_of_the_package_is_found_and_is_the_package() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let copies = copies(root).unwrap();
        for known in ["tests/fixtures/component", "tests/component", "hosts/rust"] {
            let known = format!("{known}/wit/deps/recover-error/types.wit");
            assert!(copies.contains(&known), "{known}: {copies:?}");
        }
        assert!(!copies.iter().any(|copy| copy == super::WIT));
        let text = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        for copy in &copies {
            assert!(
                text(copy) == text(super::WIT),
                "{copy} is not {}",
                super::WIT
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(
            broken("{}", TYPES, WIT, RUST)
                .unwrap_err()
                .contains("has no kinds")
        );
        assert!(
            broken(SCHEMA, "", WIT, RUST)
                .unwrap_err()
                .contains("RecoverErrorKind")
        );
        assert!(
            broken(SCHEMA, TYPES, "", RUST)
                .unwrap_err()
                .contains("interface types")
        );
        assert!(
            broken(SCHEMA, TYPES, WIT, "struct")
                .unwrap_err()
                .contains("types.rs")
        );
    }
}
