//! The plan of a split: which part of [0, 1) belongs to which arm.

use serde::{Deserialize, Serialize};

use super::bucket::BucketHash;
use super::holdout::{Holdout, Namespace, check_salt};
use crate::error::{Error, ErrorKind, Result};
use crate::saved::from_json;

/// An arm to be: a target that gets something, or the control that gets nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The name.
    pub name: String,
    /// How many customers it gets, in proportion to the weights of the others.
    pub weight: f64,
    /// Whether it is the control.
    pub control: bool,
}

impl Arm {
    /// An arm that gets something.
    pub fn target(name: &str, weight: f64) -> Self {
        Self { name: name.to_owned(), weight, control: false }
    }

    /// The arm that is left as it is.
    pub fn control(name: &str, weight: f64) -> Self {
        Self { name: name.to_owned(), weight, control: true }
    }
}

/// An arm of a [`Split`] and its parts of [0, 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SplitArm {
    pub(super) name: String,
    /// Where it grows first.
    slot: [f64; 2],
    /// Ascending, each from its start to before its end.
    pub(super) ranges: Vec<[f64; 2]>,
}

impl SplitArm {
    pub(super) fn share(&self) -> f64 {
        self.ranges.iter().map(|[start, end]| end - start).sum()
    }
}

/// Who gets what: a salt, arms with their parts of [0, 1), and whom the campaign may not use.
///
/// A customer's number under the salt (see [`BucketHash`]) falls into one arm's part, so an assignment depends on nothing but
/// salt, id and plan: not on other customers, the order of rows, or the language. Campaigns have salts of their own, otherwise the same
/// customers would be the control of all of them.
///
/// ```
/// use crm_core::campaign::{Arm, Split};
/// use crm_core::customer::{IdColumn, IdList};
/// let split = Split::new("spring-2026", &[Arm::target("mail", 9.0), Arm::control("none", 1.0)])?;
/// let ids: Vec<i64> = (0..10_000).collect();
/// let assignment = split.assign(&IdList::new(&IdColumn::Integer((&ids).into()))?)?;
/// assert!((900..1100).contains(&assignment.counts()[1]), "{:?}", assignment.counts());
///
/// // A ramp: customers join, and nobody changes the arm.
/// let half = split.clone().with_coverage(0.5)?;
/// let before = half.assign(&IdList::new(&IdColumn::Integer((&ids).into()))?)?;
/// assert!(before.arms().iter().zip(assignment.arms()).all(|(before, after)| before == after || *before == -1));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    model: String,
    version: u32,
    salt: String,
    hash: BucketHash,
    pub(super) arms: Vec<SplitArm>,
    control: usize,
    /// The share of the slots in use; none once shares were changed one by one.
    coverage: Option<f64>,
    pub(super) namespace: Option<Namespace>,
    #[serde(default)]
    pub(super) holdouts: Vec<Holdout>,
}

const MODEL: &str = "split";
/// Up to version 1 a plan had one holdout, and holdouts and namespaces were drawn by the key of the arms.
const VERSION: u32 = 2;

impl Split {
    /// A plan that gives every customer an arm.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty salt, arms without exactly one control and at least one target, names that are empty or
    /// repeated, and weights that are negative, not finite, or all 0.
    pub fn new(salt: &str, arms: &[Arm]) -> Result<Self> {
        check_salt(salt)?;
        let control = check_arms(arms)?;
        let total: f64 = arms.iter().map(|arm| arm.weight).sum();
        let mut start = 0.0;
        let mut planned = Vec::with_capacity(arms.len());
        let last = arms.iter().rposition(|arm| arm.weight > 0.0);
        for (place, arm) in arms.iter().enumerate() {
            let mut end: f64 = start + arm.weight / total;
            // Shares that do not add up exactly leave no gap before 1.
            if last.is_some_and(|last| place >= last) || end > 1.0 {
                end = 1.0;
            }
            let slot = [if arm.weight > 0.0 { start } else { end }, end];
            planned.push(SplitArm { name: arm.name.clone(), slot, ranges: Vec::new() });
            start = end;
        }
        let (model, salt, hash) = (MODEL.to_owned(), salt.to_owned(), BucketHash::Xxh3);
        let (arms, coverage, namespace, holdouts) = (planned, Some(1.0), None, Vec::new());
        Self { model, version: VERSION, salt, hash, arms, control, coverage, namespace, holdouts }
            .with_coverage(1.0)
    }

    /// The plan with another hash, such as that of a system which assigned before.
    #[must_use]
    pub fn with_hash(mut self, hash: BucketHash) -> Self {
        self.hash = hash;
        self
    }

    /// The plan for a share of the customers, each arm having that share of its own; the others are in no arm. Raising it moves nobody from one
    /// arm to another.
    ///
    /// # Errors
    /// `InvalidArgument` outside [0, 1], and for a plan whose shares were changed one by one.
    pub fn with_coverage(mut self, coverage: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&coverage) {
            return Err(Error::argument("coverage", coverage, "within [0, 1]"));
        }
        if self.coverage.is_none() {
            let accepted = "changed before shares are; afterwards by shares";
            return Err(Error::argument("coverage", coverage, accepted));
        }
        for arm in &mut self.arms {
            let [start, end] = arm.slot;
            // Rounding must not reach into the part of the next arm.
            let covered = if coverage == 1.0 { end } else { (start + coverage * (end - start)).min(end) };
            arm.ranges = if covered > start { vec![[start, covered]] } else { Vec::new() };
        }
        self.coverage = Some(coverage);
        Ok(self)
    }

    /// The plan with other shares of all customers, one an arm in their order; what is left of 1 is in no arm.
    ///
    /// As few customers as possible change: an arm that shrinks gives up its last ones, and only those and customers without an arm go to the arms that
    /// grow. Between arms whose shares did not fall nobody moves.
    ///
    /// # Errors
    /// `InvalidArgument` for shares that are negative, not finite or above 1 in sum; `LengthMismatch` for another number of them than arms.
    pub fn with_shares(mut self, shares: &[f64]) -> Result<Self> {
        if shares.len() != self.arms.len() {
            let message = format!("{} shares for {} arms", shares.len(), self.arms.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("shares"));
        }
        for (arm, &share) in self.arms.iter().zip(shares) {
            if !(0.0..=1.0).contains(&share) {
                return Err(Error::argument("share", share, "within [0, 1]").on(&arm.name));
            }
        }
        let total: f64 = shares.iter().sum();
        // So much rounding may be in a sum of shares.
        if total > 1.0 + 1e-12 {
            return Err(Error::argument("shares", format_args!("a sum of {total}"), "at most 1"));
        }
        for (arm, &share) in self.arms.iter_mut().zip(shares) {
            let surplus = arm.share() - share;
            release(&mut arm.ranges, surplus);
        }
        for (arm, &share) in shares.iter().enumerate() {
            let missing = share - self.arms[arm].share();
            // Less is what rounding left.
            if missing > 1e-15 {
                let slot = self.arms[arm].slot;
                let mut free = self.free();
                let own = |range: &[f64; 2]| {
                    let inside = [range[0].max(slot[0]), range[1].min(slot[1])];
                    (inside[0] < inside[1]).then_some(inside)
                };
                let inside: Vec<[f64; 2]> = free.iter().filter_map(own).collect();
                let left = occupy(&mut self.arms[arm].ranges, &inside, missing);
                free = self.free();
                occupy(&mut self.arms[arm].ranges, &free, left);
            }
        }
        self.coverage = None;
        Ok(self)
    }

    /// The parts of [0, 1) that no arm has.
    fn free(&self) -> Vec<[f64; 2]> {
        let mut taken: Vec<[f64; 2]> = self.arms.iter().flat_map(|arm| arm.ranges.iter().copied()).collect();
        taken.sort_unstable_by(|one, other| one[0].total_cmp(&other[0]));
        let (mut free, mut end) = (Vec::new(), 0.0);
        for [start, next] in taken.into_iter().chain([[1.0, 1.0]]) {
            if start > end {
                free.push([end, start]);
            }
            end = next;
        }
        free
    }

    /// The plan for the customers of a part of a namespace only.
    ///
    /// # Errors
    /// `InvalidArgument` for a second namespace: a campaign has a part of one.
    pub fn within(mut self, namespace: Namespace) -> Result<Self> {
        if let Some(known) = &self.namespace {
            let value = format_args!("{:?} after {:?}", namespace.salt(), known.salt());
            return Err(Error::argument("namespace", value, "given once"));
        }
        self.namespace = Some(namespace);
        Ok(self)
    }

    /// The plan without the customers of a holdout. Several holdouts are all kept: who is in any of them is held out.
    #[must_use]
    pub fn without(mut self, holdout: Holdout) -> Self {
        self.holdouts.push(holdout);
        self
    }

    /// The salt.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// How customers become numbers.
    pub fn hash(&self) -> BucketHash {
        self.hash
    }

    /// The names of the arms, in their order.
    pub fn names(&self) -> Vec<&str> {
        self.arms.iter().map(|arm| arm.name.as_str()).collect()
    }

    /// Which arm is the control.
    pub fn control(&self) -> usize {
        self.control
    }

    /// The share of all customers that each arm is planned to have.
    pub fn shares(&self) -> Vec<f64> {
        self.arms.iter().map(SplitArm::share).collect()
    }

    /// The arm of a number in [0, 1); `None` if no arm has it.
    pub(super) fn arm_of(&self, bucket: f64) -> Option<usize> {
        let has = |arm: &SplitArm| arm.ranges.iter().any(|[start, end]| (*start..*end).contains(&bucket));
        self.arms.iter().position(has)
    }

    /// The plan as JSON text, to be kept with the campaign.
    pub fn to_json(&self) -> String {
        // Names and finite numbers can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// A plan from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` for text that is no plan; `Incompatible` for one of a later version, and for one of version 1 with a holdout or a namespace, which
    /// were drawn by another key then.
    pub fn from_json(text: &str) -> Result<Self> {
        let mut split: Self = from_json(text, VERSION, &[MODEL])?;
        if split.version < VERSION {
            let drawn: DrawnByVersion1 = from_json(text, VERSION, &[MODEL])?;
            if drawn.holdout.is_some() || drawn.namespace.is_some() {
                let message = "holdouts and namespaces of version 1 were drawn by another key: plan anew";
                return Err(Error::new(ErrorKind::Incompatible, message).on("json"));
            }
            split.version = VERSION;
        }
        match split.fault() {
            Ok(None) => Ok(split),
            Ok(Some(fault)) => Err(Error::new(ErrorKind::Corrupt, fault).on("json")),
            Err(error) => Err(Error::new(ErrorKind::Corrupt, error.to_string()).on("json")),
        }
    }

    /// What is wrong with a plan that came from outside.
    fn fault(&self) -> Result<Option<&'static str>> {
        check_salt(&self.salt)?;
        check_names(self.names().into_iter())?;
        self.namespace.iter().try_for_each(Namespace::check)?;
        self.holdouts.iter().try_for_each(Holdout::check)?;
        if self.arms.len() < 2 || self.control >= self.arms.len() {
            return Ok(Some("there is no control or no target"));
        }
        let ordered = |[start, end]: &[f64; 2]| 0.0 <= *start && start <= end && *end <= 1.0;
        let mut ranges: Vec<[f64; 2]> = self.arms.iter().flat_map(|arm| arm.ranges.iter().copied()).collect();
        if !ranges.iter().chain(self.arms.iter().map(|arm| &arm.slot)).all(ordered) {
            return Ok(Some("a range is outside [0, 1)"));
        }
        ranges.sort_unstable_by(|one, other| one[0].total_cmp(&other[0]));
        let overlap = ranges.windows(2).any(|pair| pair[0][1] > pair[1][0]);
        Ok(overlap.then_some("ranges overlap"))
    }
}

/// What version 1 drew otherwise.
#[derive(Deserialize)]
struct DrawnByVersion1 {
    holdout: Option<serde_json::Value>,
    namespace: Option<serde_json::Value>,
}

/// Refuses arms that make no sense; the place of the control.
pub(super) fn check_arms(arms: &[Arm]) -> Result<usize> {
    check_names(arms.iter().map(|arm| arm.name.as_str()))?;
    let controls: Vec<usize> = (0..arms.len()).filter(|&arm| arms[arm].control).collect();
    let &[control] = controls.as_slice() else {
        return Err(Error::argument("arms", format_args!("{} controls", controls.len()), "one control"));
    };
    if arms.len() < 2 {
        return Err(Error::argument("arms", "no target", "at least one beside the control"));
    }
    for arm in arms {
        if !(arm.weight >= 0.0 && arm.weight.is_finite()) {
            return Err(Error::argument("weight", arm.weight, "at least 0 and finite").on(&arm.name));
        }
    }
    let total: f64 = arms.iter().map(|arm| arm.weight).sum();
    if total > 0.0 && total.is_finite() {
        Ok(control)
    } else {
        Err(Error::argument("weights", format_args!("a sum of {total}"), "above 0 and finite"))
    }
}

fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if name.is_empty() || seen.contains(&name) {
            return Err(Error::argument("arms", format_args!("the name {name:?}"), "names, each once"));
        }
        seen.push(name);
    }
    Ok(())
}

/// Gives up so much, from the end.
fn release(ranges: &mut Vec<[f64; 2]>, mut surplus: f64) {
    while surplus > 0.0 {
        let Some(last) = ranges.last_mut() else { return };
        let length = last[1] - last[0];
        if length > surplus {
            last[1] -= surplus;
            return;
        }
        surplus -= length;
        ranges.pop();
    }
}

/// Takes so much of what is free, from the start; returns what could not be had.
fn occupy(ranges: &mut Vec<[f64; 2]>, free: &[[f64; 2]], mut missing: f64) -> f64 {
    for &[start, end] in free {
        if missing <= 1e-15 {
            break;
        }
        let taken = if end - start <= missing + 1e-15 { end } else { start + missing };
        missing -= taken - start;
        ranges.push([start, taken]);
    }
    ranges.sort_unstable_by(|one, other| one[0].total_cmp(&other[0]));
    // Neighbours become one.
    let mut joined: Vec<[f64; 2]> = Vec::with_capacity(ranges.len());
    for range in ranges.drain(..) {
        match joined.last_mut() {
            Some(last) if last[1] == range[0] => last[1] = range[1],
            _ => joined.push(range),
        }
    }
    *ranges = joined;
    missing.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Split {
        Split::new("s", &[Arm::target("a", 1.0), Arm::target("b", 2.0), Arm::control("none", 1.0)]).unwrap()
    }

    #[test]
    fn weights_become_ranges_without_gaps() {
        let ranges: Vec<_> = plan().arms.iter().map(|arm| arm.ranges.clone()).collect();
        assert_eq!(ranges, [vec![[0.0, 0.25]], vec![[0.25, 0.75]], vec![[0.75, 1.0]]]);
        let tenths: Vec<Arm> = (0..10)
            .map(|arm| if arm == 0 { Arm::control("0", 0.1) } else { Arm::target(&arm.to_string(), 0.1) })
            .collect();
        let split = Split::new("s", &tenths).unwrap();
        assert_eq!(split.arm_of(1.0 - f64::EPSILON / 2.0), Some(9));
        assert_eq!(split.free(), Vec::<[f64; 2]>::new());
    }

    #[test]
    fn an_arm_grows_from_those_that_shrink() {
        let split = plan().with_shares(&[0.35, 0.4, 0.25]).unwrap();
        assert!((split.shares()[0] - 0.35).abs() < 1e-15);
        for bucket in (0..1000).map(|step| f64::from(step) / 1000.0) {
            let (before, after) = (plan().arm_of(bucket).unwrap(), split.arm_of(bucket).unwrap());
            assert!(before == after || (before, after) == (1, 0), "{bucket}: {before} {after}");
        }
        assert_eq!(split.with_coverage(0.5).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn an_arm_that_grows_back_finds_its_own_customers_first() {
        let split = plan().with_coverage(0.5).unwrap();
        let grown = split.clone().with_shares(&[0.25, 0.25, 0.25]).unwrap();
        assert_eq!(grown.arms[0].ranges, [[0.0, 0.25]]);
        assert_eq!(grown.arms[1].ranges, [[0.25, 0.5]]);
        assert_eq!(grown.arms[2].ranges, [[0.75, 1.0]]);
    }

    #[test]
    fn saved_plans_are_checked() {
        let split = plan()
            .with_shares(&[0.3, 0.3, 0.3])
            .unwrap()
            .without(Holdout::new("h", 0.1).unwrap())
            .without(Holdout::new("i", 0.2).unwrap())
            .within(Namespace::new("n", 0.0, 0.5).unwrap())
            .unwrap();
        assert_eq!(Split::from_json(&split.to_json()).unwrap(), split);
        let kind = |text: &str| Split::from_json(text).unwrap_err().kind();
        assert_eq!(kind("{}"), ErrorKind::Corrupt);
        for end in [0.8, 1.5, 0.2] {
            let mut value: serde_json::Value = serde_json::from_str(&plan().to_json()).unwrap();
            value["arms"][1]["ranges"][0][1] = end.into();
            assert_eq!(kind(&value.to_string()), ErrorKind::Corrupt, "{end}");
        }
        let version = |of: u32| format!("\"version\": {of}");
        assert_eq!(kind(&plan().to_json().replace(&version(2), &version(3))), ErrorKind::Incompatible);
    }

    #[test]
    fn plans_of_version_1_are_read_unless_they_were_drawn_otherwise() {
        let of_version_1 = |holdout: &str, namespace: &str| {
            let text = r#"{"model": "split", "version": 1, "salt": "s", "hash": "xxh3", "arms": [
                {"name": "a", "slot": [0.0, 0.5], "ranges": [[0.0, 0.5]]},
                {"name": "none", "slot": [0.5, 1.0], "ranges": [[0.5, 1.0]]}
            ], "control": 1, "coverage": 1.0, "namespace": NAMESPACE, "holdout": HOLDOUT}"#;
            Split::from_json(&text.replace("NAMESPACE", namespace).replace("HOLDOUT", holdout))
        };
        let halves = Split::new("s", &[Arm::target("a", 1.0), Arm::control("none", 1.0)]).unwrap();
        assert_eq!(of_version_1("null", "null").unwrap(), halves);
        let held = of_version_1(r#"{"salt": "h", "share": 0.1}"#, "null").unwrap_err();
        assert_eq!(held.kind(), ErrorKind::Incompatible);
        let part = of_version_1("null", r#"{"salt": "n", "from": 0.0, "to": 0.5}"#).unwrap_err();
        assert_eq!(part.kind(), ErrorKind::Incompatible);
    }

    #[test]
    fn a_second_namespace_is_refused() {
        let once = plan().within(Namespace::new("n", 0.0, 0.5).unwrap()).unwrap();
        let twice = once.within(Namespace::new("n", 0.0, 0.2).unwrap()).unwrap_err();
        assert_eq!((twice.kind(), twice.argument_name()), (ErrorKind::InvalidArgument, Some("namespace")));
    }

    #[test]
    fn plans_that_make_no_sense_are_refused() {
        let kind = |salt: &str, arms: &[Arm]| Split::new(salt, arms).unwrap_err().kind();
        let (a, none) = (Arm::target("a", 1.0), Arm::control("none", 1.0));
        for (salt, arms) in [
            ("", vec![a.clone(), none.clone()]),
            ("s", vec![a.clone()]),
            ("s", vec![none.clone()]),
            ("s", vec![none.clone(), none.clone()]),
            ("s", vec![a.clone(), a.clone(), none.clone()]),
            ("s", vec![Arm::target("", 1.0), none.clone()]),
            ("s", vec![Arm::target("a", -1.0), none.clone()]),
            ("s", vec![Arm::target("a", f64::NAN), none.clone()]),
            ("s", vec![Arm::target("a", f64::INFINITY), none.clone()]),
            ("s", vec![Arm::target("a", 0.0), Arm::control("none", 0.0)]),
        ] {
            assert_eq!(kind(salt, &arms), ErrorKind::InvalidArgument);
        }
        assert_eq!(plan().with_shares(&[0.5, 0.5, 0.5]).unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(plan().with_shares(&[0.5, 0.5]).unwrap_err().kind(), ErrorKind::LengthMismatch);
    }
}
