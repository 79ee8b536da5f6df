//! What the cargo profile in use says, where it would break the build.
//!
//! cargo merges environment, configuration and the workspace root's manifest,
//! along `inherits`; member manifests do not count. Pure: all come as values.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Error;

/// The places where profiles are set, strongest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profiles<'a> {
    /// The environment.
    pub(crate) vars: &'a BTreeMap<String, String>,
    /// cargo's merged configuration.
    pub(crate) config: &'a Value,
    /// The workspace root's Cargo.toml, as JSON.
    pub(crate) manifest: &'a Value,
}

impl Profiles<'_> {
    /// Does the profile ask for fat LTO?
    pub(crate) fn has_fat_lto(&self, profile: &str) -> Result<bool, Error> {
        Ok(match self.get(profile, "lto")? {
            Some(Value::Bool(on)) => on,
            // What rustc takes for `-Clto`.
            Some(Value::String(name)) => matches!(&*name, "true" | "fat" | "y" | "yes" | "on"),
            _ => false,
        })
    }

    /// Does the profile set a panic strategy other than unwinding?
    pub(crate) fn aborts(&self, profile: &str) -> Result<bool, Error> {
        let panic = self.get(profile, "panic")?;
        Ok(panic.is_some_and(|panic| panic != "unwind"))
    }

    /// Does the profile have lines in its debug information?
    pub(crate) fn has_debug_info(&self, profile: &str) -> Result<bool, Error> {
        let of_dev = self.is_dev(profile);
        Ok(match self.get(profile, "debug")? {
            None => of_dev,
            Some(Value::Bool(on)) => on,
            Some(Value::Number(level)) => level.as_u64() != Some(0),
            Some(other) => !["0", "none"].iter().any(|level| other == *level),
        })
    }

    /// Is it `dev`, or made of it?
    fn is_dev(&self, profile: &str) -> bool {
        let mut name = profile.to_owned();
        for _ in 0..16 {
            match (&*name, self.own(&name, "inherits")) {
                ("dev" | "test", _) => return true,
                (_, Some(Value::String(parent))) => name = parent,
                _ => return false,
            }
        }
        false
    }

    /// Does the profile strip what wasm-bindgen needs?
    pub(crate) fn strips_symbols(&self, profile: &str) -> Result<bool, Error> {
        let strip = self.get(profile, "strip")?;
        Ok(strip.is_some_and(|strip| strip == true || strip == "symbols"))
    }

    /// The value of `key` for the profile, from it or from those it inherits.
    fn get(&self, profile: &str, key: &str) -> Result<Option<Value>, Error> {
        let mut name = profile.to_owned();
        // Longer chains are loops, which cargo reports better than we could.
        for _ in 0..16 {
            if let Some(value) = self.own(&name, key) {
                return Ok(Some(value));
            }
            name = match (&*name, self.own(&name, "inherits")) {
                ("dev" | "release", _) => return Ok(None),
                ("test", _) => "dev".to_owned(),
                ("bench", _) => "release".to_owned(),
                (_, Some(Value::String(parent))) => parent,
                _ => return Err(Error::NoProfile(name)),
            };
        }
        Ok(None)
    }

    fn own(&self, profile: &str, key: &str) -> Option<Value> {
        let variable = format!(
            "CARGO_PROFILE_{}_{}",
            profile.to_uppercase().replace('-', "_"),
            key.to_uppercase()
        );
        if let Some(text) = self.vars.get(&variable) {
            let value = text
                .parse()
                .map_or_else(|_| text.clone().into(), Value::Bool);
            return Some(value);
        }
        [self.config, self.manifest]
            .into_iter()
            .find_map(|place| place.get("profile")?.get(profile)?.get(key).cloned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fat(vars: &[(&str, &str)], config: Value, manifest: Value, profile: &str) -> bool {
        let vars = vars
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let profiles = Profiles {
            vars: &vars,
            config: &config,
            manifest: &manifest,
        };
        profiles.has_fat_lto(profile).unwrap()
    }

    fn release(lto: Value) -> Value {
        json!({ "profile": { "release": { "lto": lto } } })
    }

    #[test]
    fn fat_lto_is_recognised_in_every_spelling_and_thin_is_not_fat() {
        for lto in [json!(true), json!("fat"), json!("y")] {
            assert!(fat(&[], json!({}), release(lto), "release"));
        }
        for lto in [json!(false), json!("thin"), json!("off")] {
            assert!(!fat(&[], json!({}), release(lto), "release"));
        }
        assert!(!fat(&[], json!({}), json!({}), "release"));
        assert!(!fat(&[], json!({}), release(json!(true)), "dev"));
    }

    #[test]
    fn environment_beats_configuration_beats_manifest() {
        let variable = "CARGO_PROFILE_RELEASE_LTO";
        let (on, off) = (release(json!(true)), release(json!(false)));
        assert!(fat(&[], on.clone(), off.clone(), "release"));
        assert!(!fat(&[], off.clone(), on.clone(), "release"));
        assert!(fat(&[(variable, "true")], off.clone(), off, "release"));
        assert!(!fat(&[(variable, "thin")], on.clone(), on, "release"));
    }

    #[test]
    fn custom_profiles_inherit() {
        let manifest = json!({ "profile": {
            "release": { "lto": "fat" },
            "small": { "inherits": "release", "opt-level": "s" },
            "smaller": { "inherits": "small" },
            "quick": { "inherits": "small", "lto": "off" },
            "slow": { "inherits": "dev" },
        } });
        assert!(fat(&[], json!({}), manifest.clone(), "small"));
        assert!(fat(&[], json!({}), manifest.clone(), "smaller"));
        assert!(fat(&[], json!({}), manifest.clone(), "bench"));
        assert!(!fat(&[], json!({}), manifest.clone(), "quick"));
        assert!(!fat(&[], json!({}), manifest, "slow"));
        let variable = ("CARGO_PROFILE_MY_SMALL_LTO", "fat");
        let manifest = json!({ "profile": { "my-small": { "inherits": "dev" } } });
        assert!(fat(&[variable], json!({}), manifest, "my-small"));
    }

    #[test]
    fn an_unknown_profile_or_a_loop_of_inherits_ends_the_lookup() {
        let (vars, config) = (BTreeMap::new(), json!({}));
        let manifest = json!({ "profile": { "a": { "inherits": "b" }, "b": { "inherits": "a" } } });
        let profiles = Profiles {
            vars: &vars,
            config: &config,
            manifest: &manifest,
        };
        assert!(matches!(
            profiles.has_fat_lto("nope"),
            Err(Error::NoProfile(_))
        ));
        assert!(!profiles.has_fat_lto("a").unwrap());
    }

    #[test]
    fn stripping_of_symbols_is_recognised_in_every_spelling() {
        let strips = |vars: &[(&str, &str)], strip: Value| {
            let vars = vars
                .iter()
                .map(|(name, value)| (String::from(*name), String::from(*value)));
            let profiles = Profiles {
                vars: &vars.collect(),
                config: &json!({}),
                manifest: &json!({ "profile": { "release": { "strip": strip } } }),
            };
            profiles.strips_symbols("release").unwrap()
        };
        let variable = "CARGO_PROFILE_RELEASE_STRIP";
        for strip in [json!(true), json!("symbols")] {
            assert!(strips(&[], strip.clone()));
            assert!(!strips(&[(variable, "none")], strip));
        }
        for strip in [json!(false), json!("debuginfo"), json!("none")] {
            assert!(!strips(&[], strip.clone()));
            assert!(strips(&[(variable, "true")], strip.clone()));
            assert!(strips(&[(variable, "symbols")], strip));
        }
    }

    #[test]
    fn the_panic_strategy_of_a_profile_is_read() {
        let (vars, config) = (BTreeMap::new(), json!({}));
        let manifest = json!({ "profile": { "release": { "panic": "abort" } } });
        let profiles = Profiles {
            vars: &vars,
            config: &config,
            manifest: &manifest,
        };
        assert!(profiles.aborts("release").unwrap());
        assert!(!profiles.aborts("dev").unwrap());
    }
}
