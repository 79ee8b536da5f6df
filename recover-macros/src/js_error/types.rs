//! What JavaScript and TypeScript call a Rust type, and how both write a string.
//!
//! A type that can't be known from its tokens (an alias, a type of the user's) has no name here,
//! and is `unknown` in a declaration: never a name that may not exist on the other side. Nothing
//! of the derive's own types is known here.

use std::fmt::Write;
use syn::{GenericArgument, PathArguments, Type};

/// `content` as a string literal that JavaScript and TypeScript both read.
pub(super) fn quoted(content: &str) -> String {
    let mut out = String::from("\"");
    for letter in content.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control.is_control() || matches!(control, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Whether `ty` is a string, a number or a bool: what can't be an error.
pub(super) fn is_primitive(ty: &Type) -> bool {
    matches!(
        known(ty).as_deref(),
        Some("string" | "number" | "bigint" | "boolean")
    )
}

/// The TypeScript type of `ty`, as wasm-bindgen converts it; `None` for what the tokens don't tell.
pub(super) fn known(ty: &Type) -> Option<String> {
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
        "Vec" => array(inner),
        "Box" => match inner {
            Type::Slice(slice) => array(&slice.elem),
            _ => None,
        },
        _ => None,
    }
}

fn array(element: &Type) -> Option<String> {
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
