//! What a component in Go needs beside Go: the bindings of a world, and the component around the core module that Go makes.
//! The tests need no more of the commands wit-bindgen and wasm-tools than that.
//!
//! ```text
//! component-bind-go bindings WIT WORLD FOLDER
//! component-bind-go component WIT WORLD CORE ADAPTER OUT
//! ```

use std::path::Path;

use anyhow::{Context, Result, bail};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["bindings", wit, world, folder] => bindings(wit, world, Path::new(folder)),
        ["component", wit, world, core, adapter, out] => component(wit, world, core, adapter, out),
        _ => bail!(
            "usage: component-bind-go bindings WIT WORLD FOLDER, or component WIT WORLD CORE ADAPTER OUT"
        ),
    }
}

fn resolve(wit: &str, world: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, world))
}

fn bindings(wit: &str, world: &str, folder: &Path) -> Result<()> {
    let (mut resolve, world) = resolve(wit, world)?;
    let mut files = Files::default();
    let mut generator = wit_bindgen_go::Opts::default().build();
    generator.generate(&mut resolve, world, &mut files)?;
    for (name, text) in files.iter() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

fn component(wit: &str, world: &str, core: &str, adapter: &str, out: &str) -> Result<()> {
    let (resolve, world) = resolve(wit, world)?;
    let mut module = std::fs::read(core)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, true)?;
    let adapter = std::fs::read(adapter).with_context(|| format!("{adapter} can't be read"))?;
    let made = ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .adapter("wasi_snapshot_preview1", &adapter)?
        .encode()?;
    Ok(std::fs::write(out, made)?)
}
