//! A schedule: which failure is injected at which point of a run. As it is written on a command line,
//! and as the engine gets it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The actions, as `js/torture/` knows them.
const ACTIONS: [&str; 11] = [
    "fail",
    "panic",
    "trap",
    "throw",
    "reject",
    "never",
    "restart",
    "abort-signal",
    "free",
    "gc",
    "reenter",
];

/// The failures of one run, in the order of their points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Schedule(Vec<Injection>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Injection {
    /// The number of the point in its run; -1 is before all.
    point: i64,
    /// What happens there.
    action: String,
    /// And at every later point of its kind?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    persistent: bool,
}

impl FromStr for Schedule {
    type Err = String;

    /// As it is printed: `panic@3,fail@7+`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
        let injections: Vec<_> = parts.map(injection).collect::<Result<_, _>>()?;
        match injections.is_empty() {
            true => Err("give a schedule as it was printed, such as panic@3,fail@7+".to_owned()),
            false => Ok(Self(injections)),
        }
    }
}

fn injection(text: &str) -> Result<Injection, String> {
    let wrong = || {
        format!(
            "`{text}` is no failure at a point; write ACTION@POINT, such as panic@3, or fail@7+ for every later point of its kind, too"
        )
    };
    let (action, point) = text.split_once('@').ok_or_else(wrong)?;
    if !ACTIONS.contains(&action) {
        return Err(format!(
            "`{action}` is no action; there are {}",
            ACTIONS.join(", ")
        ));
    }
    let (point, persistent) = match point.strip_suffix('+') {
        Some(point) => (point, true),
        None => (point, false),
    };
    let point = point.parse().ok().filter(|point| *point >= -1);
    Ok(Injection {
        point: point.ok_or_else(wrong)?,
        action: action.to_owned(),
        persistent,
    })
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, injection) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let more = if injection.persistent { "+" } else { "" };
            write!(f, "{comma}{}@{}{more}", injection.action, injection.point)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_as_it_is_printed() {
        let text = "panic@3,fail@7+,abort-signal@0";
        let schedule: Schedule = text.parse().unwrap();
        assert_eq!(schedule.to_string(), text);
        let json = serde_json::to_value(&schedule).unwrap();
        assert_eq!(
            json[1],
            serde_json::json!({ "point": 7, "action": "fail", "persistent": true })
        );
        assert_eq!(serde_json::from_value::<Schedule>(json).unwrap(), schedule);
        assert_eq!("panic@3, fail@7+ abort-signal@0".parse(), Ok(schedule));
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_what_one_is() {
        for (text, part) in [
            ("", "such as panic@3"),
            ("panic", "ACTION@POINT"),
            ("panic@", "ACTION@POINT"),
            ("panic@-2", "ACTION@POINT"),
            ("explode@3", "`explode` is no action; there are fail, panic"),
        ] {
            let error = text.parse::<Schedule>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
