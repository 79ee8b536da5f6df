use super::*;
use crate::sections::{custom, push};

/// A coredump of two pages, with a word at an address of the second one.
fn dump(at: u32, word: u32, own: &str) -> Vec<u8> {
    let mut dump = b"\0asm\x01\0\0\0".to_vec();
    dump.extend(custom("core", b"\0\x03app"));
    // A frame of the function 7, at 3 in it, with a local that is missing.
    dump.extend(custom(
        "corestack",
        &[0, 4, b'm', b'a', b'i', b'n', 1, 0, 0, 7, 3, 1, 1, 0],
    ));
    if !own.is_empty() {
        dump.extend(custom(OURS, own.as_bytes()));
    }
    dump.extend([5, 3, 1, 0, 2]);
    let mut data = vec![1, 0, 0x41];
    // Below 2 ** 31, so that a number without a sign is the same, with a byte more.
    let mut address = vec![];
    push(&mut address, at.into());
    *address.last_mut().unwrap() |= 0x80;
    address.push(0);
    data.extend(address);
    data.extend([0x0b, 4]);
    data.extend(word.to_le_bytes());
    dump.push(11);
    push(&mut dump, data.len() as u64);
    dump.extend(data);
    dump
}

#[test]
fn objects_have_the_state_that_the_memory_says() {
    for (word, expected) in [
        (0, "free"),
        (1 << 31, "held by a call that may write"),
        (1 << 30, "poisoned"),
        (1 << 29, "gone"),
        (2, "held by 2 that read"),
    ] {
        let own = r#"{"version":1,"build":"0a1b","objects":[{"class":"Room","pointer":70000,"state":70008}]}"#;
        let bytes = dump(70008, word, own);
        let core = Core::read(&bytes, "c").unwrap();
        assert_eq!(core.build(), Some("0a1b"));
        let objects = core.objects(&bytes);
        assert_eq!(objects.len(), 1);
        assert_eq!((&*objects[0].class, objects[0].pointer), ("Room", 70000));
        assert_eq!(objects[0].state.as_ref().unwrap().to_string(), expected);
    }
    // A page that is not in the file held zeros; one that is not in the memory, nothing.
    let own = |at: u32| {
        format!(r#"{{"version":1,"objects":[{{"class":"A","pointer":8,"state":{at}}}]}}"#)
    };
    let state = |at| {
        let bytes = dump(70008, 7, &own(at));
        let core = Core::read(&bytes, "c").unwrap();
        core.objects(&bytes)
            .remove(0)
            .state
            .map(|it| it.to_string())
    };
    assert_eq!(state(16).as_deref(), Some("free"));
    assert_eq!(state(131_072), None);
    assert_eq!(state(u32::MAX), None);
}

#[test]
fn the_bits_are_those_of_the_runtimes_cells() {
    let cell = include_str!("../../../recover-runtime/src/base/cell.rs");
    for line in [
        "const EXCLUSIVE: u32 = 1 << 31;",
        "const POISONED: u32 = 1 << 30;",
        "const GONE: u32 = 1 << 29;",
        "const LENT: u32 = 1 << 27;",
        "const READERS: u32 = LENT - 1;",
    ] {
        assert!(cell.contains(line), "{line}");
    }
}

#[test]
fn the_stack_is_in_offsets_of_the_module_or_of_functions() {
    let bytes = dump(4, 0, "");
    let core = Core::read(&bytes, "c").unwrap();
    let stack = core.stack(|index, offset| Some(1000 * index + offset));
    assert_eq!(stack.lines[0].text, "    at wasm-function[7]:0x1b5b");
    let own = r#"{"version":1,"frames":[[9,16],[4,-1]]}"#;
    let bytes = dump(4, 0, own);
    let stack = Core::read(&bytes, "c").unwrap().stack(|_, _| None);
    let lines: Vec<_> = stack.lines.iter().map(|line| &*line.text).collect();
    assert_eq!(
        lines,
        ["    at wasm-function[9]:0x10", "    at wasm-function[4]"]
    );
}

#[test]
fn what_is_no_coredump_is_refused_in_one_line() {
    let whole = dump(70008, 1, "{\"version\":1}");
    let other = dump(4, 0, "{\"version\":2}");
    let module = &whole[..8];
    for bytes in [&b"hello"[..], b"", module, &other] {
        let error = Core::read(bytes, "c.wasm").unwrap_err();
        assert!(error.to_string().starts_with("c.wasm"), "{error}");
        assert_eq!(
            (error.to_string().lines().count(), error.exit_code()),
            (1, 2)
        );
    }
    // Cut anywhere, or with any byte changed, it is read or refused.
    for at in 0..whole.len() {
        let _ = Core::read(&whole[..at], "c");
        for bit in [1, 0x40, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= bit;
            if let Ok(core) = Core::read(&changed, "c") {
                core.objects(&changed);
            }
        }
    }
}

/// A coredump of so many pages, with these segments of data, and objects with these states.
fn large(pages: u64, segments: &[(u32, u8)], states: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut dump = b"\0asm\x01\0\0\0".to_vec();
    dump.extend(custom("core", b"\0\x03app"));
    let objects: Vec<_> = states
        .map(|at| format!(r#"{{"class":"A","pointer":8,"state":{at}}}"#))
        .collect();
    let own = format!(r#"{{"version":1,"objects":[{}]}}"#, objects.join(","));
    dump.extend(custom(OURS, own.as_bytes()));
    let mut memory = vec![1, 4];
    push(&mut memory, pages);
    let mut data = vec![];
    push(&mut data, segments.len() as u64);
    for (at, byte) in segments {
        // Five bytes, the last of which has the sign.
        let last = (*at >> 28) as u8;
        let sign = if last & 8 == 0 { 0 } else { 0x70 };
        let groups = [0, 7, 14, 21].map(|by| (*at >> by) as u8 | 0x80);
        data.extend([0, 0x41]);
        data.extend(groups);
        data.extend([last | sign, 0x0b, 1, *byte]);
    }
    for (id, content) in [(5, memory), (11, data)] {
        dump.push(id);
        push(&mut dump, content.len() as u64);
        dump.extend(content);
    }
    dump
}

#[test]
fn many_objects_and_segments_take_no_time_of_their_product() {
    let segments: Vec<_> = (0..50_000).rev().map(|at| (at * 4 + 3, 0x20)).collect();
    let bytes = large(65_536, &segments, (0..50_000).map(|at| at * 4));
    let began = std::time::Instant::now();
    let core = Core::read(&bytes, "c").unwrap();
    let objects = core.objects(&bytes);
    assert!(
        objects
            .iter()
            .all(|it| it.state == Some(State::of(1 << 29)))
    );
    assert_eq!(objects.len(), 50_000);
    assert!(
        began.elapsed().as_secs() < 5,
        "{} ms",
        began.elapsed().as_millis()
    );
}

#[test]
fn a_memory_that_no_instance_has_is_refused() {
    let last = [u32::MAX - 3, u32::MAX - 2, u32::MAX];
    let whole = large(65_536, &[(u32::MAX, 0x20)], last.into_iter());
    let states = Core::read(&whole, "c").unwrap().objects(&whole);
    let states: Vec<_> = states.into_iter().map(|it| it.state).collect();
    assert_eq!(states, [Some(State::of(1 << 29)), None, None]);
    let more = large(65_537, &[], last.into_iter());
    let twice = large(1, &[(8, 1), (4, 1), (8, 2)], [8].into_iter());
    for (bytes, why) in [(more, "4294967296"), (twice, "overlap")] {
        let error = Core::read(&bytes, "c.wasm").unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(
            (error.to_string().lines().count(), error.exit_code()),
            (1, 2)
        );
    }
}
