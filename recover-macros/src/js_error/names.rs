//! The naming rules, Rust to JavaScript, and the names that are taken.
//!
//! Strings in, strings out; no tokens and no messages.

/// `NoKey` → `NoKeyError`, `ParseError` → `ParseError`.
pub(super) fn class_of_variant(variant: &str) -> String {
    format!("{}Error", stem(variant))
}

/// `NoKey` → `E_NO_KEY`. The suffix goes, as it does in the class's name:
/// `Parse` and `ParseError` are one class and one code.
pub(super) fn code(ident: &str) -> String {
    format!("E_{}", screaming_snake(stem(ident)))
}

fn stem(ident: &str) -> &str {
    match ident.strip_suffix("Error") {
        Some("") | None => ident,
        Some(stem) => stem,
    }
}

/// A word starts at an upper case letter after a lower case one or a digit, and
/// at the last of several when a lower case one follows (`HTTPStatus`).
fn screaming_snake(ident: &str) -> String {
    let letters: Vec<char> = ident.chars().collect();
    let mut out = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let next_is_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let starts = letter.is_uppercase()
            && before
                .is_some_and(|before| before != '_' && (!before.is_uppercase() || next_is_lower));
        if starts {
            out.push('_');
        }
        out.extend(letter.to_uppercase());
    }
    out
}

/// Builtin errors that a class can extend: those whose constructor takes
/// `(message, options)`.
pub(super) const EXTENDABLE: &[&str] = &[
    "Error",
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
];

/// Names that every module can see, and that generated code may use.
const GLOBALS: &str = "\
    AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean \
    DOMException DataView Date FinalizationRegistry Float32Array Float64Array Function \
    Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN Number \
    Object Promise Proxy Reflect RegExp Request Response Set SharedArrayBuffer String \
    SuppressedError Symbol TextDecoder TextEncoder URL Uint16Array Uint32Array \
    Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly console fetch \
    globalThis self window undefined";

/// What the package exports already, types included (js/types.d.ts of the
/// runtime; a test compares).
const RECOVER: &str = "\
    RecoverError PanicError OutOfMemoryError StackOverflowError PoisonedError BusyError \
    InstanceAbortedError RestartLimitError ImportError StaleHandleError WrongClassError recovery \
    PanicLocation RecoverErrorKind RecoverErrorKinds Recovery RecoveryHealth RestartLimit LostObject AbortReport \
    HeldObject ReportEvent ReportCause RecoveryReport ReportAttachments ReportLimit ReportOptions \
    CaptureOptions CapturedCall ReplayedCall";

/// Names that the snippet of every error type declares (`js::PRELUDE`), and
/// what wasm-bindgen's `web` target exports or declares.
const GENERATED: &str = "\
    make show plain own label table init initSync InitInput InitOutput SyncInitInput";

/// Reserved words of JavaScript, and the type names of TypeScript.
const RESERVED: &str = "\
    abstract arguments as async await boolean break byte case catch char class const \
    continue debugger default delete do double else enum eval export extends false final \
    finally float for function goto if implements import in instanceof int interface let \
    long native new null package private protected public return short static super \
    switch synchronized this throw throws transient true try typeof var void volatile \
    while with yield any bigint never number object string symbol unknown";

/// Properties that every error has, or that would change what it is.
const MEMBERS: &str = "\
    __proto__ cause code constructor message name stack toJSON toString";

pub(super) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$')
}

pub(super) fn is_reserved(name: &str) -> bool {
    lists(RESERVED, name)
}

pub(super) fn is_global(name: &str) -> bool {
    EXTENDABLE.contains(&name) || lists(GLOBALS, name)
}

pub(super) fn is_recovers(name: &str) -> bool {
    lists(RECOVER, name) || lists(GENERATED, name)
}

pub(super) fn is_member(property: &str) -> bool {
    lists(MEMBERS, property)
}

fn lists(words: &str, name: &str) -> bool {
    words.split_whitespace().any(|word| word == name)
}
