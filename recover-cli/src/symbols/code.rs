//! Which instruction of the linker's output each instruction of the final module is. Addresses are those
//! of DWARF: bytes from the beginning of the code section's content.

use std::ops::Range;

use wasmparser::{BinaryReaderError, FunctionBody, Operator, Parser, Payload, TypeRef};

/// Where a function is: from the length in front of it, its locals, and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    /// Its length's first byte.
    pub(super) start: u32,
    /// Its first byte, behind the length.
    pub(super) locals: u32,
    /// Behind its last byte.
    pub(super) end: u32,
}

/// What a module says of its code.
#[derive(Debug, Clone, Default)]
pub(super) struct Code {
    /// Where the section's content begins in the file.
    pub(super) start: usize,
    /// How many functions are imported: their indices come first.
    pub(super) imported: u32,
    /// How many globals there are.
    globals: u32,
    /// Its functions, in order.
    pub(super) bodies: Vec<Body>,
}

impl Code {
    /// Reads a module.
    pub(super) fn of(wasm: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut code = Self::default();
        let mut before = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => code.imported += 1,
                            TypeRef::Global(_) => code.globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::GlobalSection(section) => code.globals += section.count(),
                Payload::CodeSectionStart { range, count, .. } => {
                    code.start = range.start;
                    // The count stands before the first function.
                    before = leb_length(count);
                }
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    let [locals, end] = [range.start, range.end].map(|at| (at - code.start) as u32);
                    code.bodies.push(Body {
                        start: before,
                        locals,
                        end,
                    });
                    before = end;
                }
                _ => {}
            }
        }
        Ok(code)
    }

    /// The function that an address lies in.
    pub(super) fn at(&self, address: u32) -> Option<usize> {
        let after = self.bodies.partition_point(|body| body.start <= address);
        let index = after.checked_sub(1)?;
        (address < self.bodies[index].end).then_some(index)
    }
}

fn leb_length(mut value: u32) -> u32 {
    let mut length = 1;
    while value > 0x7f {
        value >>= 7;
        length += 1;
    }
    length
}

/// Where each instruction went.
#[derive(Debug)]
pub(crate) struct Map {
    from: Code,
    to: Code,
    /// Pairs of addresses, by the first.
    moved: Vec<(u32, u32)>,
    /// The function that each one became.
    became: Vec<Option<usize>>,
}

impl Map {
    /// The map from what the linker wrote to the module that is shipped: `edited` is what wasm-bindgen was
    /// given, and `moved` where it put each instruction, by positions in the files.
    pub(crate) fn new(
        linked: &[u8],
        edited: &[u8],
        written: &[u8],
        moved: &[(u32, u32)],
    ) -> Result<Self, BinaryReaderError> {
        let (from, between, to) = (Code::of(linked)?, Code::of(edited)?, Code::of(written)?);
        let (start, end) = (between.start as u32, to.start as u32);
        let mut second: Vec<_> = moved
            .iter()
            .filter_map(|(old, new)| Some((old.checked_sub(start)?, new.checked_sub(end)?)))
            .collect();
        second.sort_unstable();
        second.dedup_by_key(|(old, _)| *old);
        let moved = first(linked, edited, &from, &between)?
            .into_iter()
            .filter_map(|(old, middle)| {
                let at = second.binary_search_by_key(&middle, |(old, _)| *old).ok()?;
                Some((old, second[at].1))
            })
            .collect();
        Ok(Self::of(from, to, moved))
    }

    fn of(from: Code, to: Code, moved: Vec<(u32, u32)>) -> Self {
        let became = from.bodies.iter().map(|body| {
            let first = moved.partition_point(|(old, _)| *old < body.locals);
            let (old, new) = moved.get(first)?;
            (*old < body.end).then(|| to.at(*new))?
        });
        let became = became.collect();
        Self {
            from,
            to,
            moved,
            became,
        }
    }

    /// Where the function that an address lies in begins and ends now, if it is still there.
    pub(super) fn function(&self, address: u32) -> Option<(Range<u32>, Range<u32>)> {
        let index = self.from.at(address)?;
        let (old, new) = (
            &self.from.bodies[index],
            &self.to.bodies[self.became[index]?],
        );
        Some((old.start..old.end, new.start..new.end))
    }

    /// Where an address is now. One whose instruction is gone is the next that is left.
    pub(super) fn at(&self, address: u32) -> Option<u32> {
        let index = self.from.at(address)?;
        let (old, new) = (
            &self.from.bodies[index],
            &self.to.bodies[self.became[index]?],
        );
        if address < old.locals {
            return Some(new.start);
        }
        let first = self.moved.partition_point(|(at, _)| *at < old.locals);
        let next = self.moved.partition_point(|(at, _)| *at < address);
        match self.moved.get(next) {
            Some((at, to)) if *at == address => Some(*to),
            // The locals, which are no instruction.
            _ if next == first => Some(new.locals),
            Some((at, to)) if *at < old.end => Some(*to),
            _ => Some(new.end),
        }
    }

    /// The same for the end of a range that begins at `begin`: it may be that of the function.
    pub(super) fn end(&self, begin: u32, end: u32) -> Option<u32> {
        let (old, new) = self.function(begin)?;
        match end >= old.end {
            true => Some(new.end),
            false => self.at(end),
        }
    }
}

/// Where our own edits put each instruction: functions keep their order, and all that comes in between is
/// the check of the stack pointer behind calls that suspend.
fn first(
    linked: &[u8],
    edited: &[u8],
    from: &Code,
    to: &Code,
) -> Result<Vec<(u32, u32)>, BinaryReaderError> {
    let mut pairs = vec![];
    for (old, new) in bodies(linked)?.iter().zip(bodies(edited)?) {
        let new = instructions(&new)?;
        let mut next = 0;
        for (_, at) in instructions(old)? {
            while is_check(&new[next..], from.globals) {
                next += CHECK;
            }
            if let Some((_, moved)) = new.get(next) {
                pairs.push(((at - from.start) as u32, (moved - to.start) as u32));
            }
            next += 1;
        }
    }
    Ok(pairs)
}

/// How many instructions the check has.
const CHECK: usize = 6;

/// Whether the check comes next: it reads the stack pointer, and a global that the linker knew nothing of.
fn is_check(rest: &[(Operator<'_>, usize)], globals: u32) -> bool {
    let [
        (Operator::GlobalGet { .. }, _),
        (Operator::GlobalGet { global_index }, _),
        ..,
    ] = rest
    else {
        return false;
    };
    rest.len() >= CHECK && *global_index >= globals
}

fn bodies(wasm: &[u8]) -> Result<Vec<FunctionBody<'_>>, BinaryReaderError> {
    let mut bodies = vec![];
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(body);
        }
    }
    Ok(bodies)
}

fn instructions<'a>(
    body: &FunctionBody<'a>,
) -> Result<Vec<(Operator<'a>, usize)>, BinaryReaderError> {
    let operators = body.get_operators_reader()?.into_iter_with_offsets();
    operators.collect()
}

/// What wasm-bindgen's own section said of where it put each instruction: pairs of numbers of four bytes.
pub(crate) fn transform(content: &[u8]) -> Vec<(u32, u32)> {
    let (pairs, _) = content.as_chunks::<8>();
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
    };
    pairs
        .iter()
        .map(|pair| (number(&pair[..4]), number(&pair[4..])))
        .collect()
}
