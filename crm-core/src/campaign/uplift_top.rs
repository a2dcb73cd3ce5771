//! Uplift among customers with the highest scores, and in bands of the score.

use serde::Serialize;

use super::uplift_curve::UpliftCurve;
use crate::error::{Error, Result};
use crate::experiment::{
    BinaryArm, MeanArm, MeanMethod, ProportionMethod, TestOptions, TestResult, compare_means,
    compare_proportions,
};
use crate::named::named;

/// Of whom a share is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum TopShare {
    /// Of all customers in one order: those whom a campaign with this score would contact.
    #[default]
    Everybody = 0,
    /// Of the targets and of the controls, each in their own order.
    EachArm = 1,
}

named! { TopShare, "of", { Everybody: "everybody", EachArm: "each_arm" } }

/// Targets against controls in a part of the order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct UpliftBand {
    /// The highest score.
    pub score_from: f64,
    /// The lowest score.
    pub score_to: f64,
    /// Targets.
    pub targets: u64,
    /// Controls.
    pub controls: u64,
    /// The difference of means, or of rates for outcomes of 0 and 1.
    pub result: TestResult,
}

impl UpliftCurve {
    /// The uplift among a share of the customers, those with the highest scores.
    ///
    /// The number is rounded down but at least 1, and a share that is meant to be whole is: 0.29 of 100 is 29, though the nearest double to 0.29 lies
    /// below it. Customers of one score are never split, so that more may be taken. Rates are compared by the
    /// score test, amounts by Welch's. A part without targets or without controls has the status `too_few`.
    ///
    /// # Errors
    /// `InvalidArgument` for a share outside (0, 1] and for options that make no sense.
    pub fn top(&self, share: f64, of: TopShare, options: &TestOptions) -> Result<UpliftBand> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(Error::argument("share", share, "above 0 and at most 1"));
        }
        let number = |all: u64| {
            let exact = all as f64 * share;
            // The share is off by half a digit of its last place, and so is the product.
            let whole = (exact - exact.round()).abs() <= 2.0 * f64::EPSILON * exact;
            (if whole { exact.round() } else { exact.floor() } as u64).max(1)
        };
        match of {
            TopShare::Everybody => {
                let wanted = number(self.order.len() as u64);
                let group = self.ends.partition_point(|&end| u64::from(end) < wanted);
                self.band(0..group + 1, 0..group + 1, options)
            }
            TopShare::EachArm => {
                let reach = |wanted: u64, count: &dyn Fn(usize) -> u64| {
                    let (mut sum, mut group) = (0, 0);
                    while group < self.groups.len() && sum < wanted {
                        sum += count(group);
                        group += 1;
                    }
                    group
                };
                let targets = reach(number(self.total.targets), &|group| self.groups[group].targets);
                let controls = reach(number(self.total.controls), &|group| self.groups[group].controls);
                self.band(0..targets, 0..controls, options)
            }
        }
    }

    /// The uplift in bands of about equally many customers, from the highest scores down; customers of one score are in one band, so there may be
    /// fewer bands than asked for.
    ///
    /// # Errors
    /// `InvalidArgument` for no bands or more than 1,000, and for options that make no sense.
    pub fn bands(&self, bands: usize, options: &TestOptions) -> Result<Vec<UpliftBand>> {
        if !(1..=1000).contains(&bands) {
            return Err(Error::argument("bands", bands, "between 1 and 1000"));
        }
        let (customers, mut first, mut found) = (self.order.len() as u64, 0, Vec::new());
        for band in 1..=bands as u64 {
            let wanted = customers * band / bands as u64;
            let end = self.ends.partition_point(|&end| u64::from(end) < wanted) + 1;
            let end = end.min(self.groups.len());
            if end > first && wanted > 0 {
                found.push(self.band(first..end, first..end, options)?);
                first = end;
            }
        }
        Ok(found)
    }

    /// Targets of some groups against controls of some groups.
    fn band(
        &self,
        targets: std::ops::Range<usize>,
        controls: std::ops::Range<usize>,
        options: &TestOptions,
    ) -> Result<UpliftBand> {
        let values = |groups: &std::ops::Range<usize>, wanted: bool| {
            let start = groups.start.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
            let end = groups.end.checked_sub(1).map_or(0, |last| self.ends[last] as usize);
            let places = (start..end).filter(|&place| self.targets[place] == wanted);
            places.map(|place| self.outcomes[place]).collect::<Vec<f64>>()
        };
        let (of_targets, of_controls) = (values(&targets, true), values(&controls, false));
        let (some, binary) = (!of_targets.is_empty() && !of_controls.is_empty(), self.binary);
        let result = if binary && some {
            let arm = |values: &[f64]| {
                BinaryArm::new(
                    values.iter().filter(|&&value| value == 1.0).count() as u64,
                    values.len() as u64,
                )
            };
            compare_proportions(&arm(&of_targets)?, &arm(&of_controls)?, ProportionMethod::Score, options)?
        } else {
            let arm = |values: &[f64]| MeanArm::from_values(values);
            compare_means(&arm(&of_targets)?, &arm(&of_controls)?, MeanMethod::Score, options)?
        };
        let last = targets.end.max(controls.end).saturating_sub(1);
        Ok(UpliftBand {
            score_from: self.scores[targets.start.min(controls.start)],
            score_to: self.scores[last],
            targets: of_targets.len() as u64,
            controls: of_controls.len() as u64,
            result,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_whole_customers_is_met_exactly() {
        let customers = 1000_u64;
        let score: Vec<f64> = (0..customers).map(|row| row as f64).collect();
        let target: Vec<bool> = (0..customers).map(|row| row % 2 == 0).collect();
        let curve = UpliftCurve::new(&score, &target, &vec![0.0; customers as usize]).unwrap();
        let taken = |share: f64, of| {
            let band = curve.top(share, of, &TestOptions::default()).unwrap();
            (band.targets + band.controls, band.targets)
        };
        for thousandths in 1..=customers {
            let share = thousandths as f64 / 1000.0;
            assert_eq!(taken(share, TopShare::Everybody).0, thousandths, "{share}");
            // Half of the customers are targets; the share of them is rounded down.
            assert_eq!(taken(share, TopShare::EachArm).1, (thousandths / 2).max(1), "{share}");
        }
        assert_eq!(taken(0.2899, TopShare::Everybody).0, 289);
        assert_eq!(taken(1.0 / 3.0, TopShare::Everybody).0, 333);
    }
}
