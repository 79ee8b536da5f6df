//! Methods whose object is busy while they wait: others find it so in the middle of a call.

use syn::visit::{self, Visit};
use syn::{FnArg, ImplItem, Item, ReceiverKind, Visibility};

use super::finding::Finding;
use super::source::{Scope, attributes};

/// The findings of a module.
pub(super) fn check(scope: &Scope, findings: &mut Vec<Finding>) {
    for item in &scope.items {
        let Item::Impl(block) = item else { continue };
        let metas = scope.metas(attributes(item));
        if scope.named(&metas, "recoverable").is_none() {
            continue;
        }
        for item in &block.items {
            if let ImplItem::Fn(method) = item {
                check_method(scope, method, findings);
            }
        }
    }
}

fn check_method(scope: &Scope, method: &syn::ImplItemFn, findings: &mut Vec<Finding>) {
    let exported = matches!(method.vis, Visibility::Public(_)) && method.sig.asyncness.is_some();
    let options = scope.metas(&method.attrs);
    let said = options.iter().any(|meta| match meta {
        syn::Meta::List(list) => {
            let text = list.tokens.to_string();
            text.contains("concurrency") || text == "skip"
        }
        _ => false,
    });
    if !exported || said || !awaits(&method.block) {
        return;
    }
    let Some(FnArg::Receiver(receiver)) = method.sig.inputs.first() else {
        return;
    };
    let (held, others) = match &receiver.kind {
        ReceiverKind::Reference(_, _, Some(_)) => ("`&mut self`", "every other call"),
        ReceiverKind::Reference(_, _, None) => ("`&self`", "every call by `&mut self`"),
        _ => return,
    };
    let name = &method.sig.ident;
    findings.push(Finding::new(
        &scope.file,
        name,
        "borrow-across-await",
        format!(
            "`{name}` holds {held} across `await`: until it is done, {others} of the object is a `BusyError`"
        ),
        "write `#[recoverable(concurrency = \"queue\")]`, or `concurrency = \"reject\"` where that is meant",
    ));
}

fn awaits(block: &syn::Block) -> bool {
    let mut found = Awaits(false);
    found.visit_block(block);
    found.0
}

/// Whether code waits: what it only makes, waits elsewhere.
struct Awaits(bool);

impl<'ast> Visit<'ast> for Awaits {
    fn visit_expr_await(&mut self, _: &'ast syn::ExprAwait) {
        self.0 = true;
    }

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // Its arguments may be expressions; what else they are, isn't known.
        let tokens = call.tokens.to_string();
        self.0 |= tokens.contains(". await");
        visit::visit_macro(self, call);
    }
}
