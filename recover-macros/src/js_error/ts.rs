//! The TypeScript declarations of an error type's classes, which go into the `.d.ts`.

use super::ir::{Case, ErrorType, Field, Parent, Role};
use super::types::{known, quoted};
use std::fmt::Write;

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

/// One declaration. It has `cause` because older `lib`s don't know it.
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
