//! How a campaign is measured, and what it cost.

use crate::error::{Error, Result};
use crate::experiment::{Alternative, MeanMethod, MultiplicityMethod, ProportionMethod, TestOptions};

/// What an arm of a campaign cost, and what part of revenue is earned.
///
/// A cost for each response, such as a voucher, is counted by the responses that there were. These are as random as revenue, which intervals of
/// profit and return on cost allow for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArmCost {
    /// Whatever the number of contacts, in the unit of the revenue. Groups have it in proportion to their contacts.
    pub fixed: f64,
    /// For each customer of the arm.
    pub per_contact: f64,
    /// For each customer of the arm who responded, or bought if responses are not known.
    pub per_response: f64,
    /// The share of revenue that is earned before the campaign's own cost; above 0, at most 1.
    pub margin: f64,
}

impl Default for ArmCost {
    fn default() -> Self {
        Self { fixed: 0.0, per_contact: 0.0, per_response: 0.0, margin: 1.0 }
    }
}

impl ArmCost {
    /// Refuses what makes no sense.
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in
            [("fixed", self.fixed), ("per_contact", self.per_contact), ("per_response", self.per_response)]
        {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::argument(name, value, "finite and not negative"));
            }
        }
        if self.margin > 0.0 && self.margin <= 1.0 {
            Ok(())
        } else {
            Err(Error::argument("margin", self.margin, "a share above 0 and at most 1"))
        }
    }
}

/// How a campaign is measured.
///
/// ```
/// use crm_core::campaign::{ArmCost, MeasureOptions};
/// let options = MeasureOptions::default().cost(ArmCost { per_contact: 0.7, margin: 0.4, ..ArmCost::default() });
/// assert_eq!(options.alpha, 0.05);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureOptions {
    /// The level of tests; intervals have confidence 1 - alpha.
    pub alpha: f64,
    /// Which deviations from "no effect" count.
    pub alternative: Alternative,
    /// How rates are compared; by default by the score test corrected for skewness, which keeps its level in groups with a small control too.
    pub proportion_method: ProportionMethod,
    /// How orders and revenue are compared; by default by the score test corrected for skewness, because most customers have none.
    pub mean_method: MeanMethod,
    /// How p-values are adjusted for their number, over the arms and groups of one metric and grouping.
    pub multiplicity: MultiplicityMethod,
    /// The cost of each arm that is not named in `costs`.
    pub cost: Option<ArmCost>,
    /// Costs of arms by their names.
    pub costs: Vec<(String, ArmCost)>,
}

impl Default for MeasureOptions {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            proportion_method: ProportionMethod::SkewnessCorrected,
            mean_method: MeanMethod::SkewnessCorrected,
            multiplicity: MultiplicityMethod::Holm,
            cost: None,
            costs: Vec::new(),
        }
    }
}

impl MeasureOptions {
    /// Sets the cost of every arm that has none of its own.
    #[must_use]
    pub fn cost(mut self, cost: ArmCost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Sets the cost of an arm.
    #[must_use]
    pub fn cost_of(mut self, arm: &str, cost: ArmCost) -> Self {
        self.costs.push((arm.to_owned(), cost));
        self
    }

    /// What a test of the difference is asked.
    pub(super) fn test(&self) -> TestOptions {
        TestOptions::default().alpha(self.alpha).alternative(self.alternative)
    }

    pub(super) fn cost_for(&self, arm: &str) -> Option<ArmCost> {
        self.costs.iter().rev().find(|(name, _)| name == arm).map(|(_, cost)| *cost).or(self.cost)
    }

    /// Refuses what makes no sense.
    pub(super) fn check(&self, arms: &[String], control: usize) -> Result<()> {
        self.test().check()?;
        for (name, cost) in &self.costs {
            match arms.iter().position(|arm| arm == name) {
                None => return Err(Error::argument("costs", format_args!("{name:?}"), "the name of an arm")),
                Some(arm) if arm == control => {
                    return Err(Error::argument(
                        "costs",
                        format_args!("{name:?}"),
                        "a target, not the control",
                    ));
                }
                Some(_) => cost.check()?,
            }
        }
        self.cost.iter().try_for_each(ArmCost::check)
    }
}
