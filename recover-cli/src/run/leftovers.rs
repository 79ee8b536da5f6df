//! Takes out of the glue what nothing names any more: wasm-bindgen writes it for its own guard and its own errors,
//! which the gate replaces. What is exported stays, and so does what may do something when it is evaluated.
//! Pure: a text in, a text out.

use oxc_allocator::Allocator;
use oxc_ast::ast::{BindingPattern, Class, Expression, Statement};
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType, Span};

use crate::error::Error;

/// The glue without functions, classes and plain variables that nothing names.
pub(super) fn removed(glue: &str) -> Result<String, Error> {
    let mut text = glue.to_owned();
    loop {
        let unnamed =
            unnamed(&text).map_err(|why| Error::Glue(format!("it does not parse: {why}")))?;
        if unnamed.is_empty() {
            return Ok(text);
        }
        for span in unnamed.iter().rev() {
            let rest = &text[span.end as usize..];
            let space = rest.len() - rest.trim_start_matches('\n').len();
            text.replace_range(span.start as usize..span.end as usize + space, "");
        }
    }
}

/// The statements that declare something unnamed, in the order of the text, with those that are about it alone.
fn unnamed(text: &str) -> Result<Vec<Span>, String> {
    let allocator = Allocator::default();
    // Glue for Node is no module, and has nothing that only a script may have.
    let parsed = Parser::new(&allocator, text, SourceType::unambiguous()).parse();
    if let Some(error) = parsed.diagnostics.first() {
        return Err(error.to_string());
    }
    let program = parsed.program;
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(&program)
        .semantic;
    let mut spans = vec![];
    for statement in &program.body {
        let id = match statement {
            Statement::FunctionDeclaration(function) => function.id.as_ref(),
            Statement::ClassDeclaration(class) if does_nothing(class) => class.id.as_ref(),
            Statement::VariableDeclaration(variables) => match variables.declarations.as_slice() {
                [one] if one.init.as_ref().is_none_or(Expression::is_literal) => match &one.id {
                    BindingPattern::BindingIdentifier(id) => Some(&**id),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let Some(symbol) = id.and_then(|id| id.symbol_id.get()) else {
            continue;
        };
        let own = statement.span();
        let named: Vec<_> = program
            .body
            .iter()
            .filter(|other| other.span() != own && is_about(other, &semantic, symbol))
            .map(GetSpan::span)
            .collect();
        let mut references = semantic.symbol_references(symbol);
        let is_within = |span: Span| {
            own.contains_inclusive(span) || named.iter().any(|it| it.contains_inclusive(span))
        };
        if references.all(|reference| is_within(semantic.reference_span(reference))) {
            spans.push(own);
            spans.extend(named);
        }
    }
    spans.sort_by_key(|span| span.start);
    spans.dedup();
    Ok(spans)
}

/// Whether a class is made without asking anything but the name of another.
fn does_nothing(class: &Class<'_>) -> bool {
    let extended = class.heritage.as_ref().map(|it| &it.expression);
    class.body.body.is_empty() && extended.is_none_or(|it| matches!(it, Expression::Identifier(_)))
}

/// Whether a statement does nothing but say the name of a class: `Object.defineProperty(C.prototype, 'name', …)`.
fn is_about(
    statement: &Statement<'_>,
    semantic: &oxc_semantic::Semantic<'_>,
    symbol: oxc_semantic::SymbolId,
) -> bool {
    let Statement::ExpressionStatement(statement) = statement else {
        return false;
    };
    let Expression::CallExpression(call) = &statement.expression else {
        return false;
    };
    let defines = call
        .callee
        .as_member_expression()
        .is_some_and(|callee| callee.is_specific_member_access("Object", "defineProperty"));
    let of = call
        .arguments
        .first()
        .and_then(|first| first.as_expression());
    let of = of.and_then(Expression::as_member_expression);
    let of = of.filter(|of| of.static_property_name() == Some("prototype"));
    let name = call.arguments.get(1).and_then(|it| it.as_expression());
    defines
        && matches!(name, Some(Expression::StringLiteral(name)) if name.value == "name")
        && matches!(of.map(|of| of.object()), Some(Expression::Identifier(id))
            if semantic.scoping().get_reference(id.reference_id()).symbol_id() == Some(symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_names_goes_and_with_it_what_it_alone_named() {
        let glue = "let flag = false;\n\nfunction inner() { return flag; }\n\nfunction outer() { inner(); outer(); }\n\nclass PanicError extends Error {}\nObject.defineProperty(PanicError.prototype, 'name', {\n    value: 'PanicError',\n});\n\nexport function kept() { return used; }\nlet used = 1;\n";
        let left = "export function kept() { return used; }\nlet used = 1;\n";
        assert_eq!(removed(glue).unwrap(), left);
    }

    #[test]
    fn what_is_exported_named_or_does_something_stays() {
        for glue in [
            "export class Store {}\nObject.defineProperty(Store.prototype, 'name', { value: 'Store' });\n",
            "class Store {}\nObject.defineProperty(Store.prototype, 'name', { value: 'Store' });\nexports.Store = Store;\n",
            "const made = make();\n",
            "class Own { static { make(); } }\n",
            "class Own extends make() {}\n",
            "class Own {}\nObject.defineProperty(Own.prototype, 'free', { value: make() });\n",
        ] {
            assert_eq!(removed(glue).unwrap(), glue);
        }
        assert!(removed("function (").is_err());
    }
}
