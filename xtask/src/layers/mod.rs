//! The layers of the crates: a file uses its own layer and those below it, and no two
//! files use each other. The table below is the only place that names the layers.
//!
//! A parent that declares its children, or re-exports them, does not use them.

mod graph;
mod source;

use graph::Edges;

/// A crate, and its layers.
pub(crate) struct Crate {
    /// The folder that its root stands in.
    src: &'static str,
    /// Its root.
    root: &'static str,
    /// Its layers, the lowest first, as files and folders of `src`. Where there are
    /// none, the rule is that no two files use each other.
    layers: &'static [&'static [&'static str]],
}

impl Crate {
    /// The crate's folder.
    pub(crate) fn name(&self) -> &str {
        self.src.split('/').next().unwrap_or(self.src)
    }
}

/// The crates of this project.
pub(crate) const CRATES: [Crate; 4] = [
    Crate {
        src: "recover-runtime/src/",
        root: "lib.rs",
        layers: &[
            &["base/"],
            &["host/"],
            &["call/"],
            &["persist/"],
            &["component/"],
            &["object/"],
            &["task/"],
            &["callback/"],
            &["import.rs"],
            &["lifecycle.rs"],
            &["error/"],
            &["generated/"],
            &["lib.rs"],
        ],
    },
    Crate {
        src: "recover-macros/src/",
        root: "lib.rs",
        layers: &[],
    },
    Crate {
        src: "recover-cli/src/",
        root: "main.rs",
        layers: &[
            &["component_error.rs", "error.rs", "sections.rs"],
            &[
                "doctor.rs",
                "declarations.rs",
                "bounds.rs",
                "build_id.rs",
                "debug_info.rs",
                "tests/bounds.rs",
                "copies.rs",
                "tests/copies.rs",
                "invocation.rs",
                "tests/invocation.rs",
                "metadata.rs",
                "migrate.rs",
                "tests/migrate.rs",
                "module.rs",
                "new.rs",
                "tests/new.rs",
                "options.rs",
                "pack.rs",
                "tests/pack.rs",
                "package_json.rs",
                "pins.rs",
                "profile.rs",
                "call.rs",
                "replay.rs",
                "requirement.rs",
                "tests/requirement.rs",
                "rustflags.rs",
                "sections.rs",
                "tests/rustflags.rs",
                "shell.rs",
                "sites.rs",
                "face.rs",
                "tests/face.rs",
                "values.rs",
                "wrapper.rs",
                "tests/options.rs",
                "symbols/",
                "tests/coredump.rs",
                "tests/report.rs",
                "tests/stack.rs",
                "check/",
                "tests/check.rs",
                "test_list.rs",
                "test_report.rs",
                "torture/",
                "command_line.rs",
            ],
            &["facts.rs"],
            &["compile.rs"],
            &[
                "plan.rs",
                "tests/plan.rs",
                "component/",
                "tests/component.rs",
            ],
            &["run/"],
            &["main.rs"],
        ],
    },
    Crate {
        src: "xtask/src/",
        root: "main.rs",
        layers: &[],
    },
];

/// The files of a crate, and what breaks its rules, one line each.
pub(crate) fn broken(
    of: &Crate,
    text: &dyn Fn(&str) -> Option<String>,
) -> Result<(usize, Vec<String>), String> {
    let Crate { src, root, layers } = of;
    let (files, edges) = graph::edges(root, &|file| text(&format!("{src}{file}")))?;
    let mut broken = vec![];
    if !layers.is_empty() {
        let of_none = files.iter().filter(|file| layer(layers, file).is_none());
        broken.extend(
            of_none.map(|file| {
                format!("{src}{file} is of no layer: name it in xtask/src/layers/mod.rs")
            }),
        );
    }
    for ((from, to), line) in &edges {
        let (Some(low), Some(high)) = (layer(layers, from), layer(layers, to)) else {
            continue;
        };
        if low < high {
            broken.push(format!(
                "{src}{from}:{line} uses {src}{to}, which is of a layer above"
            ));
        }
    }
    let circles = graph::circles(&edges);
    broken.extend(circles.iter().map(|circle| in_words(src, circle, &edges)));
    Ok((files.len(), broken))
}

fn layer(layers: &[&[&str]], file: &str) -> Option<usize> {
    let is_in = |place: &&str| *place == file || (place.ends_with('/') && file.starts_with(place));
    layers.iter().position(|layer| layer.iter().any(is_in))
}

fn in_words(src: &str, circle: &[String], edges: &Edges) -> String {
    let after = circle.iter().cycle().skip(1);
    let steps = circle.iter().zip(after).map(|(from, to)| {
        let line = edges[&(from.clone(), to.clone())];
        format!("{src}{from}:{line} uses {src}{to}")
    });
    let steps: Vec<_> = steps.collect();
    format!("a circle of files: {}", steps.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: &[&[&str]] = &[&["low/"], &["high.rs"], &["lib.rs"]];

    /// A small crate, and what is wrong with it.
    fn judge(layers: &'static [&'static [&'static str]], files: &[(&str, &str)]) -> Vec<String> {
        let of = Crate {
            src: "c/",
            root: "lib.rs",
            layers,
        };
        let text = |path: &str| {
            let file = files.iter().find(|(name, _)| path == format!("c/{name}"));
            file.map(|(_, text)| (*text).to_owned())
        };
        broken(&of, &text).unwrap().1
    }

    const ROOT: (&str, &str) = ("lib.rs", "mod low;\nmod high;\npub use high::High;");

    #[test]
    fn uses_of_lower_layers_and_faces_are_allowed() {
        let files = [
            ROOT,
            ("low/mod.rs", "mod a;\nmod b;\npub use a::A;"),
            ("low/a.rs", "pub struct A;"),
            (
                "low/b.rs",
                "use super::A;\n#[cfg(test)] mod tests { use super::*; }",
            ),
            ("high.rs", "use crate::low::A;\npub struct High;"),
        ];
        assert_eq!(judge(LAYERS, &files), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_up_names_both_files_and_the_line() {
        let low = |text| {
            [
                ROOT,
                ("low/mod.rs", "mod a;"),
                ("low/a.rs", text),
                ("high.rs", ""),
            ]
        };
        let expected = ["c/low/a.rs:2 uses c/high.rs, which is of a layer above"];
        // By `use`, by a qualified path, in what a macro is given, and by a name from here.
        assert_eq!(judge(LAYERS, &low("\nuse crate::high::High;")), expected);
        assert_eq!(
            judge(LAYERS, &low("fn f() {\ncrate::high::f() }")),
            expected
        );
        assert_eq!(
            judge(
                LAYERS,
                &low("fn f() {\nprintln!(\"{}\", super::super::high::N) }")
            ),
            expected
        );
        let files = [
            ("lib.rs", "mod low;\nmod high;"),
            ("low/mod.rs", "\nuse crate::high as up;\nfn f() { up::f() }"),
            ("high.rs", ""),
        ];
        assert_eq!(
            judge(LAYERS, &files),
            ["c/low/mod.rs:2 uses c/high.rs, which is of a layer above"]
        );
    }

    #[test]
    fn a_name_of_the_crate_root_belongs_to_the_root() {
        let files = [
            ("lib.rs", "mod low;\nmod high;\npub use other::Value;"),
            ("low/mod.rs", "use crate::Value;"),
            ("high.rs", ""),
        ];
        let expected = ["c/low/mod.rs:1 uses c/lib.rs, which is of a layer above"];
        assert_eq!(judge(LAYERS, &files), expected);
    }

    #[test]
    fn a_circle_names_its_files_and_lines() {
        let files = [
            ROOT,
            ("low/mod.rs", "mod a;\nmod b;\nmod c;\npub use a::A;"),
            ("low/a.rs", "pub struct A;\nuse super::b;"),
            ("low/b.rs", "use super::c::C;"),
            ("low/c.rs", "pub struct C;\n\nuse super::A;"),
            ("high.rs", "pub struct High;"),
        ];
        let expected = "a circle of files: c/low/a.rs:2 uses c/low/b.rs; \
             c/low/b.rs:1 uses c/low/c.rs; c/low/c.rs:3 uses c/low/a.rs";
        assert_eq!(judge(LAYERS, &files), [expected]);
        assert_eq!(judge(&[], &files), [expected]);
    }

    #[test]
    fn a_parent_and_a_child_that_use_each_other_are_a_circle() {
        let files = [
            ("lib.rs", "mod p;"),
            ("p.rs", "mod k;\nuse k::K;\npub struct P;"),
            ("p/k.rs", "use super::P;\npub struct K;"),
        ];
        let expected = "a circle of files: c/p.rs:2 uses c/p/k.rs; c/p/k.rs:1 uses c/p.rs";
        assert_eq!(judge(&[], &files), [expected]);
    }

    #[test]
    fn a_file_of_no_layer_is_named() {
        let files = [
            ROOT,
            ("low/mod.rs", ""),
            ("high.rs", "mod new;"),
            ("high/new.rs", ""),
        ];
        let broken = judge(LAYERS, &files);
        assert!(
            broken[0].starts_with("c/high/new.rs is of no layer"),
            "{broken:?}"
        );
        assert_eq!(broken.len(), 1);
    }

    #[test]
    fn a_path_attribute_and_an_exported_macro_are_followed() {
        let files = [
            ("lib.rs", "mod low;\n#[path = \"face/mod.rs\"] mod high;"),
            ("low/mod.rs", "fn f() { crate::made!() }"),
            ("face/mod.rs", "mod macros;"),
            (
                "face/macros.rs",
                "#[macro_export] macro_rules! made { () => {} }",
            ),
        ];
        let layers: &[&[&str]] = &[&["low/"], &["face/"], &["lib.rs"]];
        let expected = ["c/low/mod.rs:1 uses c/face/macros.rs, which is of a layer above"];
        assert_eq!(judge(layers, &files), expected);
    }
}
