//! Runs wasm-bindgen, as a library.
//!
//! Its errors and its panics become one line; nothing else happens here.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use super::follow;
use crate::error::{Error, one_line};
use crate::options::Target;
use crate::plan::Bindgen;

/// Writes the glue of a module into a directory.
pub(super) fn generate(call: &Bindgen, wasm: Vec<u8>, directory: &Path) -> Result<(), Error> {
    // On a module it does not expect wasm-bindgen panics; that is no backtrace
    // for the user, who cannot act on it.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(|| attempt(call, wasm, directory)));
    panic::set_hook(hook);
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(text)) => Err(Error::Bindgen(one_line(&text))),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let text = one_line(text.unwrap_or("no reason given"));
            Err(Error::Bindgen(format!("it panicked: {text}")))
        }
    }
}

fn attempt(call: &Bindgen, wasm: Vec<u8>, directory: &Path) -> Result<(), String> {
    // The chain of causes, on one line.
    let text = |error| format!("{error:#}");
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    match call.target {
        Target::Web => bindgen.web(true).map_err(text)?,
        Target::Bundler => bindgen.bundler(true).map_err(text)?,
        Target::Nodejs => bindgen.nodejs(true).map_err(text)?,
        Target::Deno => bindgen.deno(true).map_err(text)?,
        Target::Module => bindgen.module(true).map_err(text)?,
    };
    match call.follow {
        true => bindgen.input_module(&call.stem, follow::parsed(&wasm)?),
        false => bindgen.input_bytes(&call.stem, wasm),
    };
    bindgen
        .omit_default_module_path(false)
        // Which functions give a promise is read from the declarations.
        .typescript(true)
        .split_linked_modules(call.split_linked)
        .keep_debug(call.keep_debug)
        .emit_start(call.starts);
    if call.abort_handler {
        bindgen.force_enable_abort_handler(true);
    }
    if call.reset_state {
        bindgen.reset_state_function(true);
    }
    bindgen.generate(directory).map_err(text)
}
