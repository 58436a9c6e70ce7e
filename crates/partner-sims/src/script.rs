//! Which behaviour the next call of each interface gets: an ordered list per interface, then a
//! standing one.

use crate::behaviour::{Api, Behaviour, UnknownBehaviour};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Most steps waiting per interface; more are refused, so that a runaway test cannot eat the
/// memory.
pub const MAX_STEPS: usize = 10_000;

/// A behaviour for the next `times` calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub behaviour: Behaviour,
    /// 1 when left out.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

impl From<Behaviour> for Step {
    fn from(behaviour: Behaviour) -> Step {
        Step { behaviour, times: 1 }
    }
}

/// The body of `POST /sim/behaviour`: what to change in the script of one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScriptChange {
    pub api: Api,
    /// Drop the steps that wait and the standing behaviour first.
    #[serde(default)]
    pub reset: bool,
    /// Steps put behind those that wait.
    #[serde(default)]
    pub next: Vec<Step>,
    /// Short form of `next`: `"U, F, S"` or `"silent*3, slow:200"`.
    #[serde(default)]
    pub words: String,
    /// What calls get when no step waits; unchanged when left out.
    #[serde(default)]
    pub always: Option<Behaviour>,
}

impl ScriptChange {
    /// Appends these steps for `api`.
    pub fn next(api: Api, steps: impl IntoIterator<Item = Behaviour>) -> ScriptChange {
        let next = steps.into_iter().map(Step::from).collect();
        ScriptChange { api, reset: false, next, words: String::new(), always: None }
    }

    /// Makes `behaviour` the standing one for `api`; steps that wait come first.
    pub fn always(api: Api, behaviour: Behaviour) -> ScriptChange {
        ScriptChange { always: Some(behaviour), ..ScriptChange::next(api, []) }
    }

    /// Makes `api` behave again.
    pub fn reset(api: Api) -> ScriptChange {
        ScriptChange { reset: true, ..ScriptChange::next(api, []) }
    }
}

/// Reads a list of steps: words parted by commas, each with an optional `*times`.
///
/// ```
/// use dhow_partner_sims::{Behaviour, parse_steps};
/// let steps = parse_steps("U, F*2, slow:200").unwrap();
/// assert_eq!(steps[1].times, 2);
/// assert_eq!(steps[2].behaviour, Behaviour::Slow { ms: 200, before_work: false });
/// ```
pub fn parse_steps(words: &str) -> Result<Vec<Step>, UnknownBehaviour> {
    let words = words.split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (behaviour, times) = word.split_once('*').unwrap_or((word, "1"));
            let times = times.trim().parse::<u32>();
            let times = times.map_err(|_| UnknownBehaviour { word: word.to_string() })?;
            Ok(Step { behaviour: behaviour.parse()?, times })
        })
        .collect()
}

/// Why a change of the script was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    #[error(transparent)]
    Word(#[from] UnknownBehaviour),
    #[error("more than {MAX_STEPS} steps would wait")]
    TooLong,
}

/// The scripts of one simulated partner.
#[derive(Debug, Default)]
pub struct Scripts {
    waiting: BTreeMap<Api, VecDeque<Step>>,
    always: BTreeMap<Api, Behaviour>,
}

impl Scripts {
    /// Carries out a change, or refuses it whole.
    pub fn change(&mut self, change: ScriptChange) -> Result<(), ScriptError> {
        let mut steps = parse_steps(&change.words)?;
        steps.splice(0..0, change.next);
        let kept =
            if change.reset { 0 } else { self.waiting.get(&change.api).map_or(0, |w| w.len()) };
        if kept + steps.len() > MAX_STEPS {
            return Err(ScriptError::TooLong);
        }
        if change.reset {
            self.waiting.remove(&change.api);
            self.always.remove(&change.api);
        }
        let steps = steps.into_iter().filter(|step| step.times > 0);
        self.waiting.entry(change.api).or_default().extend(steps);
        if let Some(behaviour) = change.always {
            self.always.insert(change.api, behaviour);
        }
        Ok(())
    }

    /// The behaviour of this call, if the script has one; takes one use of the first step that
    /// waits.
    pub fn take(&mut self, api: Api) -> Option<Behaviour> {
        let Some(waiting) = self.waiting.get_mut(&api) else {
            return self.always.get(&api).cloned();
        };
        let Some(step) = waiting.front_mut() else { return self.always.get(&api).cloned() };
        let behaviour = step.behaviour.clone();
        step.times -= 1;
        if step.times == 0 {
            waiting.pop_front();
        }
        Some(behaviour)
    }

    /// The steps that wait, for `GET /sim/state`.
    pub fn waiting(&self) -> BTreeMap<Api, Vec<Step>> {
        let full = self.waiting.iter().filter(|(_, steps)| !steps.is_empty());
        full.map(|(api, steps)| (*api, steps.iter().cloned().collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_used_in_order_then_the_standing_behaviour() {
        let mut scripts = Scripts::default();
        assert_eq!(scripts.take(Api::Pay), None);
        let change = serde_json::from_str(
            r#"{"api":"pay","next":[{"behaviour":{"kind":"lostReply"}}],"words":"F*2,S",
                "always":{"kind":"silent"}}"#,
        );
        scripts.change(change.unwrap()).unwrap();
        let decline = Behaviour::Decline { code: base::ResultCode::ProcessFail };
        let silent = Behaviour::Silent { does_work: false };
        let order = [Behaviour::LostReply, decline.clone(), decline, Behaviour::Normal];
        for expected in order.into_iter().chain([silent.clone(), silent]) {
            assert_eq!(scripts.take(Api::Pay), Some(expected));
        }
        assert_eq!(scripts.take(Api::Refund), None, "each interface has its own script");
        scripts.change(ScriptChange::reset(Api::Pay)).unwrap();
        assert_eq!(scripts.take(Api::Pay), None);
    }

    #[test]
    fn a_refused_change_changes_nothing() {
        let mut scripts = Scripts::default();
        let mut change = ScriptChange::next(Api::Pay, [Behaviour::LostReply]);
        change.words = "S, nonsense".into();
        assert!(matches!(scripts.change(change), Err(ScriptError::Word(_))));
        let many = (0..=MAX_STEPS).map(|_| Behaviour::Normal);
        let refused = scripts.change(ScriptChange::next(Api::Pay, many));
        assert_eq!(refused, Err(ScriptError::TooLong));
        assert_eq!(scripts.take(Api::Pay), None);
        assert!(parse_steps("S*x").is_err());
        scripts
            .change(ScriptChange { words: "F*0".into(), ..ScriptChange::reset(Api::Pay) })
            .unwrap();
        assert_eq!(scripts.take(Api::Pay), None, "zero times is never");
    }
}
