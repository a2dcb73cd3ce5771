//! What a member must reach: bounds on measures, joined by all and any.

use serde::{Deserialize, Serialize};

use super::tier_measure::{TierLevels, TierMeasure, TierTotals};
use crate::customer::{MICROS_PER_UNIT, Money};
use crate::error::{Error, Result};

/// A lower bound of one measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BoundText", into = "BoundText")]
pub struct TierBound {
    measure: TierMeasure,
    value: f64,
    /// The bound of an integer measure in its own unit: points, orders, micro-units of money.
    integer: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundText {
    measure: TierMeasure,
    value: f64,
}

impl TierBound {
    /// At least `value` of a measure: points, orders, currency units (to the micro-unit) or units of the score.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that is negative, not finite, above 9e15 (9e9 for money), or not a whole number of points or orders.
    pub fn new(measure: TierMeasure, value: f64) -> Result<Self> {
        // Below these every whole number, and every micro-unit, is a double of its own.
        const MOST: f64 = 9e15;
        const MOST_MONEY: f64 = 9e9;
        let refuse = |accepted: &str| Err(Error::argument(measure.name(), value, accepted));
        if !(0.0..=MOST).contains(&value) {
            return refuse("a threshold from 0 to 9e15");
        }
        let integer = match measure {
            TierMeasure::Score => 0,
            TierMeasure::Spend if value > MOST_MONEY => return refuse("a threshold from 0 to 9e9"),
            TierMeasure::Spend => (value * MICROS_PER_UNIT as f64).round_ties_even() as i64,
            _ if value.fract() != 0.0 => return refuse("a whole number"),
            _ => value as i64,
        };
        // Adding 0 turns -0 into 0.
        Ok(Self { measure, value: value + 0.0, integer })
    }

    /// The measure.
    pub fn measure(&self) -> TierMeasure {
        self.measure
    }

    /// The value, in points, orders, currency units or units of the score.
    pub fn value(&self) -> f64 {
        self.value
    }

    fn holds(&self, levels: &TierLevels) -> bool {
        match levels.integer(self.measure) {
            Some(have) => have >= self.integer,
            None => levels.score.is_some_and(|score| score >= self.value),
        }
    }
}

impl TryFrom<BoundText> for TierBound {
    type Error = Error;
    fn try_from(text: BoundText) -> Result<Self> {
        Self::new(text.measure, text.value)
    }
}

impl From<TierBound> for BoundText {
    fn from(bound: TierBound) -> Self {
        Self { measure: bound.measure, value: bound.value }
    }
}

/// A condition on the measures of a member: bounds, joined by all and any.
///
/// As JSON an object with one key:
///
/// ```json
/// {"all": [
///     {"at_least": {"measure": "spend", "value": 500}},
///     {"any": [
///         {"at_least": {"measure": "orders", "value": 4}},
///         {"at_least": {"measure": "score", "value": 70}}
///     ]}
/// ]}
/// ```
///
/// ```
/// use crm_core::loyalty::{TierMeasure, TierQualification};
/// let spend = TierQualification::at_least(TierMeasure::Spend, 500.0)?;
/// let orders = TierQualification::at_least(TierMeasure::Orders, 4.0)?;
/// assert_ne!(TierQualification::all([spend.clone(), orders.clone()]), TierQualification::any([spend, orders]));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierQualification {
    /// A measure reaches a bound.
    AtLeast(TierBound),
    /// Every part holds; true of no parts.
    All(Vec<TierQualification>),
    /// At least one part holds; never true of no parts.
    Any(Vec<TierQualification>),
}

/// Levels of nesting that a qualification may have.
const DEEPEST: usize = 16;
/// Ways of meeting a qualification with as little as possible that are looked at.
const MOST_WAYS: usize = 1024;

/// Less than any bound asks for.
const NOTHING: TierLevels = TierLevels {
    totals: TierTotals { points: i64::MIN, spend: i64::MIN, orders: i64::MIN },
    balance: i64::MIN,
    score: None,
};

impl TierQualification {
    /// At least `value` of a measure: points, orders, currency units or units of the score.
    ///
    /// # Errors
    /// Those of [`TierBound::new`].
    pub fn at_least(measure: TierMeasure, value: f64) -> Result<Self> {
        TierBound::new(measure, value).map(Self::AtLeast)
    }

    /// Every part holds.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::All(parts.into_iter().collect())
    }

    /// At least one part holds.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Any(parts.into_iter().collect())
    }

    /// Everybody qualifies.
    pub fn everyone() -> Self {
        Self::All(Vec::new())
    }

    pub(super) fn holds(&self, levels: &TierLevels) -> bool {
        match self {
            Self::AtLeast(bound) => bound.holds(levels),
            Self::All(parts) => parts.iter().all(|part| part.holds(levels)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(levels)),
        }
    }

    /// Whether any bound is one of a measure.
    pub(super) fn uses(&self, measure: TierMeasure) -> bool {
        match self {
            Self::AtLeast(bound) => bound.measure == measure,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.uses(measure)),
        }
    }

    /// Whether whoever meets this meets the other too, whatever the measures.
    ///
    /// Bounds are lower bounds, so it is enough to look at the ways of meeting this with as little as possible.
    pub(super) fn implies(&self, other: &Self) -> Result<bool> {
        Ok(self.least_ways(0)?.iter().all(|way| other.holds(way)))
    }

    /// The ways of meeting this with as little as possible (its disjunctive normal form).
    fn least_ways(&self, depth: usize) -> Result<Vec<TierLevels>> {
        if depth > DEEPEST {
            return Err(Error::argument("qualification", "its nesting", "at most 16 levels deep"));
        }
        let too_many = |ways: usize| {
            let accepted = format!("meetable in at most {MOST_WAYS} ways");
            Err(Error::argument("qualification", format_args!("one with {ways} ways"), &accepted))
        };
        match self {
            Self::AtLeast(bound) => Ok(vec![bound.only()]),
            Self::Any(parts) => {
                let mut ways = Vec::new();
                for part in parts {
                    ways.extend(part.least_ways(depth + 1)?);
                    if ways.len() > MOST_WAYS {
                        return too_many(ways.len());
                    }
                }
                Ok(ways)
            }
            Self::All(parts) => {
                let mut ways = vec![NOTHING];
                for part in parts {
                    let more = part.least_ways(depth + 1)?;
                    if ways.len() * more.len() > MOST_WAYS {
                        return too_many(ways.len() * more.len());
                    }
                    ways = ways.iter().flat_map(|a| more.iter().map(|b| both(a, b))).collect();
                }
                Ok(ways)
            }
        }
    }

    /// Refuses what nobody can meet, and a measure that does not add up where only totals exist.
    pub(super) fn check(&self, totals_only: bool) -> Result<()> {
        if self.least_ways(0)?.is_empty() {
            return Err(Error::argument(
                "qualification",
                "any of nothing",
                "something that a member can meet",
            ));
        }
        if totals_only { self.check_adds_up() } else { Ok(()) }
    }

    fn check_adds_up(&self) -> Result<()> {
        match self {
            Self::AtLeast(bound) if !bound.measure.adds_up() => {
                let accepted = "one of qualifying_points spend orders, which add up over a lifetime";
                Err(Error::argument("lifetime", bound.measure.name(), accepted))
            }
            Self::AtLeast(_) => Ok(()),
            Self::All(parts) | Self::Any(parts) => parts.iter().try_for_each(Self::check_adds_up),
        }
    }

    /// How much more of one measure alone meets this, the others as they are: the greatest of `all`, the least of `any`;
    /// `None` if that measure alone cannot.
    fn gap<T: Copy + PartialOrd>(
        &self,
        levels: &TierLevels,
        measure: TierMeasure,
        zero: T,
        short: &dyn Fn(&TierBound) -> T,
    ) -> Option<T> {
        let pick = |a: T, b: T, first: bool| if first { a } else { b };
        match self {
            Self::AtLeast(bound) if bound.holds(levels) => Some(zero),
            Self::AtLeast(bound) => (bound.measure == measure).then(|| short(bound)),
            Self::All(parts) => parts.iter().try_fold(zero, |most, part| {
                let gap = part.gap(levels, measure, zero, short)?;
                Some(pick(gap, most, gap > most))
            }),
            Self::Any(parts) => parts
                .iter()
                .filter_map(|part| part.gap(levels, measure, zero, short))
                .fold(None, |least, gap| Some(least.map_or(gap, |least| pick(gap, least, gap < least)))),
        }
    }

    /// What is missing of each measure alone.
    pub(super) fn missing(&self, levels: &TierLevels) -> TierGap {
        let integer = |measure: TierMeasure| {
            self.gap(levels, measure, 0, &|bound| {
                bound.integer.saturating_sub(levels.integer(measure).unwrap_or(0))
            })
        };
        let score = levels.score.unwrap_or(0.0);
        TierGap {
            qualifying_points: integer(TierMeasure::QualifyingPoints),
            spend: integer(TierMeasure::Spend).map(|micros| Money::from_micros(micros.into())),
            orders: integer(TierMeasure::Orders),
            points_balance: integer(TierMeasure::PointsBalance),
            score: self.gap(levels, TierMeasure::Score, 0.0, &|bound| bound.value - score),
        }
    }
}

impl TierBound {
    /// Just this bound, and less than anything of all other measures.
    fn only(&self) -> TierLevels {
        let mut levels = NOTHING;
        match self.measure {
            TierMeasure::QualifyingPoints => levels.totals.points = self.integer,
            TierMeasure::Spend => levels.totals.spend = self.integer,
            TierMeasure::Orders => levels.totals.orders = self.integer,
            TierMeasure::PointsBalance => levels.balance = self.integer,
            TierMeasure::Score => levels.score = Some(self.value),
        }
        levels
    }
}

fn both(a: &TierLevels, b: &TierLevels) -> TierLevels {
    let score = match (a.score, b.score) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    };
    TierLevels {
        totals: TierTotals {
            points: a.totals.points.max(b.totals.points),
            spend: a.totals.spend.max(b.totals.spend),
            orders: a.totals.orders.max(b.totals.orders),
        },
        balance: a.balance.max(b.balance),
        score,
    }
}

/// What is missing to meet a qualification, by one measure alone while the others stay as they are.
///
/// 0 where nothing is missing; `None` where that measure alone cannot do it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TierGap {
    /// Qualifying points.
    pub qualifying_points: Option<i64>,
    /// Money.
    pub spend: Option<Money>,
    /// Orders.
    pub orders: Option<i64>,
    /// Spendable points.
    pub points_balance: Option<i64>,
    /// Units of the score; the whole bound for a member without a score.
    pub score: Option<f64>,
}

impl TierGap {
    /// Nothing is missing.
    pub const NOTHING: Self = Self {
        qualifying_points: Some(0),
        spend: Some(Money::ZERO),
        orders: Some(0),
        points_balance: Some(0),
        score: Some(0.0),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(measure: TierMeasure, value: f64) -> TierQualification {
        TierQualification::at_least(measure, value).unwrap()
    }

    fn levels(points: i64, spend: i64, orders: i64) -> TierLevels {
        TierLevels {
            totals: TierTotals { points, spend: spend * 1_000_000, orders },
            balance: 0,
            score: None,
        }
    }

    #[test]
    fn bounds_are_exact_and_refused_when_they_cannot_be() {
        let cents = TierBound::new(TierMeasure::Spend, 0.1).unwrap();
        assert_eq!(cents.integer, 100_000);
        for (measure, value) in [
            (TierMeasure::QualifyingPoints, -1.0),
            (TierMeasure::QualifyingPoints, 0.5),
            (TierMeasure::Orders, f64::NAN),
            (TierMeasure::Spend, 1e10),
            (TierMeasure::Score, f64::INFINITY),
        ] {
            let error = TierBound::new(measure, value).unwrap_err();
            assert_eq!(error.argument_name(), Some(measure.name()), "{error}");
        }
    }

    #[test]
    fn implication_is_exact_for_and_or() {
        use TierMeasure::{Orders, QualifyingPoints as Points, Spend};
        let both_high = TierQualification::all([bound(Spend, 500.0), bound(Orders, 4.0)]);
        let either_low = TierQualification::any([bound(Spend, 500.0), bound(Orders, 2.0)]);
        assert!(both_high.implies(&either_low).unwrap());
        assert!(!either_low.implies(&both_high).unwrap());
        // Whoever has 10 orders and no points meets the first and not the second.
        let or = TierQualification::any([bound(Points, 300.0), bound(Orders, 10.0)]);
        assert!(!or.implies(&bound(Points, 100.0)).unwrap());
        assert!(or.implies(&TierQualification::everyone()).unwrap());
        assert!(!TierQualification::everyone().implies(&or).unwrap());
        assert!(TierQualification::Any(Vec::new()).check(false).is_err());
    }

    #[test]
    fn too_many_ways_and_too_deep_are_refused() {
        let pair = TierQualification::any([bound(TierMeasure::Spend, 1.0), bound(TierMeasure::Orders, 1.0)]);
        let wide = TierQualification::All(vec![pair.clone(); 11]);
        assert!(wide.check(false).unwrap_err().to_string().contains("1024"));
        let deep = (0..20).fold(pair, |inner, _| TierQualification::all([inner]));
        assert!(deep.check(false).unwrap_err().to_string().contains("16"));
    }

    #[test]
    fn what_is_missing_of_one_measure_alone() {
        use TierMeasure::{Orders, QualifyingPoints as Points, Spend};
        let rule = TierQualification::any([
            TierQualification::all([bound(Points, 300.0), bound(Orders, 2.0)]),
            bound(Spend, 1_000.0),
            bound(Points, 900.0),
        ]);
        let gap = rule.missing(&levels(250, 990, 1));
        // Points alone cannot bring the second order, so the third way counts.
        assert_eq!(gap.qualifying_points, Some(650));
        assert_eq!(gap.spend, Some(Money::from_micros(10_000_000)));
        assert_eq!((gap.orders, gap.score), (None, None));
        let gap = rule.missing(&levels(250, 0, 2));
        assert_eq!(gap.qualifying_points, Some(50));
        assert_eq!(rule.missing(&levels(300, 0, 2)), TierGap::NOTHING);
    }

    #[test]
    fn json_has_one_key_and_names_what_is_wrong() {
        let text = r#"{"all":[{"at_least":{"measure":"spend","value":500.0}},{"any":[]}]}"#;
        let rule: TierQualification = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&rule).unwrap(), text);
        for (bad, word) in [
            (r#"{"at_least":{"measure":"karma","value":1}}"#, "karma"),
            (r#"{"at_least":{"measure":"orders","value":-1}}"#, "-1"),
            (r#"{"at_least":{"measure":"orders","value":1,"worth":2}}"#, "worth"),
            (r#"{"none":[]}"#, "none"),
        ] {
            let error = serde_json::from_str::<TierQualification>(bad).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
