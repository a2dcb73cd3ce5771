//! The rules of a tier programme: tiers from low to high, when they rise and fall, and where a member lands.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::tier_measure::{TierLevels, TierMeasure};
use super::tier_period::{TierLength, TierPeriod};
use super::tier_qualification::TierQualification;
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;
use crate::saved;

/// When a member rises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum TierUpgrade {
    /// As soon as a higher tier's entry holds.
    #[default]
    Immediate = 0,
    /// At the end of the period, by its totals.
    PeriodEnd = 1,
}

named!(TierUpgrade, "upgrade", { Immediate: "immediate", PeriodEnd: "period_end" });

/// When a member falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum TierDowngrade {
    /// At the end of a period whose totals do not keep the tier.
    #[default]
    PeriodEnd = 0,
    /// As soon as nothing keeps the tier: for periods with totals of their own, neither this period's nor the last one's.
    Immediate = 1,
    /// Never.
    Never = 2,
}

named!(TierDowngrade, "downgrade", { PeriodEnd: "period_end", Immediate: "immediate", Never: "never" });

/// Where a falling member lands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum TierLanding {
    /// On the highest lower tier that its measures keep, or on none.
    #[default]
    ByBalance = 0,
    /// One tier down, or on none from the lowest.
    OneDown = 1,
}

named!(TierLanding, "landing", { ByBalance: "by_balance", OneDown: "one_down" });

/// One tier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The name.
    pub name: String,
    /// What a member must reach to come in.
    pub entry: TierQualification,
    /// What keeps a member in; the entry if not given. Whoever meets the entry must meet it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<TierQualification>,
    /// What the totals of a whole life must reach to hold the tier for ever; no such way if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<TierQualification>,
}

impl Tier {
    /// A tier with its entry, kept by the same and never for life.
    pub fn new(name: &str, entry: TierQualification) -> Self {
        Self { name: name.to_owned(), entry, keep: None, lifetime: None }
    }
}

/// When tiers are earned, and how they rise and fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TierOptions {
    /// Over which time measures add up (default: twelve months from each anniversary of joining).
    pub period: TierPeriod,
    /// When a member rises (default: at once).
    pub upgrade: TierUpgrade,
    /// When a member falls (default: at the end of a period).
    pub downgrade: TierDowngrade,
    /// Where a falling member lands (default: by balance).
    pub landing: TierLanding,
    /// For how long a member that would fall stays, and may still make up for it (default: not at all).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace: Option<TierLength>,
}

impl Default for TierOptions {
    fn default() -> Self {
        Self {
            period: TierPeriod::Joining { length: TierLength::Months(12) },
            upgrade: TierUpgrade::Immediate,
            downgrade: TierDowngrade::PeriodEnd,
            landing: TierLanding::ByBalance,
            grace: None,
        }
    }
}

impl TierOptions {
    /// Options from their JSON text; what is left out keeps its default.
    ///
    /// # Errors
    /// `Parse` for a text that holds no such options.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|error| Error::new(ErrorKind::Parse, error.to_string()).on("options"))
    }
}

/// Most tiers that a programme may have.
const MOST_TIERS: usize = 100;
const VERSION: u32 = 1;
const MODEL: &str = "tier_rules";

/// The tiers of a programme, from low to high, and their rules; checked when they are made.
///
/// Entries must be nested: whoever qualifies for a tier qualifies for each lower one, and not the other way round. This is decided for
/// bounds joined by all and any exactly, not by trying values. Below the first tier a member has none.
///
/// ```
/// use crm_core::loyalty::{Tier, TierMeasure, TierOptions, TierQualification, TierRules};
/// let points = |least| TierQualification::at_least(TierMeasure::QualifyingPoints, least);
/// let silver = Tier::new("Silver", points(100.0)?);
/// let gold = Tier { keep: Some(points(250.0)?), ..Tier::new("Gold", points(300.0)?) };
/// let rules = TierRules::new([silver.clone(), gold.clone()], TierOptions::default())?;
/// assert_eq!(TierRules::from_json(&rules.to_json())?, rules);
/// let error = TierRules::new([gold, silver], TierOptions::default()).unwrap_err();
/// assert!(error.to_string().contains("Silver"), "{error}");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RulesText", into = "RulesText")]
pub struct TierRules {
    tiers: Vec<Tier>,
    options: TierOptions,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesText {
    tiers: Vec<Tier>,
    #[serde(default)]
    options: TierOptions,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    model: String,
    version: u32,
    tiers: Vec<Tier>,
    #[serde(default)]
    options: TierOptions,
}

impl TierRules {
    /// Rules from tiers in rising order.
    ///
    /// # Errors
    /// `InvalidArgument` for no tier or more than 100, an empty or repeated name, entries that overlap or are not in order, a keep condition above
    /// the entry or out of order, lifetime conditions that are out of order or on a level, a length of 0, a change at the end of a period where
    /// no period ends, and one step down at once without grace (it would fall through all tiers on one day).
    pub fn new(tiers: impl IntoIterator<Item = Tier>, options: TierOptions) -> Result<Self> {
        let rules = Self { tiers: tiers.into_iter().collect(), options };
        rules.check_options()?;
        rules.check_names()?;
        for tier in &rules.tiers {
            let named = |error: Error| about(&tier.name, &error);
            tier.entry.check(false).map_err(named)?;
            if let Some(keep) = &tier.keep {
                keep.check(false).map_err(named)?;
                if !tier.entry.implies(keep)? {
                    return Err(unordered(
                        &tier.name,
                        "its keep condition asks for something that its entry does not",
                        "at or below the entry",
                    ));
                }
            }
            if let Some(lifetime) = &tier.lifetime {
                lifetime.check(true).map_err(named)?;
            }
        }
        rules.check_order()?;
        Ok(rules)
    }

    fn check_options(&self) -> Result<()> {
        let options = &self.options;
        options.period.check()?;
        if let Some(grace) = options.grace {
            grace.check("grace")?;
        }
        if options.period.step().is_none() {
            let accepted = "immediate, as no period ends (a rolling period needs a review)";
            if options.upgrade == TierUpgrade::PeriodEnd {
                return Err(Error::argument("upgrade", options.upgrade.name(), accepted));
            }
            if options.downgrade == TierDowngrade::PeriodEnd {
                return Err(Error::argument("downgrade", options.downgrade.name(), accepted));
            }
        }
        let falls_through =
            options.downgrade == TierDowngrade::Immediate && options.landing == TierLanding::OneDown;
        if falls_through && options.grace.is_none() {
            let accepted =
                "by_balance, or given a grace: one step down at once would fall through all tiers on one day";
            return Err(Error::argument("landing", options.landing.name(), accepted));
        }
        Ok(())
    }

    fn check_names(&self) -> Result<()> {
        if self.tiers.is_empty() || self.tiers.len() > MOST_TIERS {
            return Err(Error::argument(
                "tiers",
                format_args!("{} tiers", self.tiers.len()),
                "1 to 100 tiers",
            ));
        }
        let mut seen = HashSet::new();
        for Tier { name, .. } in &self.tiers {
            if name.is_empty() || !seen.insert(name) {
                return Err(Error::argument(
                    "tiers",
                    format_args!("the name {name:?}"),
                    "given, and given once",
                ));
            }
        }
        Ok(())
    }

    fn check_order(&self) -> Result<()> {
        for pair in self.tiers.windows(2) {
            let [low, high] = pair else { continue };
            let order = format!("above {}", low.name);
            if !high.entry.implies(&low.entry)? {
                let what = format!("its entry can be met without that of {}", low.name);
                return Err(unordered(
                    &high.name,
                    &what,
                    "nested: tiers from low to high, each asking for all that the one below asks",
                ));
            }
            if low.entry.implies(&high.entry)? {
                return Err(unordered(
                    &high.name,
                    &format!("it overlaps {}: their entries are the same", low.name),
                    &order,
                ));
            }
            if !keep(high).implies(keep(low))? {
                let what = format!("its keep condition can be met without that of {}", low.name);
                return Err(unordered(&high.name, &what, &order));
            }
        }
        let lifetimes: Vec<_> =
            self.tiers.iter().filter_map(|tier| Some((tier, tier.lifetime.as_ref()?))).collect();
        for pair in lifetimes.windows(2) {
            let [(low, lower), (high, higher)] = pair else { continue };
            if !higher.implies(lower)? || lower.implies(higher)? {
                let what = format!("its lifetime condition is not above that of {}", low.name);
                return Err(unordered(&high.name, &what, &format!("above {}", low.name)));
            }
        }
        Ok(())
    }

    /// Rules from their JSON text: `{"model": "tier_rules", "version": 1, "tiers": [...], "options": {...}}`.
    ///
    /// # Errors
    /// `Corrupt` for a text that holds no rules, `Incompatible` for a later version, and those of [`new`](Self::new).
    pub fn from_json(text: &str) -> Result<Self> {
        let saved: Saved = saved::from_json(text, VERSION, &[MODEL])?;
        Self::new(saved.tiers, saved.options)
    }

    /// The rules as JSON text.
    pub fn to_json(&self) -> String {
        let saved = Saved {
            model: MODEL.to_owned(),
            version: VERSION,
            tiers: self.tiers.clone(),
            options: self.options,
        };
        // Names, numbers and enums of our own: nothing that JSON cannot hold.
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// The tiers, from low to high.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// When tiers are earned, and how they rise and fall.
    pub fn options(&self) -> &TierOptions {
        &self.options
    }

    /// The place of a tier, counted from the lowest, 0.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn tier_named(&self, name: &str) -> Result<usize> {
        self.tiers.iter().position(|tier| tier.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tiers.iter().map(|tier| tier.name.as_str()).collect();
            Error::argument("tier", format_args!("{name:?}"), &format!("one of {}", names.join(" ")))
        })
    }

    /// The highest tier whose entry holds.
    pub(super) fn entered(&self, levels: &TierLevels) -> Option<u16> {
        // Entries are nested, so the first that does not hold ends the search.
        let count = self.tiers.iter().take_while(|tier| tier.entry.holds(levels)).count();
        count.checked_sub(1).map(|place| place as u16)
    }

    /// What keeps a member in a tier.
    pub(super) fn keep(&self, tier: u16) -> Option<&TierQualification> {
        self.tiers.get(usize::from(tier)).map(keep)
    }

    /// Whether any condition asks for a measure.
    pub(super) fn uses(&self, measure: TierMeasure) -> bool {
        let parts = |tier: &Tier| [Some(tier.entry.clone()), tier.keep.clone(), tier.lifetime.clone()];
        self.tiers.iter().flat_map(parts).flatten().any(|condition| condition.uses(measure))
    }

    /// The highest tier that the totals of a life give.
    pub(super) fn for_life(&self, levels: &TierLevels) -> Option<u16> {
        let holds = |tier: &Tier| tier.lifetime.as_ref().is_some_and(|lifetime| lifetime.holds(levels));
        self.tiers.iter().rposition(holds).map(|place| place as u16)
    }
}

fn keep(tier: &Tier) -> &TierQualification {
    tier.keep.as_ref().unwrap_or(&tier.entry)
}

fn unordered(tier: &str, what: &str, accepted: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("{tier}: {what}; it must be {accepted}")).on("tiers")
}

fn about(tier: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("{tier}: {error}")).on("tiers")
}

impl TryFrom<RulesText> for TierRules {
    type Error = Error;
    fn try_from(text: RulesText) -> Result<Self> {
        Self::new(text.tiers, text.options)
    }
}

impl From<TierRules> for RulesText {
    fn from(rules: TierRules) -> Self {
        Self { tiers: rules.tiers, options: rules.options }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_least(measure: TierMeasure, value: f64) -> TierQualification {
        TierQualification::at_least(measure, value).unwrap()
    }

    fn points(value: f64) -> TierQualification {
        at_least(TierMeasure::QualifyingPoints, value)
    }

    fn refused(tiers: Vec<Tier>, options: TierOptions) -> String {
        let error = TierRules::new(tiers, options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        error.to_string()
    }

    fn two() -> Vec<Tier> {
        vec![Tier::new("Silver", points(100.0)), Tier::new("Gold", points(300.0))]
    }

    #[test]
    fn overlapping_and_unordered_tiers_are_named() {
        let same = vec![Tier::new("Silver", points(100.0)), Tier::new("Gold", points(100.0))];
        assert!(refused(same, TierOptions::default()).contains("Gold: it overlaps Silver"));
        let orders = Tier::new("Gold", at_least(TierMeasure::Orders, 9.0));
        let apart = vec![Tier::new("Silver", points(100.0)), orders];
        assert!(refused(apart, TierOptions::default()).contains("can be met without that of Silver"));
        let mut twice = two();
        twice[1].name = "Silver".to_owned();
        assert!(refused(twice, TierOptions::default()).contains("Silver"));
        assert!(refused(Vec::new(), TierOptions::default()).contains("0 tiers"));
    }

    #[test]
    fn keep_and_lifetime_conditions_have_an_order_too() {
        let mut tiers = two();
        tiers[1].keep = Some(points(301.0));
        assert!(refused(tiers.clone(), TierOptions::default()).contains("keep"));
        tiers[1].keep = Some(points(99.0));
        assert!(refused(tiers.clone(), TierOptions::default()).contains("without that of Silver"));
        tiers[0].keep = Some(points(50.0));
        assert!(TierRules::new(tiers.clone(), TierOptions::default()).is_ok());
        tiers[0].lifetime = Some(points(5_000.0));
        tiers[1].lifetime = Some(points(5_000.0));
        assert!(refused(tiers.clone(), TierOptions::default()).contains("lifetime"));
        tiers[1].lifetime = Some(at_least(TierMeasure::Score, 90.0));
        assert!(refused(tiers, TierOptions::default()).contains("score"));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let unbounded = TierOptions { period: TierPeriod::Unbounded, ..TierOptions::default() };
        assert!(refused(two(), unbounded).contains("downgrade"));
        let late =
            TierOptions { upgrade: TierUpgrade::PeriodEnd, downgrade: TierDowngrade::Never, ..unbounded };
        assert!(refused(two(), late).contains("upgrade"));
        let falling = TierOptions {
            downgrade: TierDowngrade::Immediate,
            landing: TierLanding::OneDown,
            ..TierOptions::default()
        };
        assert!(refused(two(), falling).contains("landing"));
        let graceful = TierOptions { grace: Some(TierLength::Days(30)), ..falling };
        assert!(TierRules::new(two(), graceful).is_ok());
        let none = TierOptions { grace: Some(TierLength::Days(0)), ..TierOptions::default() };
        assert!(refused(two(), none).contains("grace"));
    }

    #[test]
    fn json_keeps_the_rules_and_says_what_is_wrong() {
        let rules = TierRules::new(two(), TierOptions::default()).unwrap();
        assert_eq!(TierRules::from_json(&rules.to_json()).unwrap(), rules);
        let plain: TierRules = serde_json::from_str(&serde_json::to_string(&rules).unwrap()).unwrap();
        assert_eq!(plain, rules);
        let text = rules.to_json();
        for (bad, kind, word) in [
            (text.replace("tier_rules", "tier_rulez"), ErrorKind::Corrupt, "tier_rulez"),
            (text.replace("\"version\":1", "\"version\":2"), ErrorKind::Incompatible, "version 2"),
            (text.replace("300.0", "50.0"), ErrorKind::InvalidArgument, "Gold"),
            (text.replace("300.0", "-300.0"), ErrorKind::Corrupt, "-300"),
            (text.replace("\"upgrade\":", "\"upgrading\":"), ErrorKind::Corrupt, "upgrading"),
            (text.replace("qualifying_points", "karma"), ErrorKind::Corrupt, "karma"),
        ] {
            let error = TierRules::from_json(&bad).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn names_find_tiers() {
        let rules = TierRules::new(two(), TierOptions::default()).unwrap();
        assert_eq!(rules.tier_named("Gold").unwrap(), 1);
        assert!(rules.tier_named("Lead").unwrap_err().to_string().contains("Silver Gold"));
        for (&upgrade, code) in TierUpgrade::ALL.iter().zip(0..) {
            assert_eq!(TierUpgrade::from_code(code).unwrap(), upgrade);
        }
        assert_eq!(TierDowngrade::from_name("never").unwrap(), TierDowngrade::Never);
        assert_eq!(TierLanding::from_name("one_down").unwrap(), TierLanding::OneDown);
    }
}
