//! What a programme offers: rewards with their cost, price, eligibility, caps and validity.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::tier_period::iso_day;
use super::tier_qualification::TierQualification;
use crate::customer::{Day, Money};
use crate::error::{Error, Result};
use crate::named::named;
use crate::saved;

/// What sort of incentive a reward is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum RewardKind {
    /// Goods, discounts, vouchers.
    #[default]
    Material = 0,
    /// Recognition: a badge, a lounge, a queue of one's own.
    Status = 1,
    /// A chance: early access, an event, a draw.
    Opportunity = 2,
}

named!(RewardKind, "reward_kind", { Material: "material", Status: "status", Opportunity: "opportunity" });

/// One reward. Money is given in currency units in JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reward {
    /// The name.
    pub name: String,
    /// What sort of incentive it is.
    #[serde(default)]
    pub kind: RewardKind,
    /// What one costs the company.
    #[serde(with = "units")]
    pub unit_cost: Money,
    /// What one costs the member in points (default 0).
    #[serde(default)]
    pub points_price: i64,
    /// What one is worth to the member (default 0).
    #[serde(default, with = "units")]
    pub perceived_value: Money,
    /// The tiers that may have it, by name; all members, with or without a tier, if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// The segments that may have it, by name; all members if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// What the member's measures must reach; nothing if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<TierQualification>,
    /// Most for one member; no limit if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_per_member: Option<u64>,
    /// Most for all members together; no limit if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_total: Option<u64>,
    /// The first day on which it is offered; always before `valid_until` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_day")]
    pub valid_from: Option<Day>,
    /// The first day on which it is offered no more; never if not given.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_day")]
    pub valid_until: Option<Day>,
}

const VERSION: u32 = 1;
const MODEL: &str = "reward_catalogue";
/// So many that the costs of all, of whatever quantity, fit 128 bits.
const MOST_REWARDS: usize = 1000;
/// Most money for one reward: below it every micro-unit is a double of its own.
const MOST_MONEY: i128 = 9_000_000_000_000_000;

/// Rewards, checked when they are put together.
///
/// ```
/// use crm_core::customer::Money;
/// use crm_core::loyalty::{Reward, RewardCatalogue};
/// let mug = Reward { name: "Mug".to_owned(), unit_cost: Money::parse("3.20").unwrap(), points_price: 400, ..Default::default() };
/// let catalogue = RewardCatalogue::new([mug])?;
/// assert_eq!(RewardCatalogue::from_json(&catalogue.to_json())?, catalogue);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RewardCatalogue {
    rewards: Vec<Reward>,
    places: HashMap<String, usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    model: String,
    version: u32,
    rewards: Vec<Reward>,
}

impl RewardCatalogue {
    /// A catalogue of rewards.
    ///
    /// # Errors
    /// `InvalidArgument` for more than 1000 rewards, an empty or repeated name, a cost, price or perceived value that is negative or above 9e9 currency units (9e15 points),
    /// a validity that ends before it begins, or an eligibility that names a tier or segment twice or nobody can meet.
    pub fn new(rewards: impl IntoIterator<Item = Reward>) -> Result<Self> {
        let rewards: Vec<Reward> = rewards.into_iter().collect();
        if rewards.len() > MOST_REWARDS {
            return Err(Error::argument(
                "rewards",
                format_args!("{} rewards", rewards.len()),
                "at most 1000",
            ));
        }
        let mut places = HashMap::new();
        for (place, reward) in rewards.iter().enumerate() {
            let name = &reward.name;
            if name.is_empty() || places.insert(name.clone(), place).is_some() {
                return Err(Error::argument(
                    "rewards",
                    format_args!("the name {name:?}"),
                    "given, and given once",
                ));
            }
            reward.check()?;
        }
        Ok(Self { rewards, places })
    }

    /// The rewards, in the order given.
    pub fn rewards(&self) -> &[Reward] {
        &self.rewards
    }

    /// The place of a reward.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn reward_named(&self, name: &str) -> Result<usize> {
        self.places.get(name).copied().ok_or_else(|| {
            Error::argument("reward", format_args!("{name:?}"), "the name of a reward of the catalogue")
        })
    }

    /// A catalogue from its JSON text: `{"model": "reward_catalogue", "version": 1, "rewards": [...]}`.
    ///
    /// # Errors
    /// `Corrupt` for a text that holds no catalogue, `Incompatible` for a later version, and those of [`new`](Self::new).
    pub fn from_json(text: &str) -> Result<Self> {
        let saved: Saved = saved::from_json(text, VERSION, &[MODEL])?;
        Self::new(saved.rewards)
    }

    /// The catalogue as JSON text.
    pub fn to_json(&self) -> String {
        let saved = Saved { model: MODEL.to_owned(), version: VERSION, rewards: self.rewards.clone() };
        // Names, numbers and enums of our own: nothing that JSON cannot hold.
        serde_json::to_string(&saved).unwrap_or_default()
    }
}

impl Reward {
    fn check(&self) -> Result<()> {
        let refuse = |what: &str, value: &dyn std::fmt::Display, accepted: &str| {
            Err(Error::argument("rewards", format_args!("the {what} {value} of {}", self.name), accepted))
        };
        for (what, money) in [("unit cost", self.unit_cost), ("perceived value", self.perceived_value)] {
            if !(0..=MOST_MONEY).contains(&money.micros()) {
                return refuse(what, &money, "from 0 to 9e9 currency units");
            }
        }
        if !(0..=MOST_MONEY as i64).contains(&self.points_price) {
            return refuse("points price", &self.points_price, "from 0 to 9e15 points");
        }
        if let (Some(from), Some(until)) = (self.valid_from, self.valid_until)
            && until <= from
        {
            return refuse("end of validity", &until, &format!("after its start {from}"));
        }
        for (what, names) in [("tier", &self.tiers), ("segment", &self.segments)] {
            let mut seen = HashSet::new();
            if let Some(name) = names.iter().find(|name| name.is_empty() || !seen.insert(*name)) {
                return refuse(what, &format_args!("{name:?}"), "given, and given once");
            }
        }
        match &self.threshold {
            Some(threshold) => threshold
                .check(false)
                .map_err(|error| Error::new(error.kind(), format!("{}: {error}", self.name)).on("rewards")),
            None => Ok(()),
        }
    }
}

/// Money as a number of currency units.
mod units {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::customer::Money;

    pub(super) fn serialize<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(money.to_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?.to_string();
        Money::parse(&number)
            .ok_or_else(|| D::Error::custom(format!("{number} is outside ±9223372036854.775807")))
    }
}

/// A day as ISO 8601 text, or nothing.
mod optional_day {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::iso_day;
    use crate::customer::Day;

    #[derive(Deserialize)]
    struct Text(#[serde(with = "iso_day")] Day);

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    pub(super) fn serialize<S: Serializer>(day: &Option<Day>, serializer: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => iso_day::serialize(day, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Day>, D::Error> {
        Ok(Option::<Text>::deserialize(deserializer)?.map(|Text(day)| day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn lounge() -> Reward {
        Reward {
            name: "Lounge".to_owned(),
            kind: RewardKind::Status,
            unit_cost: Money::parse("12.5").unwrap(),
            tiers: vec!["Gold".to_owned()],
            segments: vec!["常客".to_owned()],
            threshold: Some(TierQualification::everyone()),
            cap_per_member: Some(2),
            cap_total: Some(100),
            valid_from: Some(Day::parse("2024-01-01").unwrap()),
            valid_until: Some(Day::parse("2025-01-01").unwrap()),
            ..Reward::default()
        }
    }

    #[test]
    fn json_reads_as_people_write_it() {
        let catalogue = RewardCatalogue::new([lounge()]).unwrap();
        assert_eq!(RewardCatalogue::from_json(&catalogue.to_json()).unwrap(), catalogue);
        let text = r#"{"model": "reward_catalogue", "version": 1, "rewards": [
            {"name": "Mug", "unit_cost": 3.2, "points_price": 400},
            {"name": "Preview", "kind": "opportunity", "unit_cost": 0, "valid_from": "2024-05-01"}]}"#;
        let catalogue = RewardCatalogue::from_json(text).unwrap();
        assert_eq!(catalogue.rewards()[0].unit_cost, Money::from_micros(3_200_000));
        assert_eq!(catalogue.rewards()[1].kind, RewardKind::Opportunity);
        assert_eq!(catalogue.reward_named("Preview").unwrap(), 1);
        assert!(catalogue.reward_named("Cup").unwrap_err().to_string().contains("Cup"));
    }

    #[test]
    fn rewards_that_make_no_sense_are_refused() {
        let cases: [(fn(&mut Reward), &str); 8] = [
            (|reward| reward.name.clear(), "name"),
            (|reward| reward.unit_cost = Money::from_micros(-1), "-0.000001"),
            (|reward| reward.perceived_value = Money::from_micros(i128::MAX), "perceived value"),
            (|reward| reward.points_price = -5, "-5"),
            (|reward| reward.valid_until = reward.valid_from, "2024-01-01"),
            (|reward| reward.tiers.push("Gold".to_owned()), "Gold"),
            (|reward| reward.segments.push(String::new()), "segment"),
            (|reward| reward.threshold = Some(TierQualification::Any(Vec::new())), "Lounge"),
        ];
        for (spoil, word) in cases {
            let mut reward = lounge();
            spoil(&mut reward);
            let error = RewardCatalogue::new([reward]).unwrap_err();
            assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidArgument, Some("rewards")));
            assert!(error.to_string().contains(word), "{error}");
        }
        assert!(RewardCatalogue::new([lounge(), lounge()]).is_err());
        let text = RewardCatalogue::new([lounge()]).unwrap().to_json();
        for (from, to) in
            [("12.5", "1e300"), ("2024-01-01", "2024-02-30"), ("status", "statue"), ("kind", "kin")]
        {
            assert_eq!(
                RewardCatalogue::from_json(&text.replace(from, to)).unwrap_err().kind(),
                ErrorKind::Corrupt
            );
        }
    }
}
