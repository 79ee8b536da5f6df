//! Moves debug information from the linker's output to the final module, in place.
//!
//! wasm-bindgen can do that (`--keep-debug`), but not rightly: it takes the number of functions to be
//! written in two bytes, takes offsets from a unit's first address for addresses, so that inlined calls of
//! a unit with one function are lost, and guesses where it has no instruction. Here an address is patched
//! where it stands; only the tables of lines, whose size changes, are written anew (`lines`). DWARF 4 and
//! older, which is what rustc writes for wasm: there an address has a fixed size everywhere else.

use std::collections::{BTreeMap, BTreeSet};

use gimli::{
    AttributeValue, DebugInfoOffset, Dwarf, EndianSlice, LittleEndian, SectionId,
    UnitSectionOffset, constants,
};
use wasmparser::{Parser, Payload};

use super::code::Map;
use super::lines;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// What stands for an address whose code is gone: readers of DWARF know it.
const GONE: u32 = 0xffff_fffe;
/// What says in a list of ranges that an address to count from follows.
const BASE: u32 = 0xffff_ffff;

/// The sections of debug information, by name.
pub(super) fn sections(wasm: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Ok(Payload::CustomSection(section)) = payload
            && section.name().starts_with(".debug_")
        {
            found.insert(section.name().to_owned(), section.data().to_vec());
        }
    }
    found
}

/// Readers of the sections.
pub(super) fn dwarf(sections: &BTreeMap<String, Vec<u8>>) -> Dwarf<Slice<'_>> {
    let section = |id: SectionId| -> Result<_, gimli::Error> {
        let bytes = sections.get(id.name()).map_or(&[][..], Vec::as_slice);
        Ok(EndianSlice::new(bytes, LittleEndian))
    };
    Dwarf::load(section).expect("nothing fails")
}

/// An address or an offset to be written over what stands there.
struct Patch {
    at: usize,
    value: u32,
}

/// The debug information of the linker's output, as that of the module that `map` leads to: sections,
/// by their names. The error says what was not understood.
pub(crate) fn converted(linked: &[u8], map: &Map) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut sections = sections(linked);
    // An index of addresses, which readers do without.
    sections.remove(".debug_aranges");
    let mut found = Found::default();
    {
        let dwarf = dwarf(&sections);
        found
            .read(&dwarf, map)
            .map_err(|error| format!("the debug information is damaged: {error}"))?;
        if let Some(version) = found.newer {
            return Err(format!("the debug information is DWARF {version}"));
        }
    }
    let (lines, moved) = lines::moved(&sections, &found.lines, map)
        .map_err(|error| format!("the tables of lines are damaged: {error}"))?;
    for (at, old) in &found.line_tables {
        let value = moved.get(old).copied().unwrap_or(*old);
        found.patches.push(Patch { at: *at, value });
    }
    for (offset, base) in &found.ranges {
        if let Some(list) = sections.get_mut(".debug_ranges") {
            move_list(list, *offset as usize, *base, map, false);
        }
    }
    for (offset, base) in &found.locations {
        if let Some(list) = sections.get_mut(".debug_loc") {
            move_list(list, *offset as usize, *base, map, true);
        }
    }
    if let Some(info) = sections.get_mut(".debug_info") {
        for Patch { at, value } in &found.patches {
            if let Some(place) = info.get_mut(*at..*at + 4) {
                place.copy_from_slice(&value.to_le_bytes());
            }
        }
    }
    sections.insert(".debug_line".to_owned(), lines);
    Ok(sections)
}

/// What the tree of entries refers to.
#[derive(Default)]
struct Found {
    patches: Vec<Patch>,
    /// Lists, and the address that they count from.
    ranges: BTreeSet<(u32, u32)>,
    locations: BTreeSet<(u32, u32)>,
    /// Tables of lines: their offset, and the size of an address.
    lines: BTreeMap<u32, u8>,
    /// Where the tree names one.
    line_tables: Vec<(usize, u32)>,
    /// The version of a unit that is too new.
    newer: Option<u16>,
}

impl Found {
    fn read(&mut self, dwarf: &Dwarf<Slice<'_>>, map: &Map) -> Result<(), gimli::Error> {
        let mut units = dwarf.units();
        while let Some(unit) = units.next()? {
            if unit.version() > 4 {
                self.newer = Some(unit.version());
                return Ok(());
            }
            let UnitSectionOffset::DebugInfoOffset(DebugInfoOffset(start)) = unit.offset() else {
                continue;
            };
            let abbreviations = dwarf.abbreviations(&unit)?;
            let mut entries = unit.entries_raw(&abbreviations, None)?;
            let mut base = None;
            while !entries.is_empty() {
                let Some(kind) = entries.read_abbreviation()? else {
                    continue;
                };
                let (mut low, mut high, mut lists) = (None, None, vec![]);
                for specification in kind.attributes() {
                    let at = start + entries.next_offset().0;
                    let attribute = entries.read_attribute(*specification)?;
                    let value = attribute.raw_value();
                    match (attribute.name(), value) {
                        (constants::DW_AT_low_pc, AttributeValue::Addr(address)) => {
                            low = Some((at, address as u32));
                        }
                        (constants::DW_AT_high_pc, AttributeValue::Data4(size)) => {
                            high = Some((at, size));
                        }
                        (_, AttributeValue::Addr(address)) if address != 0 => {
                            let value = map.at(address as u32).unwrap_or(GONE);
                            self.patches.push(Patch { at, value });
                        }
                        (name, value) => lists.push((at, name, offset(&value))),
                    }
                }
                // The first entry is the unit's own.
                let base = *base.get_or_insert(low.map_or(0, |(_, address)| address));
                for (at, name, offset) in lists {
                    let Some(offset) = offset else { continue };
                    match name {
                        constants::DW_AT_ranges => _ = self.ranges.insert((offset, base)),
                        constants::DW_AT_stmt_list => {
                            self.lines.insert(offset, unit.address_size());
                            self.line_tables.push((at, offset));
                        }
                        constants::DW_AT_location | constants::DW_AT_frame_base => {
                            self.locations.insert((offset, base));
                        }
                        _ => {}
                    }
                }
                self.extent(low, high, map);
            }
        }
        Ok(())
    }

    /// An entry's first address and its size.
    fn extent(&mut self, low: Option<(usize, u32)>, high: Option<(usize, u32)>, map: &Map) {
        let Some((at, begin)) = low else { return };
        // A unit with many functions has none.
        if begin == 0 && high.is_none() {
            return;
        }
        let new = map.at(begin);
        let value = new.unwrap_or(GONE);
        self.patches.push(Patch { at, value });
        if let Some((at, size)) = high {
            let end = map.end(begin, begin.wrapping_add(size));
            let value = match (new, end) {
                (Some(begin), Some(end)) => end.saturating_sub(begin),
                _ => 0,
            };
            self.patches.push(Patch { at, value });
        }
    }
}

/// The offset in another section that a value is. DWARF 3 writes it as a number.
fn offset(value: &AttributeValue<Slice<'_>>) -> Option<u32> {
    match value {
        AttributeValue::SecOffset(offset) => Some(*offset as u32),
        AttributeValue::DebugLineRef(offset) => Some(offset.0 as u32),
        AttributeValue::RangeListsRef(offset) => Some(offset.0 as u32),
        AttributeValue::LocationListsRef(offset) => Some(offset.0 as u32),
        _ => None,
    }
}

/// Moves a list of ranges, or of locations, each with an expression behind it.
fn move_list(list: &mut [u8], mut at: usize, base: u32, map: &Map, expressions: bool) {
    let mut base = base;
    let moved_base = |base: u32| map.at(base).unwrap_or(0);
    while let Some(pair) = list.get(at..at + 8) {
        let [begin, end] = [0, 4].map(|part| {
            u32::from_le_bytes([pair[part], pair[part + 1], pair[part + 2], pair[part + 3]])
        });
        let mut put = |begin: u32, end: u32| {
            list[at..at + 4].copy_from_slice(&begin.to_le_bytes());
            list[at + 4..at + 8].copy_from_slice(&end.to_le_bytes());
        };
        if begin == BASE {
            put(BASE, moved_base(end));
            base = end;
            at += 8;
            continue;
        }
        if (begin, end) == (0, 0) {
            return;
        }
        let (first, last) = (base.wrapping_add(begin), base.wrapping_add(end));
        let counted = if base == 0 { 0 } else { moved_base(base) };
        match (map.at(first), map.end(first, last)) {
            (Some(new), Some(end)) if new < end && new > counted.saturating_sub(1) => {
                put(new - counted, end - counted);
            }
            // An empty one; two zeros would end the list.
            _ => put(1, 1),
        }
        at += 8;
        if expressions {
            let Some(length) = list.get(at..at + 2) else {
                return;
            };
            at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
        }
    }
}
