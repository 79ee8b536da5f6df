#[cfg(not(target_os = "wasi"))]
#[doc(hidden)]
#[allow(dead_code, deprecated, unused_imports, unused_qualifications, clippy::all)]
const _: () = {
    use ::core::{mem::drop, panic, result::Result::Ok};
    use ::recover_runtime::__private::wasm_bindgen;
    use ::recover_runtime::__private::errors::levels::*;
    use ::recover_runtime::__private::errors::{
        ByDescribe as _, ByDisplay as _, BySource as _, BySourceless as _,
        PropertyByField as _, PropertyByInto as _, SourceByInto as _,
        SourceByNothing as _,
    };
    #[wasm_bindgen::prelude::wasm_bindgen(
        wasm_bindgen = ::recover_runtime::__private::wasm_bindgen,
        inline_js = "const plain = (v) => typeof v === \"bigint\" ? String(v) : ArrayBuffer.isView(v) ? Array.from(v, plain) : v;\nconst show = (e, depth) => {\n  if (!(e instanceof Error)) return plain(e);\n  const out = { name: e.name, message: e.message };\n  for (const key of Object.keys(e)) out[key] = plain(e[key]);\n  if (\"cause\" in e) out.cause = depth ? show(e.cause, depth - 1) : String(e.cause);\n  return out;\n};\nconst own = (Parent) => class extends Parent {\n  constructor(message, fields, options) { super(message, options); Object.assign(this, fields); }\n  toJSON() { return { ...show(this, 8), stack: this.stack }; }\n};\nconst label = (Class, value) => {\n  for (const target of [Class, Class.prototype]) Object.defineProperty(target, \"name\", { value, configurable: true });\n};\nexport class StoreError extends own(RangeError) {}\nlabel(StoreError, \"StoreError\");\nexport class NoKeyError extends StoreError { code = \"E_NO_KEY\"; }\nlabel(NoKeyError, \"NoKeyError\");\nconst table = [[NoKeyError, \"key\"]];\nexport function make(index, message, values) {\n  const [Class, ...keys] = table[index];\n  const fields = Object.fromEntries(keys.map((key, i) => [key, values[i]]));\n  return new Class(message, fields, values.length > keys.length ? { cause: values[keys.length] } : undefined);\n}\n"
    )]
    extern "C" {
        #[wasm_bindgen(catch)]
        fn make(
            index: u32,
            message: &str,
            values: ::std::vec::Vec<wasm_bindgen::JsValue>,
        ) -> ::core::result::Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>;
        #[wasm_bindgen(js_name = "StoreError", reexport = "StoreError", skip_typescript)]
        fn class_0();
        #[wasm_bindgen(js_name = "NoKeyError", reexport = "NoKeyError", skip_typescript)]
        fn class_1();
    }
    #[wasm_bindgen::prelude::wasm_bindgen(
        wasm_bindgen = ::recover_runtime::__private::wasm_bindgen,
        typescript_custom_section
    )]
    const TYPES: &'static str = "export abstract class StoreError extends RangeError {\n  readonly name: \"NoKeyError\";\n  readonly code: \"E_NO_KEY\";\n  readonly cause?: unknown;\n  toJSON(): Record<string, unknown>;\n}\n/** No such key. */\nexport class NoKeyError extends StoreError {\n  constructor(message: string, fields: { key: string }, options?: { cause?: unknown });\n  readonly key: string;\n  readonly name: \"NoKeyError\";\n  readonly code: \"E_NO_KEY\";\n  readonly cause?: unknown;\n  toJSON(): Record<string, unknown>;\n}\n";
    #[cfg(target_family = "wasm")]
    const _: () = {
        const LINES: &'static str = ::core::concat!(
            "StoreError\t", ::core::module_path!(), "::StoreError\n", "NoKeyError\t",
            ::core::module_path!(), "::StoreError::NoKey\n"
        );
        #[unsafe(link_section = "recover_error_classes")]
        static RECORD: [u8; LINES.len()] = ::recover_runtime::__private::errors::bytes(
            LINES,
        );
    };
    #[automatically_derived]
    impl ::core::convert::From<StoreError> for wasm_bindgen::JsValue {
        fn from(error: StoreError) -> Self {
            let rendered = if ::core::matches!(& error, StoreError::Io { .. }) {
                ::recover_runtime::__private::errors::Rendered::default()
            } else {
                ::recover_runtime::__private::errors::Rendered::new(
                    (&&::recover_runtime::__private::errors::Message(&error)).text(),
                    (&&::recover_runtime::__private::errors::Source(&error)).cause(),
                )
            };
            match error {
                StoreError::NoKey { key: field_0, .. } => {
                    rendered
                        .build(
                            make,
                            0u32,
                            ::std::vec::Vec::from([
                                (&&::recover_runtime::__private::errors::Probe::new(
                                    field_0,
                                ))
                                    .property(),
                            ]),
                        )
                }
                StoreError::Io { 0: value } => {
                    (&&&&&&&::recover_runtime::__private::errors::Probe::new(value))
                        .thrown()
                }
            }
        }
    }
    #[automatically_derived]
    impl ::recover_runtime::__private::errors::JsErrorClass for StoreError {}
};
