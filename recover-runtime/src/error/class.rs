//! The trait behind the derive. It has no methods: the conversion is `From`, so
//! that a plain `#[wasm_bindgen]` export can return the error as well.

use wasm_bindgen::JsValue;

/// An error with JavaScript classes of its own; implemented by
/// `#[derive(JsErrorClass)]`.
///
/// An enum becomes a base class and a subclass for each variant, a struct one
/// class. All are exported by the package and declared in its `.d.ts`. The
/// message is `Display`, the fields are own properties, `cause` is
/// [`Error::source`](std::error::Error::source) where the type implements it.
///
/// ```
/// use recover_runtime::JsErrorClass;
///
/// #[derive(Debug, JsErrorClass)]
/// pub enum StoreError {
///     /// No such key.
///     NoKey { key: String },
///     /// In JavaScript a `RangeError`, and so not a `StoreError`.
///     #[js_error(extends = "RangeError", code = "E_TOO_BIG")]
///     Quota { limit: u32 },
/// }
///
/// impl std::fmt::Display for StoreError {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         match self {
///             StoreError::NoKey { key } => write!(f, "no key {key}"),
///             StoreError::Quota { limit } => write!(f, "quota of {limit} exceeded"),
///         }
///     }
/// }
/// ```
///
/// ```js
/// catch (e) { if (e instanceof NoKeyError) use(e.key, e.code); } // "E_NO_KEY"
/// ```
///
/// # Options of `#[js_error(…)]`
///
/// | on | option | |
/// |---|---|---|
/// | type, variant | `name = "…"` | the class; by default the type's name, and the variant's with `Error` behind it |
/// | struct, variant | `code = "…"` | by default `E_` and the name without `Error`, in capitals |
/// | type, variant | `extends = "…"` | a builtin error; a variant that extends one is not an instance of its enum's class |
/// | struct, variant | `transparent` | the one field is thrown instead |
/// | field | `js_name = "…"` | the property's name |
/// | field | `typescript_type = "…"` | the property's type, where the tokens don't tell it (`unknown` then) |
/// | field | `skip` | no property |
/// | field | `cause` | becomes `cause`: a [`JsValue`] as it is, any other as if it were returned |
/// | type | `crate = path` | where this crate is, if renamed |
///
/// A field named `source`, or marked `#[source]` or `#[from]`, is no property:
/// it becomes `cause`, as its own class if its type derives this too, else as a
/// plain `Error`. Deeper sources are nested below it. A [`JsCause`] in the chain
/// is the very value that JavaScript threw.
///
/// [`JsCause`]: crate::JsCause
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be thrown to JavaScript",
    label = "no conversion of this error to a JavaScript value",
    note = "add `#[derive(JsErrorClass)]` to `{Self}`, or implement `std::error::Error` for it: it then becomes a plain `Error`; any `Into<JsValue>`, `Box<dyn Error>`, `anyhow::Error` and `eyre::Report` can be thrown too"
)]
pub trait JsErrorClass: Into<JsValue> {}
