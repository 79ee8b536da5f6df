//! The `.d.ts` text: a Rust type's TypeScript type, and the class declarations.
//!
//! A type that can't be known from its tokens (an alias, a type of the user's)
//! is `unknown`, never a name that may not exist on the other side.

use super::ir::{Case, ErrorType, Field, Parent, Role};
use super::js::quoted;
use std::fmt::Write;
use syn::{GenericArgument, PathArguments, Type};

/// The declarations of all classes of `error_type`.
pub(super) fn declarations(error_type: &ErrorType<'_>) -> String {
    let mut out = String::new();
    if let Some(base) = &error_type.base {
        let members: Vec<_> = error_type
            .classes()
            .filter(|case| matches!(error_type.parent(case), Parent::Base(_)))
            .collect();
        let parent = error_type.builtin();
        out.push_str(&jsdoc(&error_type.docs, ""));
        let head = format!("export abstract class {} extends {parent}", base.value());
        let names = union(members.iter().map(|case| case.class.value()));
        let codes = union(members.iter().map(|case| case.code.value()));
        class(&mut out, &head, &names, &codes, "");
    }
    for case in error_type.classes() {
        let (Parent::Base(parent) | Parent::Builtin(parent)) = error_type.parent(case);
        out.push_str(&jsdoc(&case.docs, ""));
        let head = format!("export class {} extends {parent}", case.class.value());
        let name = quoted(&case.class.value());
        class(
            &mut out,
            &head,
            &name,
            &quoted(&case.code.value()),
            &members(case),
        );
    }
    out
}

/// One declaration. `cause` stands here because older `lib`s don't know it.
fn class(out: &mut String, head: &str, name: &str, code: &str, members: &str) {
    let _ = write!(
        out,
        "{head} {{
{members}  readonly name: {name};
  readonly code: {code};
  readonly cause?: unknown;
  toJSON(): Record<string, unknown>;
}}
"
    );
}

/// The constructor and the fields of a class.
fn members(case: &Case<'_>) -> String {
    let mut fields = String::new();
    let mut arguments = Vec::new();
    for field in case.with_role(Role::Data) {
        let declared = format!("{}: {}", field.property.value(), type_of(field));
        let _ = writeln!(fields, "{}  readonly {declared};", jsdoc(&field.docs, "  "));
        arguments.push(declared);
    }
    let arguments = match arguments.as_slice() {
        [] => "fields?: {}".to_owned(),
        some => format!("fields: {{ {} }}", some.join("; ")),
    };
    format!(
        "  constructor(message: string, {arguments}, options?: {{ cause?: unknown }});\n{fields}"
    )
}

fn union(literals: impl Iterator<Item = String>) -> String {
    let literals: Vec<_> = literals.map(|literal| quoted(&literal)).collect();
    match literals.is_empty() {
        true => "string".to_owned(),
        false => literals.join(" | "),
    }
}

fn jsdoc(lines: &[String], indent: &str) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.trim_end().replace("*/", "*\\/"))
        .map(|line| {
            if line.is_empty() || line.starts_with(' ') {
                line
            } else {
                format!(" {line}")
            }
        })
        .collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/**{line} */\n"),
        many => {
            let body: String = many
                .iter()
                .map(|line| format!("{indent} *{line}\n"))
                .collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
    }
}

fn type_of(field: &Field<'_>) -> String {
    match &field.options.typescript_type {
        Some(given) => given.value(),
        None => known(&field.original.ty).unwrap_or_else(|| "unknown".to_owned()),
    }
}

/// Whether `ty` is text, a number or a bool: what can't be an error.
pub(super) fn is_primitive(ty: &Type) -> bool {
    matches!(
        known(ty).as_deref(),
        Some("string" | "number" | "bigint" | "boolean")
    )
}

/// As wasm-bindgen converts it; `None` for what the tokens don't tell.
fn known(ty: &Type) -> Option<String> {
    match ty {
        Type::Paren(inner) => known(&inner.elem),
        Type::Group(inner) => known(&inner.elem),
        Type::Reference(inner) if is_path(&inner.elem, "str") => Some("string".to_owned()),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            match &last.arguments {
                PathArguments::None => scalar(&name).map(str::to_owned),
                PathArguments::AngleBracketed(arguments) => {
                    let inner = arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(ty) => Some(ty),
                        _ => None,
                    })?;
                    container(&name, inner)
                }
                PathArguments::Parenthesized(_) => None,
            }
        }
        _ => None,
    }
}

fn scalar(name: &str) -> Option<&'static str> {
    Some(match name {
        "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "usize" | "isize" | "f32" | "f64" => "number",
        "u64" | "i64" | "u128" | "i128" => "bigint",
        "bool" => "boolean",
        "String" | "char" => "string",
        _ => return None,
    })
}

fn container(name: &str, inner: &Type) -> Option<String> {
    match name {
        "Option" => Some(format!("{} | undefined", known(inner)?)),
        "Cow" | "Box" | "Rc" | "Arc" if is_path(inner, "str") => Some("string".to_owned()),
        "Vec" => list(inner),
        "Box" => match inner {
            Type::Slice(slice) => list(&slice.elem),
            _ => None,
        },
        _ => None,
    }
}

fn list(element: &Type) -> Option<String> {
    if let Some(array) = last_segment(element).as_deref().and_then(typed_array) {
        return Some(array.to_owned());
    }
    if is_path(element, "JsValue") {
        return Some("unknown[]".to_owned());
    }
    known(element)
        .filter(|ty| !ty.contains(' '))
        .map(|ty| format!("{ty}[]"))
}

fn typed_array(element: &str) -> Option<&'static str> {
    Some(match element {
        "u8" => "Uint8Array",
        "i8" => "Int8Array",
        "u16" => "Uint16Array",
        "i16" => "Int16Array",
        "u32" | "usize" => "Uint32Array",
        "i32" | "isize" => "Int32Array",
        "u64" => "BigUint64Array",
        "i64" => "BigInt64Array",
        "f32" => "Float32Array",
        "f64" => "Float64Array",
        _ => return None,
    })
}

fn is_path(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|last| last == name)
}

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}
