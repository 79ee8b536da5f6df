//! The scripts of `js/`, which are compiled in. What they do stands in them, and where they go in `driver`.

/// A script: its name, and its text.
type Script = (&'static str, &'static str);

/// The scripts of these names.
macro_rules! scripts {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../js/", $name)))),*]
    };
}

/// What starts an engine, and what runs in it.
pub(super) const SCRIPTS: &[Script] = scripts![
    "session.mjs",
    "torturing.mjs",
    "driver.mjs",
    "node.mjs",
    "chromium.mjs",
    "workerd.mjs",
];

/// What injects failures, and judges.
pub(super) const TORTURE: &[Script] = scripts![
    "torture/blame.mjs",
    "torture/coverage.mjs",
    "torture/figures.mjs",
    "torture/host.mjs",
    "torture/injector.mjs",
    "torture/judge.mjs",
    "torture/play.mjs",
    "torture/reenter.mjs",
    "torture/run.mjs",
    "torture/scenario.mjs",
    "torture/search.mjs",
    "torture/session.mjs",
    "torture/sites.mjs",
    "torture/state.mjs",
    "torture/touch.mjs",
    "torture/words.mjs",
    "torture/world.mjs",
];

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
        let theirs = names.filter(|name| name.ends_with(".mjs") && !name.contains(".test"));
        let theirs: BTreeSet<_> = theirs.map(|name| format!("torture/{name}")).collect();
        let ours: BTreeSet<_> = TORTURE.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(ours, theirs);
    }
}
