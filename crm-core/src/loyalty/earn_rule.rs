//! How many points a purchase earns.

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::decimal::{Decimal, Fraction, PointRounding};
use crate::customer::{Day, MICROS_PER_UNIT};
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// How several factors that apply to one purchase join; the bonus of the tier is one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum FactorStacking {
    /// Their extra parts add up: 2 and 1.5 make 2.5.
    #[default]
    Sum = 0,
    /// They multiply: 2 and 1.5 make 3.
    Product = 1,
    /// The greatest one counts: 2 and 1.5 make 2.
    Highest = 2,
}

named!(FactorStacking, "stacking", { Sum: "sum", Product: "product", Highest: "highest" });

/// A factor on the points of some purchases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarnMultiplier {
    /// The name, for messages.
    pub name: String,
    /// The factor: 2 doubles the points, 0 leaves none.
    pub factor: Decimal,
    /// The categories that it holds for; all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The tiers that it holds for; all, and members without one, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<String>,
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::iso_day::optional")]
    pub from: Option<Day>,
    /// The first day on which it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::iso_day::optional")]
    pub until: Option<Day>,
}

/// The factor on the points of the members of a tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierBonus {
    /// The tier.
    pub tier: String,
    /// The factor.
    pub factor: Decimal,
}

/// Points for money, times factors, rounded once.
///
/// ```text
/// points = round(amount * points / per * factor)
/// factor = 1 + sum(f - 1), product(f) or the greatest f over the multipliers that apply and the bonus of the tier
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarnRule {
    /// Points for each `per` of money (default 1), at most 1,000,000.
    pub points: u32,
    /// The amount that earns `points` (default 1 currency unit).
    pub per: Decimal,
    /// How fractions of a point are rounded (default: down).
    pub rounding: PointRounding,
    /// How factors join (default: their extra parts add up).
    pub stacking: FactorStacking,
    /// Purchases below this amount earn nothing.
    pub minimum_amount: Decimal,
    /// Categories that earn nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// Factors on some purchases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<EarnMultiplier>,
    /// Factors by tier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tier_bonus: Vec<TierBonus>,
    /// Days until points can be spent: from the start of the so-manieth day after the purchase (default 0, at once).
    pub pending_days: u32,
}

impl Default for EarnRule {
    fn default() -> Self {
        Self {
            points: 1,
            per: Decimal::ONE,
            rounding: PointRounding::Down,
            stacking: FactorStacking::Sum,
            minimum_amount: Decimal::default(),
            excluded: Vec::new(),
            multipliers: Vec::new(),
            tier_bonus: Vec::new(),
            pending_days: 0,
        }
    }
}

/// The greatest factor.
const GREATEST_FACTOR: i64 = 1_000_000 * MICROS_PER_UNIT;

impl EarnRule {
    pub(super) fn check(&self, tiers: &[String]) -> Result<()> {
        if self.points > 1_000_000 {
            return Err(Error::argument("earn.points", self.points, "at most 1000000"));
        }
        if self.per.micros() <= 0 {
            return Err(Error::argument("earn.per", self.per, "above 0"));
        }
        if self.minimum_amount.micros() < 0 {
            return Err(Error::argument("earn.minimum_amount", self.minimum_amount, "at least 0"));
        }
        if self.pending_days > 36_525 {
            return Err(Error::argument("earn.pending_days", self.pending_days, "at most 36525"));
        }
        let check_factor = |name: &str, factor: Decimal| {
            if (0..=GREATEST_FACTOR).contains(&factor.micros()) {
                Ok(())
            } else {
                Err(Error::argument(name, factor, "from 0 to 1000000"))
            }
        };
        let check_tier = |name: &str, tier: &String| {
            if tiers.contains(tier) {
                Ok(())
            } else {
                Err(Error::argument(name, format_args!("the tier {tier:?}"), &format!("one of {tiers:?}")))
            }
        };
        for multiplier in &self.multipliers {
            let name = format!("earn.multipliers, {}", multiplier.name);
            check_factor(&name, multiplier.factor)?;
            multiplier.tiers.iter().try_for_each(|tier| check_tier(&name, tier))?;
            if let (Some(from), Some(until)) = (multiplier.from, multiplier.until)
                && from >= until
            {
                return Err(Error::argument(&name, format_args!("until {until}"), &format!("after {from}")));
            }
        }
        for (place, bonus) in self.tier_bonus.iter().enumerate() {
            check_factor("earn.tier_bonus", bonus.factor)?;
            check_tier("earn.tier_bonus", &bonus.tier)?;
            if self.tier_bonus[..place].iter().any(|other| other.tier == bonus.tier) {
                return Err(Error::argument(
                    "earn.tier_bonus",
                    format_args!("{:?} twice", bonus.tier),
                    "one a tier",
                ));
            }
        }
        Ok(())
    }
}

/// An earn rule made ready: names are places, days are instants.
pub(super) struct EarnTable {
    rule: EarnRule,
    categories: Vec<String>,
    multipliers: Vec<Prepared>,
    tier_factors: Vec<Option<Decimal>>,
}

struct Prepared {
    factor: Decimal,
    /// By category and by tier, whether it holds; for all if empty.
    categories: Vec<bool>,
    tiers: Vec<bool>,
    from: i64,
    until: i64,
    excludes: bool,
}

impl EarnTable {
    pub(super) fn new(rule: &EarnRule, tiers: &[String], calendar: &Calendar) -> Result<Self> {
        let named = rule.multipliers.iter().flat_map(|multiplier| &multiplier.categories);
        let mut categories: Vec<String> = named.chain(&rule.excluded).cloned().collect();
        categories.sort_unstable();
        categories.dedup();
        let places = |all: &[String], chosen: &[String]| -> Vec<bool> {
            if chosen.is_empty() { Vec::new() } else { all.iter().map(|one| chosen.contains(one)).collect() }
        };
        let instant =
            |day: Option<Day>, open: i64| day.map_or(Ok(open), |day| calendar.start_of(day.number()));
        let mut multipliers = Vec::new();
        for given in &rule.multipliers {
            multipliers.push(Prepared {
                factor: given.factor,
                categories: places(&categories, &given.categories),
                tiers: places(tiers, &given.tiers),
                from: instant(given.from, i64::MIN)?,
                until: instant(given.until, i64::MAX)?,
                excludes: false,
            });
        }
        if !rule.excluded.is_empty() {
            multipliers.push(Prepared {
                factor: Decimal::default(),
                categories: places(&categories, &rule.excluded),
                tiers: Vec::new(),
                from: i64::MIN,
                until: i64::MAX,
                excludes: true,
            });
        }
        let bonus = |tier: &String| {
            rule.tier_bonus.iter().find(|bonus| bonus.tier == *tier).map(|bonus| bonus.factor)
        };
        let tier_factors = tiers.iter().map(bonus).collect();
        Ok(Self { rule: rule.clone(), categories, multipliers, tier_factors })
    }

    /// The place of a category that a rule names.
    pub(super) fn category(&self, name: &str) -> Option<u32> {
        self.categories.binary_search_by(|one| one.as_str().cmp(name)).ok().map(|place| place as u32)
    }

    /// The points of a purchase of `amount` micro-units, which is not negative.
    pub(super) fn points(
        &self,
        amount: i64,
        category: Option<u32>,
        tier: Option<u16>,
        time: i64,
    ) -> Result<i64> {
        if amount < self.rule.minimum_amount.micros() {
            return Ok(0);
        }
        let holds = |flags: &[bool], place: Option<usize>| {
            flags.is_empty() || place.is_some_and(|place| flags.get(place).copied().unwrap_or(false))
        };
        let (category, tier) = (category.map(|place| place as usize), tier.map(usize::from));
        let bonus = tier.and_then(|tier| self.tier_factors.get(tier).copied().flatten());
        let one = MICROS_PER_UNIT;
        let (mut sum, mut highest, mut count) = (one, 0, 0);
        let mut product = Fraction::ONE;
        let mut join = |factor: Decimal| -> Result<()> {
            // At most a few thousand factors of at most 1e12.
            sum += factor.micros() - one;
            highest = highest.max(factor.micros());
            count += 1;
            if self.rule.stacking == FactorStacking::Product {
                product = product.times(Fraction::of(factor))?;
            }
            Ok(())
        };
        for multiplier in &self.multipliers {
            let applies = holds(&multiplier.categories, category)
                && holds(&multiplier.tiers, tier)
                && (multiplier.from..multiplier.until).contains(&time);
            if applies && multiplier.excludes {
                return Ok(0);
            }
            if applies {
                join(multiplier.factor)?;
            }
        }
        if let Some(factor) = bonus {
            join(factor)?;
        }
        let base = i128::from(amount) * i128::from(self.rule.points);
        let per = i128::from(self.rule.per.micros());
        if count == 0 {
            return whole(self.rule.rounding.divide(base, per));
        }
        let factor = match self.rule.stacking {
            FactorStacking::Product => {
                return Fraction::new(base, per).times(product)?.round(self.rule.rounding);
            }
            FactorStacking::Sum => sum.max(0),
            FactorStacking::Highest => highest,
        };
        // Below 2^63 * 1e6 * 2^53 and 2^63 * 1e6: both fit 128 bits, and checked all the same.
        let numerator = base.checked_mul(factor.into()).ok_or_else(|| above(base))?;
        whole(self.rule.rounding.divide(numerator, per * i128::from(one)))
    }
}

fn above(points: i128) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("{points} points are above {}", i64::MAX)).on("points")
}

fn whole(points: i128) -> Result<i64> {
    i64::try_from(points).map_err(|_| above(points))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::BusinessZone;

    const UNIT: i64 = MICROS_PER_UNIT;

    fn table(json: &str) -> EarnTable {
        let tiers = ["Silver", "Gold"].map(str::to_owned);
        let rule: EarnRule = serde_json::from_str(json).unwrap();
        rule.check(&tiers).unwrap();
        EarnTable::new(&rule, &tiers, &Calendar::new(BusinessZone::UTC)).unwrap()
    }

    #[test]
    fn points_are_rounded_once_as_chosen() {
        for (rounding, expected) in [("down", 2), ("half_up", 3), ("up", 3)] {
            let table = table(&format!(r#"{{"points": 1, "per": "4.00", "rounding": "{rounding}"}}"#));
            assert_eq!(table.points(10 * UNIT, None, None, 0).unwrap(), expected, "{rounding}");
        }
        // 0.1 is not a binary fraction: thirds and tenths are exact all the same.
        let table = table(r#"{"points": 1, "per": 0.1, "multipliers": [{"name": "x", "factor": 0.1}]}"#);
        assert_eq!(table.points(7 * UNIT, None, None, 0).unwrap(), 7);
    }

    #[test]
    fn factors_join_as_chosen_and_the_tier_bonus_is_one_of_them() {
        for (stacking, expected) in [("sum", 250), ("product", 300), ("highest", 200)] {
            let table = table(&format!(
                r#"{{"stacking": "{stacking}", "multipliers": [{{"name": "double", "factor": 2, "categories": ["茶"]}}],
                    "tier_bonus": [{{"tier": "Gold", "factor": 1.5}}]}}"#
            ));
            let tea = table.category("茶");
            assert_eq!(table.points(100 * UNIT, tea, Some(1), 0).unwrap(), expected, "{stacking}");
            assert_eq!(table.points(100 * UNIT, tea, None, 0).unwrap(), 200, "{stacking}");
            assert_eq!(table.points(100 * UNIT, None, Some(1), 0).unwrap(), 150, "{stacking}");
            assert_eq!(table.points(100 * UNIT, None, Some(0), 0).unwrap(), 100, "{stacking}");
        }
    }

    #[test]
    fn a_factor_below_one_counts_alone_too() {
        let table = table(r#"{"stacking": "highest", "multipliers": [{"name": "half", "factor": 0.5}]}"#);
        assert_eq!(table.points(100 * UNIT, None, None, 0).unwrap(), 50);
    }

    #[test]
    fn multipliers_hold_from_a_day_until_another() {
        let table = table(
            r#"{"multipliers": [{"name": "summer", "factor": 3, "from": "1970-01-02", "until": "1970-01-03",
                "tiers": ["Silver"]}]}"#,
        );
        let day = 86_400_000_000;
        for (time, expected) in [(day - 1, 1), (day, 3), (2 * day - 1, 3), (2 * day, 1)] {
            assert_eq!(table.points(UNIT, None, Some(0), time).unwrap(), expected, "{time}");
            assert_eq!(table.points(UNIT, None, Some(1), time).unwrap(), 1, "{time}");
        }
    }

    #[test]
    fn some_categories_and_small_amounts_earn_nothing() {
        let table = table(
            r#"{"excluded": ["gift"], "minimum_amount": 5, "multipliers": [{"name": "x", "factor": 2}]}"#,
        );
        assert_eq!(table.points(100 * UNIT, table.category("gift"), None, 0).unwrap(), 0);
        assert_eq!(table.points(5 * UNIT - 1, None, None, 0).unwrap(), 0);
        assert_eq!(table.points(5 * UNIT, None, None, 0).unwrap(), 10);
    }

    #[test]
    fn too_many_points_are_an_error_not_a_wrap() {
        for stacking in ["sum", "product", "highest"] {
            let table = table(&format!(
                r#"{{"points": 1000000, "per": "0.000001", "stacking": "{stacking}",
                    "multipliers": [{{"name": "x", "factor": 1000000}}, {{"name": "y", "factor": 999999.999999}}]}}"#
            ));
            let error = table.points(i64::MAX, None, None, 0).unwrap_err();
            assert_eq!((error.kind(), error.argument_name()), (ErrorKind::OutOfRange, Some("points")));
        }
    }

    #[test]
    fn rules_that_make_no_sense_are_named() {
        let tiers = ["Gold".to_owned()];
        for (json, name) in [
            (r#"{"per": 0}"#, "earn.per"),
            (r#"{"points": 1000001}"#, "earn.points"),
            (r#"{"minimum_amount": -1}"#, "earn.minimum_amount"),
            (r#"{"pending_days": 40000}"#, "earn.pending_days"),
            (r#"{"multipliers": [{"name": "x", "factor": -1}]}"#, "earn.multipliers, x"),
            (r#"{"multipliers": [{"name": "x", "factor": 1, "tiers": ["Iron"]}]}"#, "earn.multipliers, x"),
            (
                r#"{"multipliers": [{"name": "x", "factor": 1, "from": "2024-01-02", "until": "2024-01-02"}]}"#,
                "earn.multipliers, x",
            ),
            (r#"{"tier_bonus": [{"tier": "Iron", "factor": 1}]}"#, "earn.tier_bonus"),
            (
                r#"{"tier_bonus": [{"tier": "Gold", "factor": 1}, {"tier": "Gold", "factor": 2}]}"#,
                "earn.tier_bonus",
            ),
        ] {
            let error = serde_json::from_str::<EarnRule>(json).unwrap().check(&tiers).unwrap_err();
            assert_eq!(error.argument_name(), Some(name), "{json}");
        }
    }
}
