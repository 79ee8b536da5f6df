//! Which functions of the glue give a promise.
//!
//! The declarations say so, by their types; comments never do. Where an export is in no
//! declaration, as with `skip_typescript`, the macro leaves its name in a section of the
//! module.

use std::collections::BTreeSet;

use super::tree::{self, Language, Node, Tree};

/// The functions that the declarations give a promise as the type of.
pub(super) fn declared(text: &str) -> Result<BTreeSet<String>, String> {
    let value = tree::parse(text, Language::Declarations)?;
    let tree = Tree::new(text, &value);
    let promising = tree.nodes().filter(|node| {
        let function = match node.kind() {
            "MethodDefinition" | "TSAbstractMethodDefinition" => node.get("value"),
            "TSDeclareFunction" | "FunctionDeclaration" => Some(*node),
            "PropertyDefinition" => return is_promise(node.get("typeAnnotation")),
            _ => None,
        };
        is_promise(function.and_then(|function| function.get("returnType")))
    });
    Ok(promising.filter_map(member).collect())
}

fn is_promise(annotation: Option<Node<'_>>) -> bool {
    let Some(kind) = annotation.and_then(|it| it.get("typeAnnotation")) else {
        return false;
    };
    let named = |node: Node<'_>| {
        node.kind() == "TSTypeReference"
            && node.get("typeName").and_then(Node::name) == Some("Promise")
    };
    named(kind) || (kind.kind() == "TSUnionType" && kind.list("types").any(named))
}

/// What a function of the glue is called: `name`, `Class.name`, or `Class::name` where it
/// is static.
pub(super) fn name(function: Node<'_>) -> Option<String> {
    match function.parent() {
        Some(method) if method.kind() == "MethodDefinition" => member(method),
        _ => member(function),
    }
}

fn member(node: Node<'_>) -> Option<String> {
    let Some(class) = node
        .parent()
        .filter(|above| above.kind() == "ClassBody")
        .and_then(Node::parent)
    else {
        return node.name().map(str::to_owned);
    };
    // A setter gives nothing, whatever the getter of its name does.
    if node.string("kind") == Some("set") {
        return None;
    }
    let key = node.get("key")?;
    let key = match node.is("computed") {
        true => format!("[{}]", key.text()),
        false => key.name()?.to_owned(),
    };
    let separator = match node.is("static") {
        true => "::",
        false => ".",
    };
    Some(format!("{}{separator}{key}", class.name()?))
}
