//! Writes the tables of lines anew, for where the code is now. What they say of files stays as it is.

use std::collections::BTreeMap;

use gimli::{ColumnType, DebugLine, DebugLineOffset, EndianSlice, LittleEndian, constants};

use super::code::Map;
use crate::sections::push;

/// A row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    address: u32,
    file: u64,
    line: u64,
    column: u64,
    is_stmt: bool,
    prologue_end: bool,
}

/// How a header says that rows are written.
struct Encoding {
    is_stmt: bool,
    line_base: i64,
    line_range: u64,
    opcode_base: u64,
    address_size: u8,
}

/// All tables, and where each is now.
pub(super) fn moved(
    sections: &BTreeMap<String, Vec<u8>>,
    tables: &BTreeMap<u32, u8>,
    map: &Map,
) -> Result<(Vec<u8>, BTreeMap<u32, u32>), gimli::Error> {
    let old = sections.get(".debug_line").map_or(&[][..], Vec::as_slice);
    let section = DebugLine::from(EndianSlice::new(old, LittleEndian));
    let (mut all, mut places) = (vec![], BTreeMap::new());
    for (offset, address_size) in tables {
        let start = *offset as usize;
        let program = section.program(DebugLineOffset(start), *address_size, None, None)?;
        let header = program.header();
        let encoding = Encoding {
            is_stmt: header.default_is_stmt(),
            line_base: header.line_base().into(),
            line_range: header.line_range().max(1).into(),
            opcode_base: header.opcode_base().into(),
            address_size: *address_size,
        };
        // Of 32 bits: wasm has no use for more than four gigabytes of it.
        let end = start + 4 + header.unit_length();
        let head = start..end.saturating_sub(header.raw_program_buf().len());
        let mut table = old.get(head).unwrap_or(&[]).to_vec();
        let (mut rows, mut of_old) = (program.rows(), vec![]);
        while let Some((_, row)) = rows.next_row()? {
            let column = match row.column() {
                ColumnType::LeftEdge => 0,
                ColumnType::Column(column) => column.get(),
            };
            let is_end = row.end_sequence();
            of_old.push(Row {
                address: row.address() as u32,
                file: row.file_index(),
                line: row.line().map_or(0, std::num::NonZero::get),
                column,
                is_stmt: row.is_stmt(),
                prologue_end: row.prologue_end(),
            });
            if is_end {
                // The last one only says where the sequence ends.
                of_old.pop();
                for (rows, end) in sequences(&of_old, map) {
                    write(&mut table, &rows, end, &encoding);
                }
                of_old.clear();
            }
        }
        let length = (table.len().saturating_sub(4)) as u32;
        if let Some(place) = table.get_mut(..4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        places.insert(*offset, all.len() as u32);
        all.extend(table);
    }
    Ok((all, places))
}

/// A sequence for each function that is left, with where it ends.
fn sequences(rows: &[Row], map: &Map) -> Vec<(Vec<Row>, u32)> {
    let mut all: Vec<(Vec<Row>, u32)> = vec![];
    for row in rows {
        let Some(((_, new), address)) = map.function(row.address).zip(map.at(row.address)) else {
            continue;
        };
        if all.last().is_none_or(|(_, end)| *end != new.end) {
            all.push((vec![], new.end));
        }
        if let Some((rows, end)) = all.last_mut()
            && address < *end
        {
            rows.push(Row { address, ..*row });
        }
    }
    for (rows, _) in &mut all {
        rows.sort_by_key(|row| row.address);
    }
    all.retain(|(rows, _)| !rows.is_empty());
    all
}

fn write(table: &mut Vec<u8>, rows: &[Row], end: u32, encoding: &Encoding) {
    let extended = |table: &mut Vec<u8>, opcode: u8, content: &[u8]| {
        table.push(0);
        push(table, content.len() as u64 + 1);
        table.push(opcode);
        table.extend_from_slice(content);
    };
    let first = rows[0].address;
    let address = u64::from(first).to_le_bytes();
    let size = usize::from(encoding.address_size).min(8);
    extended(table, constants::DW_LNE_set_address.0, &address[..size]);
    let mut at = Row {
        address: first,
        file: 1,
        line: 1,
        column: 0,
        is_stmt: encoding.is_stmt,
        prologue_end: false,
    };
    for row in rows {
        if row.file != at.file {
            table.push(constants::DW_LNS_set_file.0);
            push(table, row.file);
        }
        if row.column != at.column {
            table.push(constants::DW_LNS_set_column.0);
            push(table, row.column);
        }
        if row.is_stmt != at.is_stmt {
            table.push(constants::DW_LNS_negate_stmt.0);
        }
        if row.prologue_end && encoding.opcode_base > 10 {
            table.push(constants::DW_LNS_set_prologue_end.0);
        }
        let advance = u64::from(row.address - at.address);
        let lines = row.line.wrapping_sub(at.line) as i64;
        match special(encoding, advance, lines) {
            Some(opcode) => table.push(opcode),
            None => {
                if advance != 0 {
                    table.push(constants::DW_LNS_advance_pc.0);
                    push(table, advance);
                }
                if lines != 0 {
                    table.push(constants::DW_LNS_advance_line.0);
                    push_signed(table, lines);
                }
                table.push(constants::DW_LNS_copy.0);
            }
        }
        at = *row;
    }
    if end > at.address {
        table.push(constants::DW_LNS_advance_pc.0);
        push(table, (end - at.address).into());
    }
    extended(table, constants::DW_LNE_end_sequence.0, &[]);
}

/// The one byte that advances both, if there is one.
fn special(encoding: &Encoding, advance: u64, lines: i64) -> Option<u8> {
    let line = u64::try_from(lines.checked_sub(encoding.line_base)?).ok()?;
    if line >= encoding.line_range {
        return None;
    }
    let opcode = line
        .checked_add(encoding.line_range.checked_mul(advance)?)?
        .checked_add(encoding.opcode_base)?;
    u8::try_from(opcode).ok()
}

fn push_signed(bytes: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let is_last = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        bytes.push(if is_last { byte } else { byte | 0x80 });
        if is_last {
            return;
        }
    }
}
