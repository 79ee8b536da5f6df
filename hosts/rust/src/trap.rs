//! How what wasmtime reports becomes an error of this crate: the kind, the text, the frames.
//!
//! Every such error ended the instance. What follows from that is not decided here.

use std::collections::HashSet;

use wasmtime::{Trap, WasmBacktrace};

use crate::error::{Error, of_kind};
use crate::limits::Refused;
use crate::types::{Frame, Kind, Location};

/// The deadline passed while wasm ran.
#[derive(Debug)]
pub(crate) struct DeadlinePassed;

impl std::fmt::Display for DeadlinePassed {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("the call took longer than its deadline allows")
    }
}

impl std::error::Error for DeadlinePassed {}

/// The error of a call that ended its instance.
pub(crate) fn ended(
    error: wasmtime::Error,
    refused: Option<Refused>,
    build: Option<String>,
) -> Error {
    let frames = frames(&error);
    let trap = error.downcast_ref::<Trap>().copied();
    if error.is::<DeadlinePassed>() || trap == Some(Trap::Interrupt) {
        return timeout(frames, Some(error), build);
    }
    if trap == Some(Trap::StackOverflow)
        || trap == Some(Trap::MemoryOutOfBounds) && is_below_the_stack(&error, &frames)
    {
        let message = "the stack ran out".to_owned();
        return of_kind(
            Kind::StackOverflow,
            message,
            &[],
            frames,
            Some(error),
            build,
        );
    }
    if trap == Some(Trap::AllocationTooLarge) {
        let message = "an allocation was too large for the engine".to_owned();
        return of_kind(Kind::OutOfMemory, message, &[], frames, Some(error), build);
    }
    // A function of the host that failed is the cause by itself.
    let guests_own = trap.is_some() || frames.is_empty();
    if let Some(Refused { wanted, limit }) = refused.filter(|_| guests_own) {
        let message = format!(
            "memory ran out, and the component did not go on: {wanted} bytes were wanted, {limit} are the limit"
        );
        let fields = [("requested", wanted as u64), ("limit", limit as u64)];
        return of_kind(
            Kind::OutOfMemory,
            message,
            &fields,
            frames,
            Some(error),
            build,
        );
    }
    let why = match trap {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    let message = format!("the instance ended under this call: {why}");
    of_kind(Kind::Aborted, message, &[], frames, Some(error), build)
}

/// The error of a call that took too long.
pub(crate) fn timeout(
    frames: Vec<Frame>,
    error: Option<wasmtime::Error>,
    build: Option<String>,
) -> Error {
    let message =
        "the call took longer than its deadline allows, and its instance was given up".to_owned();
    of_kind(Kind::Timeout, message, &[], frames, error, build)
}

/// Whether a frame was laid below the stack that Rust keeps in linear memory.
///
/// That stack comes first, so such a frame has an address that wraps. Where wasmtime does not tell the address (of
/// `memory.fill`), the trace does: it is long, and of few functions.
fn is_below_the_stack(error: &wasmtime::Error, frames: &[Frame]) -> bool {
    /// What is above is below address zero.
    const LAST_MEBIBYTE: u64 = 0xfff0_0000;
    /// As many frames as an engine tells that was not asked for more.
    const MANY: usize = 20;
    let fault = error.chain().find_map(|told| {
        let told = told.to_string();
        let address = told
            .strip_prefix("memory fault at wasm address 0x")?
            .split(' ')
            .next()?;
        u64::from_str_radix(address, 16).ok()
    });
    match fault {
        Some(address) => address >= LAST_MEBIBYTE,
        None => {
            let functions: HashSet<_> = frames.iter().map(|frame| &frame.function).collect();
            frames.len() >= MANY && functions.len() <= MANY / 4
        }
    }
}

fn frames(error: &wasmtime::Error) -> Vec<Frame> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let mut frames = Vec::new();
    for frame in trace.frames() {
        let module = frame.module().name().map(str::to_owned);
        let offset = frame.module_offset().map(|offset| offset as u64);
        // Where there is debug information, a function that was inlined is a frame of its own.
        for symbol in frame.symbols() {
            frames.push(Frame {
                function: symbol.name().or(frame.func_name()).map(readable),
                location: symbol.file().map(|file| Location {
                    file: file.to_owned(),
                    line: symbol.line().unwrap_or(0),
                    column: symbol.column().unwrap_or(0),
                }),
                module: module.clone(),
                offset,
            });
        }
        if frame.symbols().is_empty() {
            frames.push(Frame {
                function: frame.func_name().map(readable),
                location: None,
                module,
                offset,
            });
        }
    }
    frames
}

/// A name as people write it, without the hash.
fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
