//! Puts components into a chain, as `wac plug` does: each imports what the one before it exports. The
//! tests need no more of wac than that, and its library builds in a fraction of the command's time.
//! What the components do, and what is asked of them, is elsewhere.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wac_graph::{CompositionGraph, EncodeOptions, plug};
use wac_types::Package;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [out, last, links @ ..] = &paths[..] else {
        eprintln!(
            "usage: component-compose OUT LAST NEXT… FIRST: the components, the last of the chain first"
        );
        return ExitCode::FAILURE;
    };
    match chain(last, links).and_then(|bytes| Ok(std::fs::write(out, bytes)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error}", out.display());
            ExitCode::FAILURE
        }
    }
}

/// The bytes of the component that has all of them.
fn chain(last: &Path, links: &[PathBuf]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut made = std::fs::read(last)?;
    for link in links {
        let mut graph = CompositionGraph::new();
        let plugged = Package::from_bytes("recover:plug", None, made, graph.types_mut())?;
        let plugged = graph.register_package(plugged)?;
        let bytes = std::fs::read(link)?;
        let socket = Package::from_bytes("recover:socket", None, bytes, graph.types_mut())?;
        let socket = graph.register_package(socket)?;
        plug(&mut graph, vec![plugged], socket)?;
        made = graph.encode(EncodeOptions::default())?;
    }
    Ok(made)
}
