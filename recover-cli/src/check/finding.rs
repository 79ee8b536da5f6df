//! One thing that is not protected, and its line. What is one, the rules know.

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file, as it was given or found.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// From 1.
    pub(crate) column: usize,
}

impl Place {
    /// That of a part of a file.
    pub(super) fn of(file: &str, part: &impl syn::spanned::Spanned) -> Self {
        let start = part.span().start();
        Self {
            file: file.to_owned(),
            line: start.line,
            column: start.column + 1,
        }
    }
}

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
    /// What `rule` says of a place.
    pub(super) fn at(
        place: &Place,
        rule: &'static str,
        message: String,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            file: place.file.clone(),
            line: place.line,
            column: place.column,
            rule,
            message,
            fix: fix.into(),
        }
    }

    /// What `rule` says of what stands `at`.
    pub(super) fn new(
        file: &str,
        at: &impl syn::spanned::Spanned,
        rule: &'static str,
        message: String,
        fix: impl Into<String>,
    ) -> Self {
        Self::at(&Place::of(file, at), rule, message, fix)
    }

    /// As a line that editors find the place of.
    pub(crate) fn line(&self) -> String {
        format!(
            "{}:{}:{}: {}: {}; {}",
            self.file, self.line, self.column, self.rule, self.message, self.fix
        )
    }
}
