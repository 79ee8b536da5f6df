//! The inputs' files and the calls they stand for: what every test of them shares.
#![allow(dead_code)] // each test uses a part

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gauntlet_core::{
    DecodeError, HpackDecoder, Node, bcder_integers, bcder_is_rsa, bcder_octets, bcder_oid,
    bcder_skip, blurhash_decode, hpack_decode, protobuf2_bytes, protobuf2_track,
    protobuf3_timestamp, quick_xml_elements, serde_yaml_rewrite, serde_yaml_shape,
    yaml_rust_outline, yaml_rust_rewrite,
};
use serde::Deserialize;

/// The faulty blurhash rounds up to one step higher than the format says.
const TOLERANCE: u8 = 1;

#[derive(Deserialize)]
pub(crate) struct File {
    pub(crate) target: String,
    pub(crate) version: String,
    pub(crate) inputs: Vec<Input>,
}

#[derive(Deserialize)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) call: String,
    #[serde(default)]
    pub(crate) args: Option<(String, u32, u32)>,
    #[serde(default)]
    pub(crate) on: String,
    #[serde(default)]
    pub(crate) table: usize,
    #[serde(default)]
    pub(crate) hex: Text,
    #[serde(default)]
    pub(crate) text: Text,
    #[serde(default)]
    pub(crate) utf8: Text,
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) site: OneOrMore<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) requested: OneOrMore<usize>,
    #[serde(default)]
    pub(crate) answer: Option<Text>,
    #[serde(default)]
    pub(crate) refused: Option<String>,
    #[serde(default)]
    pub(crate) pixels: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Hostile,
    Valid,
}

/// What is the same everywhere, or else each of what it can be. A panic's line, say,
/// differs where checked arithmetic gets there first.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T> Default for OneOrMore<T> {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl<T: PartialEq> OneOrMore<T> {
    pub(crate) fn allows(&self, got: &T) -> bool {
        match self {
            Self::One(one) => one == got,
            Self::More(any) => any.contains(got),
        }
    }
}

/// A text, or the pieces to make a large one of.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    Whole(String),
    Pieces(Vec<Piece>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Piece {
    Once(String),
    Repeat { repeat: String, times: usize },
}

impl Default for Text {
    fn default() -> Self {
        Self::Whole(String::new())
    }
}

impl Text {
    pub(crate) fn make(&self) -> String {
        match self {
            Self::Whole(text) => text.clone(),
            Self::Pieces(pieces) => pieces.iter().map(Piece::make).collect(),
        }
    }
}

impl Piece {
    fn make(&self) -> String {
        match self {
            Self::Once(text) => text.clone(),
            Self::Repeat { repeat, times } => repeat.repeat(*times),
        }
    }
}

/// Every file of inputs, by its name without the ending.
pub(crate) const FILES: [&str; 10] = [
    "bcder",
    "blurhash",
    "hpack",
    "protobuf-2",
    "protobuf-3",
    "quick-xml",
    "serde_yaml",
    "serde_yaml-guarded",
    "yaml-rust",
    "yaml-rust-guarded",
];

pub(crate) fn load(name: &str) -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../inputs/{name}.json"));
    let text = fs::read_to_string(path).expect("the inputs are checked in");
    serde_json::from_str(&text).expect("the inputs are well-formed")
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).expect("a hex digit") as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

pub(crate) type Sessions = BTreeMap<String, HpackDecoder>;

/// Makes the call an input stands for; octets come back as they are.
pub(crate) fn call(input: &Input, sessions: &mut Sessions) -> Result<Vec<u8>, DecodeError> {
    let octets = unhex(&input.hex.make());
    let text = input.text.make();
    let answer = match input.call.as_str() {
        "blurhash_decode" => {
            let (hash, width, height) = input.args.as_ref().expect("a hash and dimensions");
            return blurhash_decode(hash, *width, *height);
        }
        "hpack_decode" => hpack_decode(&octets),
        "session" => sessions
            .entry(input.on.clone())
            .or_insert_with(|| HpackDecoder::new(input.table))
            .decode(&octets),
        "bcder_oid" => bcder_oid(&octets),
        "bcder_integers" => bcder_integers(&octets),
        "bcder_octets" => bcder_octets(&octets),
        "bcder_skip" => bcder_skip(&octets).map(|taken| taken.to_string()),
        "bcder_is_rsa" => bcder_is_rsa(&octets).map(|yes| yes.to_string()),
        "yaml_rust_rewrite" => yaml_rust_rewrite(&text),
        "yaml_rust_outline" => yaml_rust_outline(&text),
        "serde_yaml_shape" => serde_yaml_shape::<Node>(&text),
        "serde_yaml_rewrite" => serde_yaml_rewrite(&text),
        "protobuf3_timestamp" => protobuf3_timestamp(&octets),
        "protobuf2_bytes" => protobuf2_bytes(&octets),
        "protobuf2_track" => protobuf2_track(&octets),
        "quick_xml_elements" => quick_xml_elements(input.utf8.make().as_bytes()),
        other => panic!("no call named {other}"),
    };
    answer.map(String::into_bytes)
}

pub(crate) fn is_near(got: &[u8], want: &[u8]) -> bool {
    let near = |(got, want): (&u8, &u8)| got.abs_diff(*want) <= TOLERANCE;
    got.len() == want.len() && got.iter().zip(want).all(near)
}

/// Whether the answer, or the refusal, is the one the input's file states.
pub(crate) fn is_right(input: &Input, got: &Result<Vec<u8>, DecodeError>) -> bool {
    match (got, &input.refused, &input.pixels, &input.answer) {
        (Err(error), Some(refused), ..) => error.to_string() == *refused,
        (Ok(octets), None, Some(pixels), _) => is_near(octets, &unhex(pixels)),
        (Ok(octets), None, None, Some(answer)) => octets == answer.make().as_bytes(),
        _ => false,
    }
}
