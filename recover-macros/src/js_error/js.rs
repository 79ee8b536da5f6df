//! The JavaScript: one `inline_js` snippet for each error type.
//!
//! A snippet can't import the host module (its path is hashed) nor another
//! snippet, so that it holds all it needs; keep `PRELUDE` small.

use super::ir::{Case, ErrorType, Parent, Role};
use super::types::quoted;
use std::fmt::Write;

/// `own` is what every class extends: the fields become own properties, and
/// `toJSON` shows what an `Error` hides from loggers. `label` makes the name a
/// literal, which outlives a minifier, and keeps it off the instance, so that
/// the stack's first line has it.
const PRELUDE: &str = r#"const plain = (v) => typeof v === "bigint" ? String(v) : ArrayBuffer.isView(v) ? Array.from(v, plain) : v;
const show = (e, depth) => {
  if (!(e instanceof Error)) return plain(e);
  const out = { name: e.name, message: e.message };
  for (const key of Object.keys(e)) out[key] = plain(e[key]);
  if ("cause" in e) out.cause = depth ? show(e.cause, depth - 1) : String(e.cause);
  return out;
};
const own = (Parent) => class extends Parent {
  constructor(message, fields, options) { super(message, options); Object.assign(this, fields); }
  toJSON() { return { ...show(this, 8), stack: this.stack }; }
};
const label = (Class, value) => {
  for (const target of [Class, Class.prototype]) Object.defineProperty(target, "name", { value, configurable: true });
};
"#;

/// `values` are the fields in order, then the cause if there is one.
const MAKE: &str = r#"export function make(index, message, values) {
  const [Class, ...keys] = table[index];
  const fields = Object.fromEntries(keys.map((key, i) => [key, values[i]]));
  return new Class(message, fields, values.length > keys.length ? { cause: values[keys.length] } : undefined);
}
"#;

/// The snippet of `error_type`. The index that `make` takes is that of the
/// case among `error_type.classes()`.
pub(super) fn snippet(error_type: &ErrorType<'_>) -> String {
    let mut out = PRELUDE.to_owned();
    if let Some(base) = &error_type.base {
        let parent = error_type.builtin();
        let base = base.value();
        let _ = writeln!(out, "export class {base} extends own({parent}) {{}}");
        let _ = writeln!(out, "label({base}, {});", quoted(&base));
    }
    for case in error_type.classes() {
        let parent = match error_type.parent(case) {
            Parent::Base(base) => base,
            Parent::Builtin(builtin) => format!("own({builtin})"),
        };
        let (class, code) = (case.class.value(), quoted(&case.code.value()));
        let _ = writeln!(
            out,
            "export class {class} extends {parent} {{ code = {code}; }}"
        );
        let _ = writeln!(out, "label({class}, {});", quoted(&class));
    }
    let rows: Vec<_> = error_type.classes().map(row).collect();
    let _ = writeln!(out, "const table = [{}];", rows.join(", "));
    out.push_str(MAKE);
    out
}

fn row(case: &Case<'_>) -> String {
    let mut row = format!("[{}", case.class.value());
    for field in case.with_role(Role::Data) {
        let _ = write!(row, ", {}", quoted(&field.property.value()));
    }
    row.push(']');
    row
}
