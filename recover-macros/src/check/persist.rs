//! The rules of objects that outlive a call that fails, and their instance.

use crate::attr::Options;
use crate::diag::Diag;
use crate::ir::{Method, Struct};
use crate::sig::Receiver;
use syn::Token;
use syn::punctuated::Punctuated;

/// The options of a class are complete and do not contradict each other.
pub(super) fn structure(diag: &mut Diag, structure: &Struct) {
    let options = &structure.options;
    let persist = options.text("persist");
    let persists = match persist.map(syn::LitStr::value).as_deref() {
        Some("journal" | "snapshot") => true,
        None | Some("none") => false,
        Some(_) => {
            diag.error(
                persist,
                "unknown persistence; `persist` takes \"journal\", \"snapshot\" or \"none\"",
            );
            true
        }
    };
    policy(diag, options, persists);
    if let Some(every) = options.number("snapshot_every") {
        if persist.is_none_or(|text| text.value() != "journal") {
            diag.error(
                every,
                "`snapshot_every` limits the calls in a journal; add `persist = \"journal\"`",
            );
        } else if !every.base10_parse::<u32>().is_ok_and(|calls| calls > 0) {
            diag.error(
                every,
                "a journal has at least one call; give a number from 1",
            );
        }
    }
    if let Some(version) = options.number("version") {
        if !persists {
            diag.error(
                version,
                "`version` is the version of a persistent object's bytes; add `persist`",
            );
        } else if version.base10_parse::<u32>().is_err() {
            diag.error(version, "a version has 32 bits; give a smaller number");
        }
    }
    migrations(diag, options, persists);
    if persists {
        written(diag, &structure.item);
    }
}

/// Migrations lead up to the version, one from each version before it.
fn migrations(diag: &mut Diag, options: &Options, persists: bool) {
    let Some(option) = options.get("migrate") else {
        return;
    };
    let paths = options.paths("migrate");
    match options.number("version") {
        None if !persists => diag.error(
            &option.name,
            "`migrate` reads the older bytes of a persistent object; add `persist`",
        ),
        None => diag.error(
            &option.name,
            format!(
                "`migrate` leads up to a `version`; add `version = {}`",
                paths.len() + 1
            ),
        ),
        Some(version) => {
            let Ok(version) = version.base10_parse::<u32>() else {
                return;
            };
            // Bytes of a class without a `version` are of version 0.
            let surplus = paths.len().saturating_sub(version as usize);
            if let Some(first) = paths.first().filter(|_| persists && surplus > 0) {
                let many = paths.len();
                diag.error(
                    first,
                    format!(
                        "there is no version for this migration to lead from: {many} lead up to version {version}, and the first version is 0; remove it, or write `version = {many}`"
                    ),
                );
            }
        }
    }
}

/// Options of serde's that the bytes of a state can't follow, each with what to do instead.
const UNREADABLE: [(&str, &str); 5] = [
    (
        "skip_serializing_if",
        "remove it: a field is always expected",
    ),
    (
        "skip_serializing",
        "write `skip`, which leaves the field out of both",
    ),
    (
        "skip_deserializing",
        "write `skip`, which leaves the field out of both",
    ),
    ("flatten", "make it a field like any other"),
    ("tag", "remove it: its class is in the bytes"),
];

/// What serde writes of a state can be read back: the bytes have neither names nor types.
fn written(diag: &mut Diag, item: &syn::ItemStruct) {
    let own = serde(&item.attrs);
    // Another type is written in its place.
    if own.iter().any(|option| {
        ["from", "try_from", "remote"]
            .iter()
            .any(|name| option.path().is_ident(name))
    }) {
        return;
    }
    unreadable(diag, &own);
    for field in &item.fields {
        let options = serde(&field.attrs);
        let is = |name| options.iter().any(|option| option.path().is_ident(name));
        // Left out of both.
        if !(is("skip") || is("skip_serializing") && is("skip_deserializing")) {
            unreadable(diag, &options);
        }
    }
}

fn unreadable(diag: &mut Diag, options: &[syn::Meta]) {
    for option in options {
        let path = option.path();
        if let Some((name, fix)) = UNREADABLE.iter().find(|(name, _)| path.is_ident(name)) {
            diag.error(
                path,
                format!("`#[serde({name})]` can be written and not read back: the bytes of a state have no names; {fix}"),
            );
        }
    }
}

/// What serde is told.
fn serde(attrs: &[syn::Attribute]) -> Vec<syn::Meta> {
    let parser = Punctuated::<syn::Meta, Token![,]>::parse_terminated;
    let lists = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    let lists = lists.filter_map(|attr| attr.parse_args_with(parser).ok());
    lists.flatten().collect()
}

/// Rollback needs a state to go back to.
fn policy(diag: &mut Diag, options: &Options, persists: bool) {
    let rolls_back = options
        .text("on_panic")
        .is_some_and(|text| text.value() == "rollback");
    match options.text("rollback") {
        None if rolls_back && !persists => diag.error(
            options.text("on_panic"),
            "there is nothing to roll back to; add `persist = \"journal\"`, or `rollback = \"clone\"` for a copy before each call",
        ),
        Some(text) if text.value() != "clone" => diag.error(
            text,
            "unknown rollback; `rollback` takes \"clone\"",
        ),
        Some(text) if persists => diag.error(
            text,
            "an object that persists is rolled back from its record; remove `rollback`",
        ),
        Some(text) if !rolls_back => diag.error(
            text,
            "`rollback` says how a panic is rolled back; add `on_panic = \"rollback\"`",
        ),
        _ => {}
    }
}

/// `no_journal` is about a call that would be journaled.
pub(super) fn method(diag: &mut Diag, method: &Method) {
    let Some(option) = method.options.get("no_journal") else {
        return;
    };
    if method.sig.receiver != Some(Receiver::Exclusive) {
        diag.error(
            &option.name,
            "only calls by `&mut self` are journaled; remove `no_journal`",
        );
    } else if method.sig.is_async() {
        diag.error(
            &option.name,
            "an asynchronous call is never journaled; remove `no_journal`",
        );
    }
}
