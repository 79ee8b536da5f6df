//! What differs between a crate's source and its schema file, and what to do about it.

use std::collections::BTreeMap;

use super::bytes::{is_unknown, parts};
use super::calls::Call;
use super::describe::Described;
use super::kept::{FILE, Kept, KeptClass, Schema, texts};
use super::shapes::{Shape, Shapes};
use crate::check::finding::{Finding, Place};

const ACCEPT: &str = "`cargo recover check --accept-schema`";

/// All findings. `file` is the schema file, as it is shown.
pub(super) fn all(
    now: &BTreeMap<String, Described>,
    accepted: &Schema,
    file: &str,
) -> Vec<Finding> {
    let mut found = vec![];
    for (name, class) in now {
        match accepted.classes.get(name) {
            Some(kept) => of_class(name, class, kept, &mut found),
            None => found.push(behind(
                &class.at,
                format!("`{name}` persists, and {FILE} does not have it"),
            )),
        }
    }
    for name in accepted.classes.keys() {
        if !now.contains_key(name) {
            let place = Place {
                file: file.to_owned(),
                line: 1,
                column: 1,
            };
            let message = format!("`{name}` is here, and no class of that name persists");
            found.push(behind(&place, message));
        }
    }
    found
}

fn behind(at: &Place, message: String) -> Finding {
    let fix = format!("run {ACCEPT}, and commit the file");
    Finding::at(at, "schema-behind", message, fix)
}

fn of_class(name: &str, class: &Described, kept: &KeptClass, found: &mut Vec<Finding>) {
    let (version, was) = (class.version, kept.version);
    let many = found.len();
    if version < was {
        found.push(Finding::at(
            &class.at,
            "schema-version",
            format!("`{name}` has version {version}, and had {was}: bytes of {was} are refused"),
            format!("write `version = {was}` or more, or accept it by {ACCEPT}"),
        ));
    } else if version == was {
        differences(&class.state, &kept.state, &class.at, true, |at, what| {
            let next = was + 1;
            found.push(Finding::at(
                at,
                "schema-changed",
                format!("{what} in the state of `{name}`, which still has version {was}: stored bytes are misread"),
                format!("write `version = {next}` and `migrate` with a function from version {was}, or, where no stored bytes matter, run {ACCEPT}"),
            ));
        });
    }
    calls(name, class, kept, found);
    migrations(name, class, kept, found);
    if many == found.len() && (version, &class.took()) != (was, &kept.calls) {
        found.push(behind(
            &class.at,
            match version == was {
                true => format!("`{name}` has journaled methods that {FILE} does not have"),
                false => format!("`{name}` has version {version}, and {was} in {FILE}"),
            },
        ));
    }
}

/// Calls that a stored journal may have, and that can't be made again: a raised version does not help.
fn calls(name: &str, class: &Described, kept: &KeptClass, found: &mut Vec<Finding>) {
    let fix =
        |what: &str| format!("{what}, or, where no stored journal matters, accept it by {ACCEPT}");
    let many = found.len();
    let mut tell = |at: &Place, message: String, what: &str| {
        let message =
            format!("{message}: a stored journal of `{name}` with such a call is refused");
        found.push(Finding::at(at, "schema-call", message, fix(what)));
    };
    let other = "keep it as it was, and give the new one another name";
    for (call, lines) in &kept.calls {
        match class.calls.get(call) {
            None => tell(&class.at, format!("the journaled `{call}` is gone"), other),
            Some(now) if !same(&now.shape, lines) => {
                let was = lines.join(", ");
                tell(
                    &now.shape.at,
                    format!("the journaled `{call}` took ({was})"),
                    other,
                );
            }
            Some(now) => {
                let was = kept.written.get(call);
                if let Some((at, message)) = was.and_then(|was| respelled(call, now, was)) {
                    tell(at, message, "write it as it was");
                }
            }
        }
    }
    // A call that only the new source has is in no journal, and neither is what it alone takes.
    let arguments = class.arguments(|call| kept.calls.contains_key(call));
    let is_whole = many == found.len();
    differences(
        &arguments,
        &kept.arguments,
        &class.at,
        is_whole,
        |at, what| {
            found.push(Finding::at(
            at,
            "schema-call",
            format!("{what} in what journaled calls of `{name}` take: stored journals are misread"),
            fix("give the changed type another name, and keep the methods that take the old one"),
        ));
        },
    );
    for (call, now) in &class.calls {
        if let Some((at, message)) = kept
            .written
            .get(call)
            .and_then(|was| turned(call, now, was))
        {
            found.push(Finding::at(
                at,
                "schema-call",
                format!("{message}: a stored journal of `{name}` gives one for the other"),
                fix("put them in the order that they had"),
            ));
        }
    }
}

/// What is said of an argument that is the same and written otherwise.
fn respelled<'c>(call: &str, now: &'c Call, was: &[String]) -> Option<(&'c Place, String)> {
    let pairs = now.written.iter().zip(was).zip(&now.shape.lines);
    let mut pairs = pairs.map(|((now, was), line)| (parted(now), parted(was), line));
    let ((_, now), (_, was), line) = pairs.find(|((_, now), (_, was), _)| now != was)?;
    let message = format!(
        "the journaled `{call}` takes `{now}`, which was written `{was}`, and how it is written is part of what stored journals know the method by"
    );
    Some((&line.at, message))
}

/// What is said of arguments of one type that stand in another order.
fn turned<'c>(call: &str, now: &'c Call, was: &[String]) -> Option<(&'c Place, String)> {
    let names = |all: &[String]| -> Vec<String> {
        let all = all.iter();
        all.map(|one| parted(one).0.to_owned()).collect()
    };
    let (names, before) = (names(&now.written), names(was));
    let at = names
        .iter()
        .zip(&before)
        .position(|(now, was)| now != was)?;
    let sorted = |all: &[String]| {
        let mut all = all.to_vec();
        all.sort();
        all
    };
    // Otherwise something was renamed, which no journal knows, or took other types, which was said.
    let is_turned = sorted(&names) == sorted(&before) && {
        let types =
            |all: &[String]| -> Vec<_> { all.iter().map(|one| parted(one).1.to_owned()).collect() };
        types(&now.written) == types(was)
    };
    let (now, line) = (&names[at], now.shape.lines.get(at)?);
    is_turned.then(|| {
        let was = &before[at];
        let message = format!("`{now}` of the journaled `{call}` stands where `{was}` stood");
        (&line.at, message)
    })
}

/// The name and the type of an argument.
fn parted(written: &str) -> (&str, &str) {
    written.split_once(": ").unwrap_or(("", written))
}

/// Migrations that take something else than what their version was.
fn migrations(name: &str, class: &Described, kept: &KeptClass, found: &mut Vec<Finding>) {
    for migration in &class.migrations {
        let from = migration.from;
        let was = match from == kept.version {
            true => Some(&kept.state),
            false => kept.before.get(&from),
        };
        // The struct may have had another name then.
        let Some(was) = was.filter(|was| was.contains_key(&class.rust)) else {
            continue;
        };
        let was = parts(&class.rust, was);
        let takes = parts(&migration.argument, &texts(&migration.shapes));
        let Some((takes, was)) = apart(&takes, &was) else {
            continue;
        };
        found.push(Finding::at(
            &migration.at,
            "schema-migration",
            format!(
                "`{}` takes `{}`, which is not what version {from} of `{name}` was: it has {takes} where that had {was}",
                migration.function, migration.argument
            ),
            "give it the fields of that version, in their order",
        ));
    }
}

/// The first parts that are not the same.
fn apart(takes: &[String], was: &[String]) -> Option<(String, String)> {
    let at = takes
        .iter()
        .zip(was)
        .take_while(|(one, other)| one == other || is_unknown(one) || is_unknown(other))
        .count();
    let shown = |part: Option<&String>| part.map_or("nothing".to_owned(), |it| format!("`{it}`"));
    let (takes, was) = (takes.get(at), was.get(at));
    (takes != was).then(|| (shown(takes), shown(was)))
}

fn same(shape: &Shape, lines: &[String]) -> bool {
    shape.lines.iter().map(|line| &line.text).eq(lines)
}

/// Tells the first difference of each type that both have. One that only one of them has is mostly a
/// difference of what holds it, and told there; where nothing is, and `is_whole`, a name means another type.
fn differences(
    now: &Shapes,
    kept: &Kept,
    class: &Place,
    is_whole: bool,
    mut tell: impl FnMut(&Place, String),
) {
    let mut told = !is_whole;
    for (name, shape) in now {
        let Some(lines) = kept.get(name) else {
            continue;
        };
        if !same(shape, lines) {
            let (at, what) = first(name, shape, lines);
            tell(at, what);
            told = true;
        }
    }
    if told {
        return;
    }
    let new = now.keys().find(|name| !kept.contains_key(*name));
    let gone = kept.keys().find(|name| !now.contains_key(*name));
    match (new, gone) {
        (Some(new), _) => tell(class, format!("`{new}` is new")),
        (None, Some(gone)) => tell(class, format!("`{gone}` is gone")),
        (None, None) => {}
    }
}

fn first<'a>(name: &str, shape: &'a Shape, lines: &[String]) -> (&'a Place, String) {
    let equal = shape.lines.iter().zip(lines);
    let at = equal.take_while(|(now, was)| now.text == **was).count();
    let (now, was) = (shape.lines.get(at), lines.get(at));
    let place = now.map_or(&shape.at, |line| &line.at);
    let later = |text: &str| shape.lines.iter().skip(at).any(|line| line.text == text);
    let before = |text: &str| lines.iter().skip(at).any(|line| line == text);
    let what = match (now, was) {
        (Some(now), Some(was)) => match (before(&now.text), later(was)) {
            (true, true) => format!("`{}` of `{name}` stands where `{was}` stood", now.text),
            (true, false) => format!("`{was}` of `{name}` is gone"),
            (false, true) => format!("`{}` of `{name}` is new", now.text),
            (false, false) => format!("`{}` of `{name}` was `{was}`", now.text),
        },
        (Some(now), None) => format!("`{}` of `{name}` is new", now.text),
        (None, Some(was)) => format!("`{was}` of `{name}` is gone"),
        (None, None) => format!("`{name}` changed"),
    };
    (place, what)
}
