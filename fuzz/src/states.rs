//! States as users have them: what their classes hold, and calls that change it. Each is
//! a class by the real macro, so what reads it is what reads a user's.

use recover_runtime::recoverable;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// A number that is equal to itself whatever its bits.
#[derive(Serialize, Deserialize, Default, Debug, Clone, Copy)]
#[serde(transparent)]
pub struct Bits<T>(pub T);

impl PartialEq for Bits<f64> {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl PartialEq for Bits<f32> {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// One of each kind of variant.
#[derive(Serialize, Deserialize, Default, Debug, Clone, PartialEq)]
pub enum Shape {
    /// Nothing.
    #[default]
    Unit,
    /// Another.
    New(Box<Shape>),
    /// Two.
    Pair(i16, String),
    /// By name.
    Named {
        /// Perhaps.
        at: Option<Bits<f64>>,
        /// Much.
        wide: u128,
    },
}

/// Lists and scalars.
#[recoverable(persist = "journal", version = 7)]
#[derive(Serialize, Deserialize, Default, Debug, Clone, PartialEq)]
pub struct Lists {
    names: Vec<String>,
    nested: VecDeque<Vec<u64>>,
    wide: Vec<u128>,
    nothing: Vec<()>,
    number: Bits<f64>,
    small: Option<Bits<f32>>,
    letter: char,
    signed: (i8, i64, i128),
    bytes: Vec<u8>,
    shape: Shape,
    text: Option<Box<str>>,
    array: [Option<bool>; 3],
}

impl Lists {
    /// Adds a name, some times.
    pub fn name(&mut self, name: String, times: u8) {
        self.names
            .extend(std::iter::repeat_n(name, usize::from(times % 4)));
    }

    /// Replaces bytes, and fails where there are none.
    pub fn replace(&mut self, bytes: &[u8]) -> Result<(), ()> {
        self.bytes = bytes.to_vec();
        if bytes.is_empty() { Err(()) } else { Ok(()) }
    }

    /// Takes another shape.
    pub fn reshape(&mut self, shape: Shape, number: f64) {
        self.shape = shape;
        self.number = Bits(number);
    }

    /// Takes another in.
    pub fn merge(&mut self, other: Lists) {
        self.wide.extend(other.wide);
        self.nested.extend(other.nested);
    }
}

/// Maps and sets.
#[recoverable(persist = "snapshot")]
#[derive(Serialize, Deserialize, Default, Debug, Clone, PartialEq)]
pub struct Maps {
    sorted: BTreeMap<String, Vec<u8>>,
    hashed: HashMap<u32, [u64; 4]>,
    set: BTreeSet<Vec<bool>>,
    deep: BTreeMap<u8, BTreeMap<u8, HashMap<u8, String>>>,
    units: BTreeMap<(), ()>,
}

/// Nests without end.
#[recoverable(persist = "journal", snapshot_every = 3)]
#[derive(Serialize, Deserialize, Default, Debug, Clone, PartialEq)]
pub struct Tree {
    value: i32,
    next: Option<Box<Tree>>,
    children: Vec<Tree>,
    by_name: HashMap<u8, Tree>,
}

/// As it was first.
#[derive(Deserialize)]
pub struct DatedV1 {
    days: Vec<u64>,
    notes: Vec<String>,
}

/// And then.
#[derive(Deserialize)]
pub struct DatedV2 {
    days: BTreeSet<u64>,
    notes: BTreeMap<u32, String>,
    shape: Shape,
}

fn from_v1(before: DatedV1) -> DatedV2 {
    DatedV2 {
        days: before.days.into_iter().collect(),
        notes: (0..).zip(before.notes).collect(),
        shape: Shape::Unit,
    }
}

fn from_v2(before: DatedV2) -> Result<Dated, String> {
    match before.days.last() {
        Some(day) if *day > 1 << 40 => Err(format!("there is no day {day}")),
        _ => Ok(Dated {
            notes: before.notes.into_values().collect(),
            days: before.days.into_iter().map(|day| day + 1).collect(),
            shape: before.shape,
        }),
    }
}

/// Has been two others.
#[recoverable(persist = "journal", version = 3, migrate(from_v1, from_v2))]
#[derive(Serialize, Deserialize, Default, Debug, Clone, PartialEq)]
pub struct Dated {
    notes: Vec<String>,
    days: Vec<u64>,
    shape: Shape,
}
