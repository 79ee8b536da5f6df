use super::*;

fn only(line: &str) -> Option<(Function, Option<u32>)> {
    let mut lines = lines(line);
    assert_eq!(lines.len(), 1);
    let line = lines.remove(0);
    line.wasm.map(|wasm| (wasm.function, wasm.offset))
}

fn index(index: u32, offset: Option<u32>) -> Option<(Function, Option<u32>)> {
    Some((Function::Index(index), offset))
}

#[test]
fn frames_of_every_engine_are_read() {
    for line in [
        "    at wasm://wasm/app-0a1b2c:wasm-function[12]:0x1267",
        "    at app::put (wasm://wasm/app-0a1b2c:wasm-function[12]:0x1267)",
        "    at http://localhost:8080/app_bg.wasm:wasm-function[12]:0x1267",
        "    at async app::put (file:///a/app_bg.wasm:wasm-function[12]:0x1267)",
        "@http://localhost:8080/app_bg.wasm:wasm-function[12]:0x1267",
        "app::put@http://localhost:8080/app_bg.wasm:wasm-function[12]:0x1267",
        "@http://127.0.0.1:38339/a.mjs line 19 > WebAssembly.Module:wasm-function[12]:0x1267",
    ] {
        assert_eq!(only(line), index(12, Some(0x1267)), "{line}");
    }
    for line in [
        "<?>.wasm-function[12]@[wasm code]",
        "wasm-function[12]@[wasm code]",
        "    at <?>.wasm-function[12] ([wasm code])",
        // Of Bun's `Error.prepareStackTrace`; its own text of a stack tells nothing.
        ".wasm-function[12] (native)",
    ] {
        assert_eq!(only(line), index(12, None), "{line}");
    }
    // Deno tells no function, and of a module that it fetched the offset as a column.
    for line in [
        "    at app::put (file:///a/pkg/app_bg.wasm:1:4712)",
        "    at file:///a/pkg/app_bg.wasm:1:4712",
    ] {
        assert_eq!(
            only(line),
            Some((Function::Unknown, Some(0x1267))),
            "{line}"
        );
    }
    let line = "    at app::put (file:///a/app.js:wasm-function[0]:0x1267)";
    assert_eq!(only(line), Some((Function::Unknown, Some(0x1267))));
    let named =
        only("<?>.wasm-function[<app::List<[u8; 3]> as core::ops::Drop>::drop]@[wasm code]");
    let name = "<app::List<[u8; 3]> as core::ops::Drop>::drop".to_owned();
    assert_eq!(named, Some((Function::Name(name), None)));
}

#[test]
fn other_lines_are_no_frames_of_a_module() {
    for line in [
        "PanicError: wasm-function is a word",
        "    at Room.join (file:///a/app.js:10:7)",
        "Room.join@http://localhost/app.js:10:7",
        "    at wasm-function[]:0x12",
        // A message.
        "    at wasm-function[7]:0x77",
        "    at f (file:///a/app_bg.wasm:2:4712)",
        "    at f (file:///a/app_bg.wasm:1:0)",
        "    at wasm-function[12",
        "    at wasm-function[99999999999]:0x12",
    ] {
        assert_eq!(only(line), None, "{line}");
    }
}

#[test]
fn lines_stay_as_they_were() {
    let text = "Error: no\n    at f (a.js:1:2)\n    at wasm://wasm/a:wasm-function[1]:0x2";
    let all: Vec<_> = lines(text).into_iter().map(|line| line.text).collect();
    assert_eq!(all.join("\n"), text);
}
