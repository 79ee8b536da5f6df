//! Takes out of the host modules what only some packages need. Such code stands behind a constant that is
//! `true` in the source; here it becomes false in a package that does not need it. A minifier can't know that.
//! Members that nobody names are `bundle`'s affair. Pure: texts in, texts out; each keeps its places.

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{BindingPattern, Expression, LogicalOperator};
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType, Span};

/// What a package needs the code behind a constant for.
enum Need {
    /// A word of its glue.
    Word(&'static str),
    /// That its glue does not say this.
    Without(&'static str),
    /// A module.
    Module(&'static str),
}

/// The constants.
const PARTS: [(&str, Need); 7] = [
    ("CUTS", Need::Word("critical")),
    ("DURABLE", Need::Module("durable.js")),
    ("ONCE", Need::Without("\n    reset: __wbg_reset_state,\n")),
    ("PROMISES", Need::Word("newPromise")),
    ("QUEUES", Need::Word("runTick")),
    ("REPORTS", Need::Module("report.js")),
    ("UPGRADES", Need::Module("upgrade.js")),
];

/// The text of a module without the parts that this package, of those host modules, does not need.
pub(super) fn without_unused(text: &str, modules: &[&str], glue: &str) -> Result<String, String> {
    let unused = PARTS.iter().filter(|(_, need)| match need {
        Need::Word(word) => !glue.contains(word),
        Need::Without(line) => glue.contains(line),
        Need::Module(file) => !modules.contains(file),
    });
    let unused: Vec<_> = unused.map(|(name, _)| *name).collect();
    let mut text = text.to_owned();
    for (span, with) in dead(&text, &unused)?.iter().rev() {
        let range = span.start as usize..span.end as usize;
        let blanks = text[range.clone()].chars().skip(with.len());
        let blanks = blanks.flat_map(|char| match char {
            '\n' => vec!['\n'],
            other => vec![' '; other.len_utf8()],
        });
        let with: String = with.chars().chain(blanks).collect();
        text.replace_range(range, &with);
    }
    Ok(text)
}

/// What is dead where those constants are false, in the order of the text, and what takes its place.
fn dead(text: &str, unused: &[&str]) -> Result<Vec<(Span, &'static str)>, String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::mjs()).parse();
    if let Some(error) = parsed.diagnostics.first() {
        return Err(format!("it does not parse: {error}"));
    }
    let program = parsed.program;
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(&program)
        .semantic;
    let is_unused = |expression: &Expression<'_>| {
        let mut first = expression;
        while let Expression::LogicalExpression(both) = first
            && both.operator == LogicalOperator::And
        {
            first = &both.left;
        }
        matches!(first, Expression::Identifier(name) if unused.contains(&name.name.as_str()))
    };
    let mut found = vec![];
    for node in semantic.nodes().iter() {
        match node.kind() {
            AstKind::VariableDeclarator(declared) => {
                if let BindingPattern::BindingIdentifier(name) = &declared.id
                    && unused.contains(&name.name.as_str())
                    && let Some(init) = &declared.init
                {
                    found.push((init.span(), "!1"));
                }
            }
            AstKind::LogicalExpression(both)
                if both.operator == LogicalOperator::And && is_unused(&both.left) =>
            {
                found.push((both.span, "!1"));
            }
            AstKind::IfStatement(condition)
                if condition.alternate.is_none() && is_unused(&condition.test) =>
            {
                found.push((condition.span, ";"));
            }
            _ => {}
        }
    }
    found.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    // What stands in what goes, goes with it.
    let mut end = 0;
    found.retain(|(span, _)| {
        let outer = span.start >= end;
        end = end.max(span.end);
        outer
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_does_not_need_goes_and_nothing_moves() {
        let text = "const CUTS = true;\nlet a = CUTS && f(1) &&\n  g('ü');\nif (CUTS && b) {\n  a = CUTS && 1;\n}\nif (CUTS) h(); else i();\nlet c = (d && CUTS) || REPORTS && e;\nif (DURABLE && a) b();\n";
        let gone = "const CUTS = !1 ;\nlet a = !1 \n ;\n; \n \n \nif (CUTS) h(); else i();\nlet c = (d && CUTS) || !1 ;\n; \n";
        let without = without_unused(text, &["records.js"], "newPromise").unwrap();
        assert_eq!(without.len(), text.len());
        let mut squeezed = without;
        while squeezed.contains("  ") {
            squeezed = squeezed.replace("  ", " ");
        }
        assert_eq!(squeezed, gone);
        let all = without_unused(text, &["report.js", "durable.js"], "gate.critical(e)");
        assert_eq!(all, Ok(text.to_owned()));
        assert!(without_unused("const = 1", &[], "").is_err());
    }

    #[test]
    fn each_part_stands_in_the_host_modules() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../recover-runtime/js");
        let read = |file: &str| std::fs::read_to_string(format!("{directory}/{file}")).unwrap();
        let modules = ["errors.js", "host.js", "instance.js", "records.js"];
        let modules = modules.map(read).concat();
        for (name, _) in PARTS {
            let declared = format!("const {name} = true;");
            assert!(modules.contains(&declared), "{declared}");
            let used = modules.contains(&format!("{name} &&"));
            assert!(used || modules.contains(&format!("if ({name}")), "{name}");
        }
    }
}
