//! What a campaign did.

use serde::Serialize;

use super::outcomes::CampaignMetric;
use crate::experiment::{Amount, CampaignReturn, IncrementalConversions, Interval, SampleRatio, TestResult};

/// An arm in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmSummary {
    /// The name.
    pub name: String,
    /// Whether it is the control.
    pub control: bool,
    /// Customers.
    pub customers: u64,
    /// The share of the customers that was planned.
    pub planned_share: f64,
    /// The mean of each metric, in the order of the metrics: a rate, or orders or revenue for each customer.
    pub means: Vec<f64>,
}

/// Target against control in one metric, over everybody or in a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CampaignEffect {
    /// The column of the group; empty for everybody.
    pub grouping: String,
    /// The group; empty for everybody, and for customers without a group.
    pub group: String,
    /// The target.
    pub arm: String,
    /// The metric.
    pub metric: CampaignMetric,
    /// Customers of the target.
    pub customers: u64,
    /// Customers of the control.
    pub control_customers: u64,
    /// The difference, with interval and p-value of this test alone.
    pub result: TestResult,
    /// The interval of the lift, (target - control) / |control|, by the same statistic: the score of a ratio for rates, Fieller's for means. It excludes 0
    /// where that of the difference does. The whole line where the method tests no lifts, and for a control of 0 orders or revenue.
    pub lift_interval: Interval,
    /// Customers of the target times the difference: what would not have been there without the campaign.
    pub incremental: Amount,
    /// The p-value adjusted for the tests of its family; NaN where there is none.
    pub adjusted_p_value: f64,
    /// The interval of the difference at the level divided by the number of tests of the family (Bonferroni): all of them hold together.
    pub simultaneous_interval: Interval,
}

/// What a target returned on its cost, over everybody or in a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmReturn {
    /// The column of the group; empty for everybody.
    pub grouping: String,
    /// The group; empty for everybody, and for customers without a group.
    pub group: String,
    /// The target.
    pub arm: String,
    /// Cost, incremental revenue, profit and return on cost. Where responses cost something, their number is random: `profit`, `roi`,
    /// `revenue_per_cost` and `break_even` then stand on net revenue, that of each customer less what the response cost.
    pub returned: CampaignReturn,
    /// Incremental conversions and the cost of each, which takes the cost as it was; none without conversions or responses.
    pub conversions: Option<IncrementalConversions>,
    /// The rate of conversions at which profit is 0: that of the control, and what pays for the cost at the target's revenue a conversion. Above 1 no
    /// rate pays. The interval joins Wilson's of the control's rate and Fieller's of the other part (MOVER; Zou and Donner 2008) and lies within
    /// [0, inf): from the lower end on for the alternative `Greater`, up to the upper end for `Less`. NaN without conversions.
    pub break_even_rate: Amount,
}

/// A group in which a target cannot be compared, because the target or the control has no customers there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmptyCell {
    /// The column of the group; empty for everybody.
    pub grouping: String,
    /// The group.
    pub group: String,
    /// The target.
    pub arm: String,
}

/// What a campaign did: arms, the check of the split, effects and returns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CampaignReport {
    /// The metrics that are measured.
    pub metrics: Vec<CampaignMetric>,
    /// The arms.
    pub arms: Vec<ArmSummary>,
    /// Rows that are in no arm.
    pub outside: u64,
    /// Whether the arms have the sizes that were planned. If not, the arms differ in more than the campaign, and nothing else here can be trusted.
    pub sample_ratio: SampleRatio,
    /// Effects: for everybody, then for each grouping; metrics in their order, groups ascending, arms as planned.
    pub effects: Vec<CampaignEffect>,
    /// Returns of the arms that have a cost, in the same order; none without revenue.
    pub returns: Vec<ArmReturn>,
    /// What cannot be compared.
    pub empty: Vec<EmptyCell>,
}

impl CampaignReport {
    /// The effect on everybody of an arm in a metric.
    pub fn overall(&self, arm: &str, metric: CampaignMetric) -> Option<&CampaignEffect> {
        let wanted = |effect: &&CampaignEffect| {
            effect.grouping.is_empty() && effect.arm == arm && effect.metric == metric
        };
        self.effects.iter().find(wanted)
    }

    /// The report as JSON text.
    pub fn to_json(&self) -> String {
        // Numbers that are not finite become null.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
