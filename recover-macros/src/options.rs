//! Which options `#[recoverable(…)]` knows: where each may stand, what value it
//! takes, and why some of wasm-bindgen's are refused.
//!
//! It is wasm-bindgen's grammar for exports plus our own options. Tables only:
//! `attr` applies them.

/// Where an attribute stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Function,
    Method,
    Struct,
    Field,
    Impl,
    Param,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Function => "a function",
            Method => "a method",
            Struct => "a struct",
            Field => "a field",
            Impl => "an impl block",
            Param => "a parameter",
        }
    }
}

/// What may follow an option's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    /// `= "text"` or `= name`.
    Text,
    /// Nothing, or as `Text`.
    MaybeText,
    /// Text, or a list of names in brackets.
    Names,
    Path,
}

use Place::{Field, Function, Impl, Method, Param, Struct};
use Takes::{MaybeText, Names, Nothing, Path, Text};

/// Every option that is taken, with its places. The last ones are ours.
pub(crate) const OPTIONS: &[(&str, Takes, &[Place])] = &[
    ("constructor", Nothing, &[Method]),
    ("getter", MaybeText, &[Method]),
    ("setter", MaybeText, &[Method]),
    ("js_name", Text, &[Function, Method, Struct, Field, Param]),
    ("js_namespace", Names, &[Function, Struct, Impl]),
    ("js_class", Text, &[Impl]),
    ("skip", Nothing, &[Method, Field]),
    ("readonly", Nothing, &[Field]),
    ("getter_with_clone", Nothing, &[Struct, Field]),
    ("inspectable", Nothing, &[Struct]),
    ("private", Nothing, &[Struct]),
    (
        "skip_typescript",
        Nothing,
        &[Function, Method, Struct, Field],
    ),
    ("skip_jsdoc", Nothing, &[Function, Method, Field]),
    ("unchecked_return_type", Text, &[Function, Method]),
    ("return_description", Text, &[Function, Method]),
    ("unchecked_param_type", Text, &[Param]),
    ("unchecked_optional_param_type", Text, &[Param]),
    ("param_description", Text, &[Param]),
    ("variadic", Nothing, &[Function, Method]),
    ("this", Nothing, &[Function]),
    ("start", Nothing, &[Function]),
    ("on_panic", Text, &[Struct, Method]),
    ("concurrency", Text, &[Method]),
    ("cancellable", Nothing, &[Function, Method]),
    ("memory_limit", Text, &[Function, Method]),
    ("crate", Path, &[Function, Struct, Impl]),
];

/// Options that exist elsewhere and are refused here, each with why.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    (
        "extends",
        "exported structs have no inheritance; hold the parent in a field and export the methods that JavaScript needs",
    ),
    (
        "extends_js_class",
        "exported structs have no inheritance; hold the parent in a field and export the methods that JavaScript needs",
    ),
    (
        "extends_js_namespace",
        "exported structs have no inheritance; hold the parent in a field and export the methods that JavaScript needs",
    ),
    (
        "main",
        "it is for binaries; use `start` on a function of the library",
    ),
    (
        "wasm_bindgen",
        "the runtime brings its own wasm-bindgen; name a renamed runtime with `crate = path`",
    ),
    (
        "wasm_bindgen_futures",
        "the runtime drives its own futures; remove the option",
    ),
    (
        "js_sys",
        "the runtime brings its own js-sys; remove the option",
    ),
    (
        "jspi",
        "JSPI suspends the stack that the guard unwinds; remove the option",
    ),
    (
        "suspending",
        "JSPI suspends the stack that the guard unwinds; remove the option",
    ),
    (
        "no_promising",
        "JSPI suspends the stack that the guard unwinds; remove the option",
    ),
    (
        "experimental_tokio",
        "the runtime drives its own futures; remove the option",
    ),
    (
        "catch",
        "it is for imports, and an export catches without it; remove the option",
    ),
    (
        "fallback",
        "it is for the variants of an enum; put `#[wasm_bindgen]` on the enum",
    ),
    (
        "rollback",
        "this version of recover-runtime has no rollback; use `on_panic = \"poison\"` or `\"keep\"`",
    ),
    (
        "persist",
        "this version of recover-runtime does not persist objects; remove the option",
    ),
    (
        "snapshot_every",
        "this version of recover-runtime does not persist objects; remove the option",
    ),
    (
        "no_journal",
        "this version of recover-runtime does not persist objects; remove the option",
    ),
    (
        "stack_guard",
        "this version of recover-runtime has no stack guard; remove the option",
    ),
];

/// Options of imports, which stand in `extern` blocks.
pub(crate) const IMPORTS: &[&str] = &[
    "method",
    "static_method_of",
    "module",
    "raw_module",
    "inline_js",
    "indexing_getter",
    "indexing_setter",
    "indexing_deleter",
    "structural",
    "final",
    "reexport",
    "is_type_of",
    "no_deref",
    "no_upcast",
    "no_into_js_generic",
    "vendor_prefix",
    "typescript_custom_section",
    "typescript_type",
    "slice_to_array",
    "slice",
    "vec",
    "static_string",
    "thread_local",
    "thread_local_v2",
    "experimental_generic_mono",
    "assert_no_shim",
];
