//! The records of objects that persist, in `js/records.js`: bytes cross by address and length.

use crate::host::attach;
use crate::host::records::{
    js_append, js_bytes, js_diverged, js_import_error, js_journal, js_keep, js_load, js_missed,
    js_record, js_snapshot,
};
use wasm_bindgen::JsValue;

pub(crate) use crate::host::records::{
    js_claim as claim, js_clock as clock, js_commit as commit, js_replayed as replayed,
    js_size as size, js_spend as spend,
};

/// Has the host keep records.
#[inline(always)]
pub(crate) fn keep() {
    // If this fails, the host has no records, and reports so for each object.
    let _ = js_keep(&attach::links());
    #[cfg(feature = "durable")]
    crate::host::upgrade::keep_imports();
}

/// Makes the record of a new object.
#[inline(always)]
pub(crate) fn record(snapshot: &[u8]) -> Result<u32, JsValue> {
    js_record(snapshot.as_ptr() as usize, snapshot.len())
}

/// Appends a call to a journal; what became of it.
#[inline(always)]
pub(crate) fn append(id: u32, entry: &[u8], every: u32, stages: bool, took: u32) -> u32 {
    let (address, length) = (entry.as_ptr() as usize, entry.len());
    js_append(id, address, length, every, stages, took)
}

/// Replaces snapshot and journal.
#[inline(always)]
pub(crate) fn snapshot(id: u32, bytes: &[u8], stages: bool) -> Result<(), JsValue> {
    js_snapshot(id, bytes.as_ptr() as usize, bytes.len(), stages)
}

/// Notes that there is no snapshot of the present state.
#[inline(always)]
pub(crate) fn missed(id: u32, complete: bool, reason: &JsValue, stages: bool) {
    // If this fails too, the host has no record to mark.
    let _ = js_missed(id, complete, reason, stages);
}

/// The parts of a record that are not empty, a bit for each, and the length of its snapshot, which is in
/// `room` then if it fits. None if [`bytes`] says why.
#[inline(always)]
pub(crate) fn load(id: u32, room: &mut [u8]) -> (u32, usize) {
    let loaded = js_load(id, room.as_mut_ptr().expose_provenance(), room.len()) as u64;
    ((loaded >> 32) as u32, loaded as u32 as usize)
}

/// Copies a journal from a byte on; how much of it that is.
#[inline(always)]
pub(crate) fn journal(id: u32, part: u32, from: usize, room: &mut [u8]) -> usize {
    let address = room.as_mut_ptr().expose_provenance();
    js_journal(id, part, from, address, room.len())
}

/// A snapshot of a record.
#[inline(always)]
pub(crate) fn bytes(id: u32, part: u32) -> Result<Vec<u8>, JsValue> {
    js_bytes(id, part)
}

/// Notes that a journal and the next snapshot differ.
#[inline(always)]
pub(crate) fn diverged(id: u32) {
    // If this fails, only the report is missing.
    let _ = js_diverged(id);
}

/// The error of bytes that are refused.
#[inline(always)]
pub(crate) fn import_error(message: &str, class: &str) -> JsValue {
    js_import_error(message, class).unwrap_or_else(|thrown| thrown)
}
