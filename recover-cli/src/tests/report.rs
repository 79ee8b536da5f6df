use super::*;

fn one(text: &str) -> Result<Input, String> {
    let mut all = inputs(text, "r.json").map_err(|error| error.to_string())?;
    assert_eq!(all.len(), 1);
    Ok(all.remove(0))
}

#[test]
fn a_report_has_its_build_its_title_and_its_frames() {
    let input = one(
        r#"{ "version": 1, "build": "0A1b", "name": "PanicError", "message": "no", "frames": [[12, 4711], [3, -1], [-1, 7]] }"#,
    )
    .unwrap();
    assert_eq!(input.build.as_deref(), Some("0a1b"));
    assert_eq!(input.title.as_deref(), Some("PanicError: no"));
    let frames: Vec<_> = input
        .lines
        .iter()
        .filter_map(|line| line.wasm.clone())
        .collect();
    let of = |function, offset| Wasm { function, offset };
    let expected = [
        of(Function::Index(12), Some(4711)),
        of(Function::Index(3), None),
        of(Function::Unknown, Some(7)),
    ];
    assert_eq!(frames, expected);
    assert_eq!(input.lines[0].text, "    at wasm-function[12]:0x1267");
}

#[test]
fn reports_stand_behind_each_other_or_over_several_lines() {
    let text = "{\"version\":1}\n{\n  \"version\": 1,\n  \"frames\": []\n}\n";
    assert_eq!(inputs(text, "r").unwrap().len(), 2);
    // A report without a build, or without a message, is one.
    let bare = one("{\"version\":1,\"name\":\"PanicError\"}").unwrap();
    assert_eq!(bare.title.as_deref(), Some("PanicError"));
}

#[test]
fn what_is_no_report_is_refused_in_one_line() {
    for (text, part) in [
        ("", "it is empty"),
        ("  \n", "it is empty"),
        ("{", "it is no JSON"),
        ("{}", "it has no version"),
        ("{\"version\":2}", "it is of version 2"),
        ("{\"version\":\"1\"}", "it is of version \"1\""),
        ("{\"version\":1.5}", "it is of version 1.5"),
        ("{\"version\":1,\"build\":7}", "its build is no string"),
        ("{\"version\":1,\"frames\":{}}", "its frames are no array"),
        ("{\"version\":1,\"frames\":[7]}", "`7` is no frame"),
        ("{\"version\":1,\"frames\":[[1]]}", "`[1]` is no frame"),
        ("{\"version\":1,\"frames\":[[1.5,2]]}", "is no frame"),
        ("{\"version\":1,\"frames\":[[1,\"2\"]]}", "is no frame"),
        (
            "{\"version\":1,\"frames\":[[99999999999,2]]}",
            "is no frame",
        ),
        ("{\"version\":1}\n{\"version\":1", "it is no JSON"),
    ] {
        let error = inputs(text, "r.json").unwrap_err();
        let line = error.to_string();
        assert!(
            line.starts_with("r.json: ") && line.contains(part),
            "{text}: {line}"
        );
        assert_eq!((line.lines().count(), error.exit_code()), (1, 2));
    }
}

#[test]
fn whatever_stands_in_a_file_is_read_or_refused() {
    // Not random: each run tries the same.
    let parts = [
        "{\"version\":1,\"frames\":[[1,2]]}",
        "[",
        "{",
        "\"",
        "\u{feff}",
        "\n",
        "wasm-function[",
        "]",
        ":0x",
        "f",
        "9999999999999999999999",
        "\u{1f980}",
        "\\u0000",
        "null",
        ",",
        "\r\n",
        "@[wasm code]",
        "    at ",
    ];
    let mut seed = 7_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..seed % 9 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[(seed >> 33) as usize % parts.len()]);
        }
        seed = seed.wrapping_add(1);
        if let Err(error) = inputs(&text, "f") {
            assert_eq!(error.exit_code(), 2, "{text:?}");
        }
    }
}
