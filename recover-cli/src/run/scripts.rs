//! The scripts of `js/`, which are compiled in. What they do stands in them, and where they go in `driver`.

/// A script: its name, and its text.
type Script = (&'static str, &'static str);

/// What starts an engine, and what runs in it.
pub(super) const SCRIPTS: &[Script] = &[
    ("session.mjs", include_str!("../../js/session.mjs")),
    ("torturing.mjs", include_str!("../../js/torturing.mjs")),
    ("driver.mjs", include_str!("../../js/driver.mjs")),
    ("node.mjs", include_str!("../../js/node.mjs")),
    ("chromium.mjs", include_str!("../../js/chromium.mjs")),
    ("workerd.mjs", include_str!("../../js/workerd.mjs")),
];

/// What injects failures, and judges.
pub(super) const TORTURE: &[Script] = &[];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js/torture");
        let names = fs::read_dir(folder).into_iter().flatten();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let theirs = names.filter(|name| name.ends_with(".mjs") && !name.ends_with(".test.mjs"));
        let theirs: BTreeSet<_> = theirs.map(|name| format!("torture/{name}")).collect();
        let ours: BTreeSet<_> = TORTURE.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(ours, theirs);
    }
}
