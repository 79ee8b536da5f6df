//! The options of `#[recoverable(…)]`: what each may be on, which value it takes, and why some of
//! wasm-bindgen's are refused.
//!
//! It is wasm-bindgen's grammar for exports plus our own options. Tables only:
//! `attr` applies them.

/// What an attribute is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Function,
    Method,
    Struct,
    Field,
    Impl,
    Param,
    /// An `extern` block.
    Imports,
    /// A function in one.
    Import,
    ImportParam,
    /// A type in one; wasm-bindgen parses its options.
    ImportType,
    /// As a type.
    ImportStatic,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Function => "a function",
            Method => "a method",
            Struct => "a struct",
            Field => "a field",
            Impl => "an impl block",
            Param | ImportParam => "a parameter",
            Imports => "an `extern` block",
            Import => "an imported function",
            ImportType => "an imported type",
            ImportStatic => "an imported static",
        }
    }

    /// The options that may be on this.
    pub(crate) fn options(self) -> &'static [(&'static str, Takes, &'static [Place])] {
        match self {
            Function | Method | Struct | Field | Impl | Param => OPTIONS,
            Imports | Import | ImportParam | ImportType | ImportStatic => IMPORT_OPTIONS,
        }
    }
}

/// What may follow an option's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    /// `= "string"` or `= name`.
    Text,
    /// Nothing, or as `Text`.
    MaybeText,
    /// A string, or names in brackets.
    Names,
    Path,
    /// `= path`, or paths in parentheses.
    Paths,
    /// A type, quoted or not.
    Type,
    /// `= 500`.
    Number,
    /// `(T = u32, f64)`.
    Instantiate,
}

use Place::{Field, Function, Impl, Method, Param, Struct};
use Place::{Import, ImportParam, ImportStatic, ImportType, Imports};
use Takes::{Instantiate, MaybeText, Names, Nothing, Number, Path, Paths, Text, Type};

/// Every option of exports that is taken, with its places. The last ones are ours.
pub(crate) const OPTIONS: &[(&str, Takes, &[Place])] = &[
    ("constructor", Nothing, &[Method]),
    ("getter", MaybeText, &[Method]),
    ("setter", MaybeText, &[Method]),
    ("js_name", Text, &[Function, Method, Struct, Field, Param]),
    ("js_namespace", Names, &[Function, Struct, Impl]),
    ("js_class", Text, &[Impl]),
    ("skip", Nothing, &[Function, Method, Field]),
    ("readonly", Nothing, &[Field]),
    ("getter_with_clone", Nothing, &[Struct, Field]),
    ("inspectable", Nothing, &[Struct]),
    ("private", Nothing, &[Struct]),
    ("extends", Path, &[Struct]),
    ("extends_js_class", Text, &[Struct]),
    ("extends_js_namespace", Names, &[Struct]),
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
    ("main", Nothing, &[Function]),
    ("jspi", Nothing, &[Function, Method]),
    ("on_panic", Text, &[Struct, Method]),
    ("rollback", Text, &[Struct]),
    ("persist", Text, &[Struct]),
    // The block of a resource that has `save` and `restore`.
    ("persist", Nothing, &[Impl]),
    ("snapshot_every", Number, &[Struct]),
    ("version", Number, &[Struct]),
    ("migrate", Paths, &[Struct]),
    ("no_journal", Nothing, &[Method]),
    ("concurrency", Text, &[Method]),
    ("cancellable", Nothing, &[Function, Method]),
    ("memory_limit", Text, &[Function, Method]),
    ("stack_guard", Nothing, &[Function, Method]),
    ("max_depth", Number, &[Function, Method]),
    (
        "instantiate",
        Instantiate,
        &[Function, Method, Struct, Impl],
    ),
    ("component", Nothing, &[Struct]),
    ("resource", Path, &[Impl]),
    ("clear_poison", Nothing, &[Impl]),
    ("apart", Nothing, &[Impl]),
    ("crate", Path, &[Function, Struct, Impl]),
];

/// Options that exist elsewhere and are refused here, each with why.
pub(crate) const REFUSED: &[(&str, &str)] = &[
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
        "experimental_tokio",
        "the runtime drives its own futures; remove the option",
    ),
    (
        "catch",
        "it is for imports, and an export catches without it; remove the option",
    ),
    (
        "fallback",
        "it is for the variants of an enum; remove the option",
    ),
];

/// The options of a struct that is a resource of a component.
pub(crate) const RESOURCE: &[&str] = &[
    "component",
    "on_panic",
    "rollback",
    "persist",
    "snapshot_every",
    "version",
    "migrate",
    "crate",
];

/// Those of an impl block of one, of a method in it, and of an impl of a world's or an interface's trait.
pub(crate) const RESOURCE_BLOCK: &[&str] = &["resource", "persist", "clear_poison", "crate"];
pub(crate) const RESOURCE_METHOD: &[&str] = &[
    "constructor",
    "skip",
    "on_panic",
    "no_journal",
    "memory_limit",
    "stack_guard",
    "max_depth",
];
pub(crate) const GUEST_BLOCK: &[&str] = &["apart", "crate"];
pub(crate) const GUEST_FUNCTION: &[&str] = &["skip", "memory_limit"];

/// Options that mean something in JavaScript alone, each with why it does not in a component.
pub(crate) const OF_JAVASCRIPT: &[(&[&str], &str)] = &[
    (
        &["extends", "extends_js_class", "extends_js_namespace"],
        "a resource extends nothing; hold the other one in a field",
    ),
    (
        &["readonly", "getter_with_clone"],
        "a resource has no fields in WIT; write a method that returns the value",
    ),
    (
        &["getter", "setter"],
        "WIT has methods and no properties; remove the option",
    ),
    (
        &["jspi", "concurrency", "cancellable"],
        "no two calls of a component overlap; remove the option, the host refuses a second call as `busy`",
    ),
    (
        &["instantiate"],
        "WIT has no type parameters; give each type a resource of its own",
    ),
];

/// The options of a function that is guarded and not exported.
pub(crate) const UNEXPORTED: &[&str] = &["stack_guard", "max_depth", "skip", "crate"];

/// Every option of imports, with its places. `crate` is ours. wasm-bindgen parses those of
/// types and statics; they are here so that their names are known.
pub(crate) const IMPORT_OPTIONS: &[(&str, Takes, &[Place])] = &[
    ("module", Text, &[Imports]),
    ("raw_module", Text, &[Imports]),
    ("inline_js", Text, &[Imports]),
    ("crate", Path, &[Imports]),
    (
        "js_namespace",
        Names,
        &[Imports, Import, ImportType, ImportStatic],
    ),
    (
        "js_name",
        Text,
        &[Import, ImportParam, ImportType, ImportStatic],
    ),
    ("js_class", Text, &[Import]),
    ("catch", Nothing, &[Import]),
    ("constructor", Nothing, &[Import]),
    ("method", Nothing, &[Import]),
    ("static_method_of", Type, &[Import]),
    ("getter", MaybeText, &[Import]),
    ("setter", MaybeText, &[Import]),
    ("indexing_getter", Nothing, &[Import]),
    ("indexing_setter", Nothing, &[Import]),
    ("indexing_deleter", Nothing, &[Import]),
    ("this", Nothing, &[Import]),
    ("structural", Nothing, &[Import]),
    ("final", Nothing, &[Import]),
    ("variadic", Nothing, &[Import]),
    ("suspending", Nothing, &[Import]),
    ("reexport", MaybeText, &[Import, ImportType, ImportStatic]),
    ("skip_typescript", Nothing, &[Import, ImportType]),
    ("skip_jsdoc", Nothing, &[Import]),
    ("unchecked_return_type", Text, &[Import]),
    ("return_description", Text, &[Import]),
    ("assert_no_shim", Nothing, &[Import]),
    ("experimental_generic_mono", Nothing, &[Imports, Import]),
    ("slice", Text, &[Imports, Import, ImportParam]),
    ("vec", Text, &[Imports, Import, ImportParam]),
    ("slice_to_array", Nothing, &[Imports, Import, ImportParam]),
    ("unchecked_param_type", Text, &[ImportParam]),
    ("unchecked_optional_param_type", Text, &[ImportParam]),
    ("param_description", Text, &[ImportParam]),
    ("extends", Path, &[ImportType]),
    ("is_type_of", Path, &[ImportType]),
    ("typescript_type", Text, &[ImportType]),
    ("vendor_prefix", Text, &[ImportType]),
    ("no_deref", Nothing, &[ImportType]),
    ("no_upcast", Nothing, &[ImportType]),
    ("no_promising", Nothing, &[ImportType]),
    ("no_into_js_generic", Nothing, &[ImportType]),
    ("thread_local", Nothing, &[ImportStatic]),
    ("thread_local_v2", Nothing, &[ImportStatic]),
    ("static_string", Nothing, &[ImportStatic]),
];
