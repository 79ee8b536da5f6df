use super::*;

/// An import `m` `f`, and two exports, `e` and one of a name, of types that are numbers.
fn wasm(import: u8, export: u8, name: u8) -> Vec<u8> {
    [
        &b"\0asm\x01\0\0\0"[..],
        &[1, 9, 2, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7e, 0],
        &[2, 7, 1, 1, b'm', 1, b'f', 0, import],
        &[3, 3, 2, export, 0],
        &[7, 9, 2, 1, b'e', 0, 1, 1, name, 0, 2],
        &[10, 7, 2, 2, 0, 0x0b, 2, 0, 0x0b],
    ]
    .concat()
}

struct Face {
    own: String,
    needs: BTreeSet<String>,
    calls: BTreeSet<String>,
    spare: BTreeSet<String>,
}

impl Face {
    /// As `js/upgrade.js` asks.
    fn takes(&self, next: &Face) -> bool {
        let given = &next.calls | &next.spare;
        next.needs.is_subset(&self.needs) && self.calls.is_subset(&given)
    }
}

fn face(wasm: &[u8], glue: &str, other: (&str, &str)) -> Face {
    let files = |path: &str, text: &str| BTreeMap::from([(path.to_owned(), text.to_owned())]);
    let stamped = stamped(wasm, &files("x.js", glue), &files(other.0, other.1)).unwrap();
    assert!(stamped.starts_with(wasm), "what was there keeps its place");
    for payload in WasmParser::new(0).parse_all(&stamped) {
        if let Payload::CustomSection(section) = payload.unwrap()
            && section.name() == SECTION
        {
            let text = String::from_utf8(section.data().to_vec()).unwrap();
            let lines: Vec<_> = text.split('\n').collect();
            let [own, needs, calls, spare] = *lines else {
                panic!("not four lines: {text}");
            };
            let set = |line: &str| {
                let parts = line.as_bytes().chunks(8);
                parts
                    .map(|part| String::from_utf8_lossy(part).into_owned())
                    .collect()
            };
            let own = own.to_owned();
            return Face {
                own,
                needs: set(needs),
                calls: set(calls),
                spare: set(spare),
            };
        }
    }
    panic!("no section");
}

const GLUE: &str = "\
import { a, b as c } from './snippets/app-0123456789abcdef/js/a.js';
const { d, f: g } = __recover_host;
function __recover_make_imports() {
    const import0 = {
        __proto__: null,
        __wbg_log: function(arg0) { console.log(arg0); },
        __wbg_warn: function(arg0) { console.warn(arg0); },
    };
    return { __proto__: null, './x_bg.js': import0 };
}
function helper() {}
wasm.e(1, { own: '3a0', });
";
const OTHER: (&str, &str) = (
    "snippets/app-0123456789abcdef/js/a.js",
    "export const a = 1;",
);

fn plain() -> Face {
    face(&wasm(0, 1, b'z'), GLUE, OTHER)
}

#[test]
fn builds_that_differ_in_what_the_glue_does_not_need_have_one_face() {
    assert_eq!(plain().own, "3a0");
    // Other frames, other comments and spaces, another version of the crate; an export that the glue does not name.
    let glue = GLUE
        .replace("3a0", "4b")
        .replace("0123456789abcdef", "fedcba9876543210")
        .replace("console.log(arg0);", "\n// It tells.\nconsole.log( arg0 );")
        .replace("wasm.e", "/** It calls. */\nwasm.e")
        .replace(
            "function helper",
            "/** It has its own: 'x'. */\nfunction helper",
        );
    let path = OTHER.0.replace("0123456789abcdef", "fedcba9876543210");
    let same = face(&wasm(0, 1, b'y'), &glue, (&path, OTHER.1));
    assert_eq!(same.own, "4b");
    assert!(plain().takes(&same) && same.takes(&plain()));
}

#[test]
fn a_module_that_needs_less_takes_the_place_but_not_the_other_way_round() {
    for part in [
        "__wbg_warn: function(arg0) { console.warn(arg0); },",
        ", b as c",
        ", f: g",
        "function helper() {}",
    ] {
        assert!(GLUE.contains(part), "{part}");
        let less = face(&wasm(0, 1, b'z'), &GLUE.replace(part, ""), OTHER);
        assert!(plain().takes(&less), "{part}");
        assert!(!less.takes(&plain()), "{part}");
    }
}

#[test]
fn what_the_glue_or_the_module_says_otherwise_is_another_face() {
    let others = [
        face(&wasm(1, 1, b'z'), GLUE, OTHER),
        face(&wasm(0, 0, b'z'), GLUE, OTHER),
        face(&wasm(0, 1, b'z'), &GLUE.replace("e(1", "e(2"), OTHER),
        face(
            &wasm(0, 1, b'z'),
            &GLUE.replace("console.log", "console.info"),
            OTHER,
        ),
        face(&wasm(0, 1, b'z'), GLUE, (OTHER.0, "export const a = 2;")),
        face(&wasm(0, 1, b'z'), GLUE, ("snippets/b.js", OTHER.1)),
    ];
    for other in others {
        assert!(!plain().takes(&other));
    }
}

#[test]
fn glue_that_does_not_parse_is_refused_by_its_path() {
    let glue = BTreeMap::from([("x.js".to_owned(), "const = 1".to_owned())]);
    let error = stamped(&wasm(0, 0, b'z'), &glue, &BTreeMap::new()).unwrap_err();
    assert!(error.to_string().contains("x.js"), "{error}");
}
