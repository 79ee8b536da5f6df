//! One thing that is not protected, and its line. What is one, the rules know.

/// Something that is not protected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file, as it was given or found.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// From 1.
    pub(crate) column: usize,
    /// A word for the rule.
    pub(crate) rule: &'static str,
    /// What is the matter.
    pub(crate) message: String,
    /// What to write.
    pub(crate) fix: String,
}

impl Finding {
    /// What `rule` says of what stands `at`.
    pub(super) fn new(
        file: &str,
        at: &impl syn::spanned::Spanned,
        rule: &'static str,
        message: String,
        fix: impl Into<String>,
    ) -> Self {
        let start = at.span().start();
        Self {
            file: file.to_owned(),
            line: start.line,
            column: start.column + 1,
            rule,
            message,
            fix: fix.into(),
        }
    }

    /// As a line that editors find the place of.
    pub(crate) fn line(&self) -> String {
        format!(
            "{}:{}:{}: {}: {}; {}",
            self.file, self.line, self.column, self.rule, self.message, self.fix
        )
    }
}
