//! How deep brackets are nested, found by recursion: one call a level, as in most parsers.

use crate::Refused;
use std::str::Chars;

/// Reads what is in one bracket, up to its end or that of the text, and says how deep
/// it is; `deeper` does so for a bracket in it.
///
/// # Errors
/// A bracket has no counterpart.
pub fn level<'a>(
    text: &mut Chars<'a>,
    inside: bool,
    deeper: fn(&mut Chars<'a>, bool) -> Result<u32, Refused>,
) -> Result<u32, Refused> {
    let mut deepest = 0;
    loop {
        match text.next() {
            Some('[') => deepest = deepest.max(1 + deeper(text, true)?),
            Some(']') if inside => return Ok(deepest),
            None if !inside => return Ok(deepest),
            Some(']') | None => return Err(Refused::Unbalanced),
            Some(_) => {}
        }
    }
}

/// The same of a whole text, without a limit.
///
/// # Errors
/// A bracket has no counterpart.
pub fn nesting(text: &str) -> Result<u32, Refused> {
    unguarded(&mut text.chars(), false)
}

fn unguarded(text: &mut Chars<'_>, inside: bool) -> Result<u32, Refused> {
    level(text, inside, unguarded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_counted() {
        assert_eq!(nesting("plain"), Ok(0));
        assert_eq!(nesting("a[b[c]][]"), Ok(2));
        for unbalanced in ["[", "]", "[[]", "[]]"] {
            assert_eq!(nesting(unbalanced), Err(Refused::Unbalanced));
        }
    }
}
