//! Modules that are joined, and what of them is left.

use super::*;

const SMALL: Shape = Shape {
    small: true,
    own: false,
};

fn module(file: &str, text: &str, wanted: &[&str]) -> Module {
    Module {
        file: file.to_owned(),
        text: text.to_owned(),
        wanted: wanted.iter().map(|&name| name.to_owned()).collect(),
    }
}

#[test]
fn modules_are_joined_and_a_name_of_two_stays_apart() {
    let modules = [
        module(
            "b.js",
            "import { Hidden as Shown } from './a.js';\nlet state = 'of b';\nexport function tell() { state += '!'; return [new Shown(), state]; }\nexport function spare() { return 'never'; }\n",
            &["tell"],
        ),
        module(
            "a.js",
            "let state = 'of a';\nexport const set = (/** @type {string} */ to) => { state = to; return state; };\nclass Thing { constructor() { this.thing = 1; } }\nexport { Thing as Hidden };\n",
            &["set", "Hidden"],
        ),
    ];
    let (code, map) = bundled(&modules, "all.js", "", SMALL).unwrap();
    for kept in ["of a", "of b", "as tell", "as set", "as Hidden"] {
        assert!(code.contains(kept), "{kept}: {code}");
    }
    assert!(
        !code.contains("never") && !code.contains("import"),
        "{code}"
    );
    assert!(
        code.ends_with("\n//# sourceMappingURL=all.js.map\n"),
        "{code}"
    );
    let map = oxc_sourcemap::SourceMap::from_json_string(&map).unwrap();
    assert_eq!(map.get_sources().collect::<Vec<_>>(), ["b.js", "a.js"]);
    let column = code.find("of b").unwrap() as u32 - 1;
    let table = map.generate_lookup_table();
    let token = map.lookup_source_view_token(&table, 0, column).unwrap();
    assert_eq!(
        (token.get_source(), token.get_src_line()),
        (Some("b.js"), 1)
    );
}

#[test]
fn each_caller_of_host_has_modules_of_its_own() {
    let text = "let state = 0;\nexport const next = () => {\n  state += 1;\n  return state;\n};\nexport const spare = () => 'never';\n";
    let modules = [module("a.js", text, &["next"])];
    for small in [true, false] {
        let shape = Shape { small, own: true };
        let (code, map) = bundled(&modules, "all.js", "", shape).unwrap();
        assert!(code.starts_with("export function host"), "{code}");
        assert_eq!(code.contains("never"), !small, "{code}");
        let map = oxc_sourcemap::SourceMap::from_json_string(&map).unwrap();
        let place = code.find("+=").map(|at| &code[..at]).unwrap_or_else(|| {
            let at = code.find("++").unwrap();
            &code[..at]
        });
        let line = lines(place);
        let column = place.rsplit('\n').next().unwrap().len() as u32;
        let table = map.generate_lookup_table();
        let token = map.lookup_source_view_token(&table, line, column).unwrap();
        assert_eq!(token.get_src_line(), 2, "{code}");
    }
}

#[test]
fn members_that_nobody_names_go_with_what_they_need() {
    let text = "const spare = () => 'never';\nexport class Gate {\n  enter() { return links.used; }\n  stale() { return links.stale(); }\n}\nconst links = {\n  used: 'used',\n  stale: () => spare(),\n};\n";
    let modules = [module("a.js", text, &["Gate"])];
    let (code, _) = bundled(&modules, "all.js", "gate.enter()", SMALL).unwrap();
    assert!(code.contains("enter(") && code.contains("used"), "{code}");
    assert!(!code.contains("stale") && !code.contains("never"), "{code}");
    let (code, _) = bundled(&modules, "all.js", "gate.stale()", SMALL).unwrap();
    assert!(!code.contains("enter(") && code.contains("never"), "{code}");
}

#[test]
fn a_member_of_the_same_name_as_what_it_stands_for_is_no_use_of_it() {
    let text = "function spare() { return 'never'; }\nexport class Gate {\n  enter() { const { asked } = links; return asked; }\n}\nconst links = { spare, asked: 1, last: 2 };\n";
    let modules = [module("a.js", text, &["Gate"])];
    let (code, _) = bundled(&modules, "all.js", "gate.enter()", SMALL).unwrap();
    assert!(code.contains("asked"), "{code}");
    assert!(!code.contains("never") && !code.contains("last"), "{code}");
}

#[test]
fn what_only_the_modules_ask_for_gets_a_short_name_and_nothing_else() {
    let text = "const links = { textAt: (a) => a, renew() { return 'renewed'; }, report: 1 };\nexport class Gate {\n  enter() { const { textAt: at } = links; return [at(this.abandoned), links.renew(), links.report, this.a]; }\n}\n";
    let module = module("a.js", text, &["Gate"]);
    let (code, map) = bundled(&[module], "all.js", "gate.enter(); x.renew();", SMALL).unwrap();
    for gone in ["textAt", "abandoned"] {
        assert!(!code.contains(gone), "{gone}: {code}");
    }
    for kept in ["renew(", "`renewed`", "report", "enter(", ".a]"] {
        assert!(code.contains(kept), "{kept}: {code}");
    }
    assert!(map.contains("textAt"), "the source is as it was");
}

#[test]
fn what_cannot_be_joined_is_said() {
    let refused = |modules: &[Module], why: &str| {
        let error = bundled(modules, "all.js", "", SMALL).unwrap_err();
        assert!(error.contains(why), "{error}");
    };
    refused(
        &[module("a.js", "export const = 1;", &[])],
        "a.js: it does not parse",
    );
    refused(&[module("a.js", "", &["gone"])], "it exports no gone");
    let circle = [
        module(
            "a.js",
            "import { b } from './b.js';\nexport const a = b;",
            &[],
        ),
        module(
            "b.js",
            "import { a } from './a.js';\nexport const b = a;",
            &[],
        ),
    ];
    refused(&circle, "in a circle");
    for short in [
        "let state = 2;\nexport const of = { state };",
        "const { state } = globalThis;\nexport const of = () => state;",
        "const [{ state = 3 }] = [{}];\nexport const of = () => state;",
    ] {
        let short = [
            module("a.js", "export let state = 1;", &["state"]),
            module("b.js", short, &["of"]),
        ];
        refused(&short, "write it out");
    }
    let global = [
        module("a.js", "export let report = 1;", &["report"]),
        module("b.js", "export const of = () => report;", &["of"]),
    ];
    refused(&global, "declared by another module");
}
