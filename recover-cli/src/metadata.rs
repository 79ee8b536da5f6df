//! What `cargo metadata` says, reduced to what a build needs.
//!
//! Pure: text in, values out. Running cargo belongs in `run`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::Error;

/// The feature of recover-runtime by which it guards the exports of components.
pub(crate) const COMPONENT_FEATURE: &str = "component";

/// The answer of `cargo metadata --format-version 1`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    /// All packages of the graph.
    pub(crate) packages: Vec<Package>,
    /// The ids of the workspace's own packages.
    pub(crate) workspace_members: Vec<String>,
    /// Where the manifest whose profiles count stands.
    pub(crate) workspace_root: PathBuf,
    /// Where cargo builds.
    pub(crate) target_directory: PathBuf,
    resolve: Resolve,
}

/// One package.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// cargo's id of it.
    pub(crate) id: String,
    /// Its Cargo.toml.
    pub(crate) manifest_path: PathBuf,
    /// Its `license`.
    pub(crate) license: Option<String>,
    /// Its `description`.
    pub(crate) description: Option<String>,
    /// Its `repository`.
    pub(crate) repository: Option<String>,
    /// Its `homepage`.
    pub(crate) homepage: Option<String>,
    /// Its README, from the manifest's directory.
    pub(crate) readme: Option<PathBuf>,
    /// Its `keywords`.
    #[serde(default)]
    pub(crate) keywords: Vec<String>,
    /// The registry that it is from; none if it is here.
    #[serde(default)]
    source: Option<String>,
    targets: Vec<CargoTarget>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    /// The features that it has.
    #[serde(default)]
    features: HashMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    /// None of a normal one.
    kind: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct CargoTarget {
    name: String,
    kind: Vec<String>,
    #[serde(default)]
    src_path: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
    #[serde(default)]
    features: Vec<String>,
}

impl Package {
    /// The name of the library that makes a wasm file, as a file is named.
    pub(crate) fn cdylib(&self) -> Option<String> {
        let makes_wasm = |target: &&CargoTarget| target.kind.iter().any(|kind| kind == "cdylib");
        let target = self.targets.iter().find(makes_wasm)?;
        Some(target.name.replace('-', "_"))
    }

    /// By which name its manifest has the dependency `name`.
    pub(crate) fn key_of(&self, name: &str) -> Option<&str> {
        let mut found = self.dependencies.iter();
        let found = found.find(|it| it.name == name && it.kind.is_none())?;
        Some(found.rename.as_ref().unwrap_or(&found.name))
    }

    /// The file that its library begins with.
    pub(crate) fn library(&self) -> Option<&Path> {
        let is_library = |kind: &String| {
            ["lib", "rlib", "cdylib", "dylib", "staticlib"].contains(&kind.as_str())
        };
        let mut targets = self.targets.iter();
        let found = targets.find(|target| target.kind.iter().any(is_library))?;
        Some(&found.src_path)
    }
}

impl Metadata {
    /// Reads cargo's answer.
    pub(crate) fn parse(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(|error| Error::Metadata(error.to_string()))
    }

    /// The package to build: the named one, else the manifest's, else the only one.
    pub(crate) fn select(&self, name: Option<&str>) -> Result<&Package, Error> {
        let members: Vec<&Package> = self
            .packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
            .collect();
        let names = |packages: &[&Package]| {
            let names: Vec<&str> = packages.iter().map(|package| &*package.name).collect();
            names.join(", ")
        };
        if let Some(name) = name {
            let found = members.iter().find(|package| package.name == name);
            return found.copied().ok_or_else(|| Error::NoPackage {
                name: name.to_owned(),
                members: names(&members),
            });
        }
        let root = self.resolve.root.as_ref();
        if let Some(package) = members.iter().find(|package| Some(&package.id) == root) {
            return Ok(package);
        }
        match members[..] {
            [only] => Ok(only),
            _ => Err(Error::SeveralPackages(names(&members))),
        }
    }

    /// Where the source of a package may change: its own folder, and those of the packages by path
    /// that it reaches.
    pub(crate) fn places(&self, package: &Package) -> Vec<PathBuf> {
        let local = self.reached(package);
        let local = local.iter().filter(|package| package.source.is_none());
        let folders = local.filter_map(|package| package.manifest_path.parent());
        folders.map(Path::to_owned).collect()
    }

    /// The features of a package that are active.
    pub(crate) fn features<'a>(&'a self, package: &Package) -> &'a [String] {
        let mut nodes = self.resolve.nodes.iter();
        let found = nodes.find(|node| node.id == package.id);
        found.map_or(&[], |node| &node.features)
    }

    /// Whether a package makes a component, and no package for JavaScript: it uses wit-bindgen itself, and not
    /// wasm-bindgen, and its recover-runtime, if it has one, is for that.
    pub(crate) fn is_component(&self, package: &Package) -> bool {
        let node = self.resolve.nodes.iter().find(|node| node.id == package.id);
        let own = |name: &str| {
            let mut reached = self.packages.iter().filter(|it| it.name == name);
            reached.any(|it| node.is_some_and(|node| node.dependencies.contains(&it.id)))
        };
        let features = self.active(package, "recover-runtime");
        let guards = features.is_none_or(|all| all.iter().any(|it| it == COMPONENT_FEATURE));
        own("wit-bindgen") && !own("wasm-bindgen") && guards
    }

    /// The active features of the dependency `name` that `package` reaches, if it does.
    pub(crate) fn active<'a>(&'a self, package: &Package, name: &str) -> Option<&'a [String]> {
        let reached = self.reached(package);
        let found = reached.into_iter().find(|package| package.name == name)?;
        Some(self.features(found))
    }

    /// The version of the dependency `name` that `package` reaches, however deep.
    pub(crate) fn dependency<'a>(&'a self, package: &Package, name: &str) -> Option<&'a str> {
        let reached = self.reached(package);
        let mut found = reached.iter().filter(|package| package.name == name);
        found.next().map(|package| &*package.version)
    }

    /// Whether the dependency `name` that `package` reaches has a feature.
    pub(crate) fn has_feature(&self, package: &Package, name: &str, feature: &str) -> bool {
        let reached = self.reached(package);
        let mut found = reached.iter().filter(|package| package.name == name);
        found.any(|package| package.features.contains_key(feature))
    }

    /// The package and all that it reaches, the nearest first.
    fn reached<'a>(&'a self, package: &Package) -> Vec<&'a Package> {
        let nodes: HashMap<&str, &Node> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (&*node.id, node))
            .collect();
        let packages: HashMap<&str, &Package> = self
            .packages
            .iter()
            .map(|package| (&*package.id, package))
            .collect();
        let mut seen = vec![&*package.id];
        let mut next = 0;
        while let Some(id) = seen.get(next) {
            next += 1;
            for dependency in nodes.get(id).map_or(&[][..], |node| &node.dependencies) {
                if !seen.contains(&&**dependency) {
                    seen.push(dependency);
                }
            }
        }
        seen.iter()
            .filter_map(|id| packages.get(id).copied())
            .collect()
    }
}
