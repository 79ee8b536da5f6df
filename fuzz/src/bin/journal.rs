//! Fuzzes what reads journals: a journal of calls leads where the calls did; one whose
//! arguments, lengths or results are wrong is refused, at a cost that it is worth; and one
//! of which anything was changed is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recover_fuzz::allocated::within;
use recover_fuzz::states::{Lists, Shape};
use recover_runtime::persist::State;
use recover_runtime::persist::fuzzing::{Args, Codec, Ended, Refused, entry, replayed};

/// As generated code has them, for `Lists`.
const TABLE: [fn(&mut Lists, &mut Args<'_>) -> Option<bool>; 4] = [
    |state, args| {
        let name = Codec::<String>::decode(args)?;
        let times = Codec::<u8>::decode(args)?;
        state.name(name, times);
        Some(true)
    },
    |state, args| {
        let bytes = Codec::<Vec<u8>>::decode(args)?;
        Some(state.replace(&bytes).is_ok())
    },
    |state, args| {
        let shape = Codec::<Shape>::decode(args)?;
        let number = Codec::<f64>::decode(args)?;
        state.reshape(shape, number);
        Some(true)
    },
    |state, args| {
        let other = Codec::<Lists>::decode(args)?;
        state.merge(other);
        Some(true)
    },
];

/// The most that `TABLE` makes of an argument: `name` repeats it.
const COPIES: usize = 4;

fuzz_target!(|input: &[u8]| {
    let [how, place, by, rest @ ..] = input else {
        return;
    };
    match how % 4 {
        0 => drop(run(rest)),
        1 => hostile(rest),
        2 => honest(rest),
        _ => changed(rest, usize::from(*place), (*by).max(1)),
    }
});

fn run(journal: &[u8]) -> (Lists, Ended) {
    within(journal.len() * COPIES, || {
        let mut state = Lists::default();
        let ended = replayed(&mut state, journal, &TABLE);
        (state, ended)
    })
}

/// A buffer to encode into: an empty one stands for an entry that is not to be.
fn begun() -> Vec<u8> {
    vec![0]
}

/// Entries with right checksums and whatever else.
fn hostile(mut input: &[u8]) {
    let mut journal = Vec::new();
    while let [replay, length, rest @ ..] = input {
        let (args, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        let mut entry = entry(u32::from(*replay) % 6, args, replay & 128 == 0);
        if replay & 64 != 0 && args.len() >= 4 {
            // A length that lies.
            entry[..4].copy_from_slice(&args[..4]);
        }
        journal.extend(entry);
        input = rest;
    }
    let (state, _) = run(&journal);
    // However it ended, the state is one.
    let mut bytes = begun();
    state.encode(&mut bytes);
    assert_eq!(Lists::decode(&bytes[1..]), Some(state));
}

/// Calls that were made, with their journal, and where they led.
fn calls(mut input: &[u8]) -> (Lists, Vec<u8>) {
    let (mut state, mut journal) = (Lists::default(), Vec::new());
    while let [call, length, rest @ ..] = input {
        let (data, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        let number = *call % 4;
        let mut args = begun();
        let mut well = true;
        match number {
            0 => {
                let name = String::from_utf8_lossy(data);
                Codec::<String>::encode(&*name, &mut args);
                Codec::<u8>::encode(length, &mut args);
                state.name(name.into_owned(), *length);
            }
            1 => {
                Codec::<Vec<u8>>::encode(data, &mut args);
                well = state.replace(data).is_ok();
            }
            2 => {
                let wide = data
                    .iter()
                    .fold(0, |sum, &byte| (sum << 8) | u128::from(byte));
                let shape = match *length % 3 {
                    0 => Shape::New(Box::new(Shape::Pair(-1, "one".to_owned()))),
                    _ => Shape::Named { at: None, wide },
                };
                let number = f64::from_bits(wide as u64);
                Codec::<Shape>::encode(&shape, &mut args);
                Codec::<f64>::encode(&number, &mut args);
                state.reshape(shape, number);
            }
            _ => {
                let Some(other) = Lists::decode(data) else {
                    input = rest;
                    continue;
                };
                Codec::<Lists>::encode(&other, &mut args);
                state.merge(other);
            }
        }
        journal.extend(entry(number.into(), &args[1..], well));
        input = rest;
    }
    (state, journal)
}

/// The journal of calls leads where they did.
fn honest(input: &[u8]) {
    let (state, journal) = calls(input);
    assert_eq!(run(&journal), (state, Ended::Well));
}

/// A byte of the journal is another.
fn changed(input: &[u8], place: usize, by: u8) {
    let (_, mut journal) = calls(input);
    if journal.is_empty() {
        return;
    }
    let place = place % journal.len();
    journal[place] ^= by;
    let (_, ended) = run(&journal);
    let refused = matches!(ended, Ended::Refused(Refused::Checksum | Refused::Length));
    assert!(refused, "byte {place} was changed: {ended:?}");
}
