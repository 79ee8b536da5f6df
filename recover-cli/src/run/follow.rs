//! Has wasm-bindgen say where it put each instruction of the module that it was given. What is made of
//! that, `symbols` knows.

use std::borrow::Cow;

use walrus::{CodeTransform, CustomSection, IdsToIndices, Module, ModuleConfig};

/// The section in which it says so; it is not shipped.
pub(super) const SECTION: &str = "recover_instructions";

/// Pairs of positions in the two files, of four bytes each.
#[derive(Debug, Default)]
struct Moved(Vec<u8>);

impl CustomSection for Moved {
    fn name(&self) -> &str {
        SECTION
    }

    fn data(&self, _: &IdsToIndices) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }

    fn apply_code_transform(&mut self, transform: &CodeTransform) {
        self.0.clear();
        for (from, to) in &transform.instruction_map {
            self.0.extend(from.data().to_le_bytes());
            self.0.extend((*to as u32).to_le_bytes());
        }
    }
}

/// The module, parsed as wasm-bindgen does it, but for the instructions being followed.
pub(super) fn parsed(wasm: &[u8]) -> Result<Module, String> {
    let mut module = ModuleConfig::new()
        .strict_validate(false)
        .preserve_code_transform(true)
        .generate_name_section(true)
        .generate_producers_section(true)
        .parse(wasm)
        .map_err(|error| format!("{error:#}"))?;
    module.customs.add(Moved::default());
    Ok(module)
}
