//! Shows what a coredump holds: the stack, and the objects of ours with their states.

use std::fs;

use super::say::{is_json, print, print_json};
use crate::error::Error;
use crate::symbols::{Core, Form, InspectOptions, Sections, Symbols};

/// Shows a coredump; without a debug file, its frames are numbers.
pub(crate) fn inspect(options: &InspectOptions) -> Result<(), Error> {
    let bytes = fs::read(&options.file).map_err(Error::user("read", &options.file))?;
    let name = options.file.display().to_string();
    let core = Core::read(&bytes, &name)?;
    let (stack, document) = match &options.debug {
        None => {
            let stack = core.stack(|_, _| None);
            (stack.shown(), String::new())
        }
        Some(path) => {
            let wasm = fs::read(path).map_err(Error::user("read", path))?;
            let sections = Sections::read(&wasm, path)?;
            let here = std::env::current_dir().unwrap_or_default();
            let mut symbols = Symbols::new(&wasm, &sections, path, &here)?;
            let stack = core.stack(|index, offset| symbols.place(index, offset));
            symbols.check(&stack, &name, path)?;
            let resolved = symbols.resolve(stack);
            (resolved.shown(Form::Text), resolved.document())
        }
    };
    let objects = core.objects(&bytes);
    if is_json() {
        print_json(&core.document(&document, &objects));
        return Ok(());
    }
    print(&core.head());
    print(&stack);
    if objects.is_empty() {
        print("no object of a class that persists");
    }
    for object in &objects {
        let state = object.state.as_ref();
        let state = state.map_or(
            "in a state that is not known".to_owned(),
            ToString::to_string,
        );
        print(&format!(
            "{} at {:#x}: {state}",
            object.class, object.pointer
        ));
    }
    Ok(())
}
