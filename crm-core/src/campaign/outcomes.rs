//! What became of the customers of a campaign: columns by customer, and who was in which arm.

use serde::{Deserialize, Serialize};

use super::assignment::Assignment;
use super::levels::Levels;
use super::split::{Arm, check_arms};
use crate::customer::IdColumn;
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// What a campaign is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum CampaignMetric {
    /// Who responded, such as by a click or a visit: 0 or 1.
    Response = 0,
    /// Who bought: 0 or 1.
    Conversion = 1,
    /// Orders of each customer.
    Orders = 2,
    /// Revenue of each customer, 0 for who bought nothing.
    Revenue = 3,
}

named! { CampaignMetric, "metric", {
    Response: "response", Conversion: "conversion", Orders: "orders", Revenue: "revenue",
} }

impl CampaignMetric {
    /// Whether its values are 0 and 1.
    pub fn is_rate(self) -> bool {
        matches!(self, Self::Response | Self::Conversion)
    }
}

/// The place of an arm for rows that are in none.
pub(super) const NO_ARM: u32 = u32::MAX;

/// Customers with their arms and outcomes, a row a customer.
///
/// Everybody whom the split put into an arm belongs in here, also who was never reached and who bought nothing: leaving those out
/// compares arms that chance did not make.
///
/// ```
/// use crm_core::campaign::{Arm, CampaignMetric, CampaignOutcomes};
/// use crm_core::customer::IdColumn;
/// let arms = [Arm::target("mail", 2.0), Arm::control("none", 1.0)];
/// let outcomes = CampaignOutcomes::new(&IdColumn::Text(&["mail", "mail", "none", ""]), &arms)?
///     .with_metric(CampaignMetric::Conversion, &[1.0, 0.0, 0.0, 1.0])?
///     .with_groups("channel", &IdColumn::Text(&["web", "shop", "web", "web"]))?;
/// assert_eq!((outcomes.counts(), outcomes.outside()), (vec![2, 1], 1));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignOutcomes {
    /// For each row the place of its arm.
    pub(super) arms: Vec<u32>,
    names: Vec<String>,
    control: usize,
    weights: Vec<f64>,
    metrics: Vec<(CampaignMetric, Vec<f64>)>,
    covariate: Option<Vec<f64>>,
    pub(super) groups: Vec<(String, Levels)>,
    pub(super) before: Vec<(String, Vec<f64>)>,
}

impl CampaignOutcomes {
    /// Customers by the names of their arms; who has none is not in the campaign. The weights are those that the split was planned with.
    ///
    /// # Errors
    /// Those of [`Split::new`](super::Split::new) for the arms; `InvalidValue` with the row for a name that is no arm's; those of
    /// [`Levels::new`].
    pub fn new(arm_of_each: &IdColumn<'_>, arms: &[Arm]) -> Result<Self> {
        Self::from_levels(&Levels::new("arm", arm_of_each)?, arms)
    }

    /// Customers by the names of their arms, as [`new`](Self::new).
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn from_levels(levels: &Levels, arms: &[Arm]) -> Result<Self> {
        let control = check_arms(arms)?;
        let place = |name: &String| arms.iter().position(|arm| arm.name == *name).map(|place| place as u32);
        let places: Vec<Option<u32>> = levels.names().iter().map(place).collect();
        let mut codes = Vec::with_capacity(levels.len());
        for (row, &code) in levels.codes().iter().enumerate() {
            codes.push(match places.get(code as usize) {
                None => NO_ARM,
                Some(Some(place)) => *place,
                Some(None) => {
                    let known: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
                    let message = format!(
                        "{:?} is none of the arms {}",
                        levels.names()[code as usize],
                        known.join(", ")
                    );
                    return Err(Error::new(ErrorKind::InvalidValue, message).on("arm").at_row(row as u64));
                }
            });
        }
        let names = arms.iter().map(|arm| arm.name.clone()).collect();
        Self::of(codes, names, control, arms.iter().map(|arm| arm.weight).collect())
    }

    /// Customers in the order in which they were assigned to arms.
    ///
    /// # Errors
    /// `Empty` if nobody is in an arm.
    pub fn from_assignment(assignment: &Assignment) -> Result<Self> {
        let code = |&arm: &i32| u32::try_from(arm).unwrap_or(NO_ARM);
        let codes = assignment.arms().iter().map(code).collect();
        Self::of(
            codes,
            assignment.names().to_vec(),
            assignment.control(),
            assignment.planned_shares().to_vec(),
        )
    }

    fn of(arms: Vec<u32>, names: Vec<String>, control: usize, weights: Vec<f64>) -> Result<Self> {
        if arms.iter().all(|&arm| arm == NO_ARM) {
            return Err(Error::new(ErrorKind::Empty, "nobody is in an arm").on("arm"));
        }
        let (metrics, groups, before) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { arms, names, control, weights, metrics, covariate: None, groups, before })
    }

    /// The outcomes with a metric, as [`add_metric`](Self::add_metric).
    ///
    /// # Errors
    /// Those of [`add_metric`](Self::add_metric).
    pub fn with_metric(mut self, metric: CampaignMetric, values: &[f64]) -> Result<Self> {
        self.add_metric(metric, values)?;
        Ok(self)
    }

    /// The outcomes with a covariate, as [`add_covariate`](Self::add_covariate).
    ///
    /// # Errors
    /// Those of [`add_covariate`](Self::add_covariate).
    pub fn with_covariate(mut self, values: &[f64]) -> Result<Self> {
        self.add_covariate(values)?;
        Ok(self)
    }

    /// The outcomes with a column of texts, as [`add_groups`](Self::add_groups).
    ///
    /// # Errors
    /// Those of [`add_groups`](Self::add_groups) and [`Levels::new`].
    pub fn with_groups(mut self, name: &str, values: &IdColumn<'_>) -> Result<Self> {
        self.add_groups(name, Levels::new(name, values)?)?;
        Ok(self)
    }

    /// The outcomes with a number from before the campaign, as [`add_before`](Self::add_before).
    ///
    /// # Errors
    /// Those of [`add_before`](Self::add_before).
    pub fn with_before(mut self, name: &str, values: &[f64]) -> Result<Self> {
        self.add_before(name, values)?;
        Ok(self)
    }

    /// Adds a metric.
    ///
    /// # Errors
    /// `InvalidArgument` for a metric that is there already; `LengthMismatch`; `InvalidValue` with the row for a value that is missing or not finite,
    /// for a rate's that is not 0 or 1, and for negative orders. Rows without an arm are not looked at.
    pub fn add_metric(&mut self, metric: CampaignMetric, values: &[f64]) -> Result<()> {
        if self.metric(metric).is_some() {
            return Err(Error::argument("metric", metric.name(), "given once"));
        }
        self.check(metric.name(), values, |value| match metric {
            CampaignMetric::Response | CampaignMetric::Conversion if value != 0.0 && value != 1.0 => {
                Some("0 or 1")
            }
            CampaignMetric::Orders if value < 0.0 => Some("0 or more"),
            _ if !value.is_finite() => Some("finite"),
            _ => None,
        })?;
        self.metrics.push((metric, values.to_vec()));
        self.metrics.sort_unstable_by_key(|(metric, _)| *metric);
        Ok(())
    }

    /// Adds a number that each customer had before the campaign, such as revenue of the months before: differences of orders and revenue are
    /// adjusted by it, which takes away what customers differed in already.
    ///
    /// # Errors
    /// `InvalidArgument` if there is one already; `LengthMismatch`; `InvalidValue` with the row for a value that is not finite.
    pub fn add_covariate(&mut self, values: &[f64]) -> Result<()> {
        if self.covariate.is_some() {
            return Err(Error::argument("covariate", "a second one", "given once"));
        }
        self.check("covariate", values, |value| (!value.is_finite()).then_some("finite"))?;
        self.covariate = Some(values.to_vec());
        Ok(())
    }

    /// Adds a column of texts, such as segments or channels, by which results are reported too. It must be known before the campaign: groups
    /// that the campaign itself makes compare nothing.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is empty or taken; `LengthMismatch`.
    pub fn add_groups(&mut self, name: &str, levels: Levels) -> Result<()> {
        self.check_name(name)?;
        self.check_length(name, levels.len())?;
        self.groups.push((name.to_owned(), levels));
        Ok(())
    }

    /// Adds a number that each customer had before the campaign, by which the split is checked; NaN where missing.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is empty or taken; `LengthMismatch`; `InvalidValue` with the row for an infinite value.
    pub fn add_before(&mut self, name: &str, values: &[f64]) -> Result<()> {
        self.check_name(name)?;
        self.check(name, values, |value| value.is_infinite().then_some("finite or missing"))?;
        self.before.push((name.to_owned(), values.to_vec()));
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<()> {
        let mut taken =
            self.groups.iter().map(|(name, _)| name).chain(self.before.iter().map(|(name, _)| name));
        if name.is_empty() || taken.any(|known| known == name) {
            return Err(Error::argument(
                "name",
                format_args!("{name:?}"),
                "a name of its own for each column",
            ));
        }
        Ok(())
    }

    fn check_length(&self, name: &str, has: usize) -> Result<()> {
        if has == self.arms.len() {
            return Ok(());
        }
        let message = format!("has {has} rows, but arm has {}", self.arms.len());
        Err(Error::new(ErrorKind::LengthMismatch, message).on(name))
    }

    fn check(&self, name: &str, values: &[f64], must_be: impl Fn(f64) -> Option<&'static str>) -> Result<()> {
        self.check_length(name, values.len())?;
        for (row, (&value, &arm)) in values.iter().zip(&self.arms).enumerate() {
            if let (Some(must_be), true) = (must_be(value), arm != NO_ARM) {
                let message = format!("{value} is not accepted: must be {must_be}");
                return Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row as u64));
            }
        }
        Ok(())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.arms.len()
    }

    /// The names of the arms.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Which arm is the control.
    pub fn control(&self) -> usize {
        self.control
    }

    /// The weights that the split was planned with.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Customers in each arm.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.names.len()];
        for &arm in &self.arms {
            if let Some(count) = counts.get_mut(arm as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// Rows that are in no arm.
    pub fn outside(&self) -> u64 {
        self.arms.iter().filter(|&&arm| arm == NO_ARM).count() as u64
    }

    /// The metrics that are there.
    pub fn metrics(&self) -> impl Iterator<Item = CampaignMetric> {
        self.metrics.iter().map(|(metric, _)| *metric)
    }

    pub(super) fn metric(&self, metric: CampaignMetric) -> Option<&[f64]> {
        self.metrics.iter().find(|(known, _)| *known == metric).map(|(_, values)| values.as_slice())
    }

    pub(super) fn covariate(&self) -> Option<&[f64]> {
        self.covariate.as_deref()
    }
}
