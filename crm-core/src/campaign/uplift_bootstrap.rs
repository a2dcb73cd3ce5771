//! How far chance moves an uplift score.
//!
//! Reference: Efron, B. and Tibshirani, R. J. (1993), "An Introduction to the Bootstrap", chapters 8 (resampling within samples) and 13
//! (percentile interval).

use rand::RngExt;
use rayon::prelude::*;

use super::uplift_curve::{ScoreGroup, UpliftCurve, UpliftCurveKind, UpliftScale, score_of};
use crate::error::{Error, Result};
use crate::experiment::Interval;
use crate::math::{quantile_type_7, stream};
use crate::parallel::Threads;

/// Resamples of an uplift score.
#[derive(Clone, Debug, PartialEq)]
pub struct UpliftInterval {
    /// The percentile interval.
    pub interval: Interval,
    /// The standard deviation over the resamples.
    pub standard_error: f64,
    /// Resamples with a defined score.
    pub replicates: u64,
    /// Resamples without, which are left out: the status of the score of such data is not ok.
    pub undefined: u64,
}

/// Resamples that an interval needs.
const FEWEST: u64 = 100;

impl UpliftCurve {
    /// The bootstrap interval of a score: targets are drawn from targets and controls from controls, with their outcomes and scores.
    ///
    /// The score that made the order is taken as given: its own uncertainty is not in the interval. The result depends on the seed, and not on the
    /// threads.
    ///
    /// # Errors
    /// Those of [`score`](Self::score); `InvalidArgument` for a level outside (0, 1) and fewer than 100 replicates.
    pub fn score_interval(
        &self,
        kind: UpliftCurveKind,
        scale: UpliftScale,
        alpha: f64,
        replicates: u64,
        seed: u64,
        threads: Threads,
    ) -> Result<UpliftInterval> {
        self.score(kind, scale)?;
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(Error::argument("alpha", alpha, "inside (0, 1)"));
        }
        if replicates < FEWEST {
            return Err(Error::argument("replicates", replicates, "at least 100"));
        }
        // Where each target and each control stands: its group, and its outcome.
        let (mut targets, mut controls) = (Vec::new(), Vec::new());
        let mut place = 0;
        for (group, &end) in self.ends.iter().enumerate() {
            for place in place..end as usize {
                let arm = if self.targets[place] { &mut targets } else { &mut controls };
                arm.push((group as u32, self.outcomes[place]));
            }
            place = end as usize;
        }
        let empty = vec![ScoreGroup::default(); self.groups.len()];
        let replicate = |groups: &mut Vec<ScoreGroup>, index: u64| {
            groups.clone_from(&empty);
            let mut random = stream(seed, index);
            for _ in 0..targets.len() {
                let (group, outcome) = targets[random.random_range(0..targets.len())];
                groups[group as usize].targets += 1;
                groups[group as usize].target_outcome += outcome;
            }
            for _ in 0..controls.len() {
                let (group, outcome) = controls[random.random_range(0..controls.len())];
                groups[group as usize].controls += 1;
                groups[group as usize].control_outcome += outcome;
            }
            let mut total = ScoreGroup::default();
            for group in &*groups {
                total.add(group);
            }
            score_of(groups, &total, kind, scale).value
        };
        let values: Vec<f64> = threads
            .run(|| (0..replicates).into_par_iter().map_init(Vec::new, replicate).collect::<Vec<f64>>())?;
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let defined = sorted.len() as u64;
        let (interval, standard_error) = if sorted.len() < 2 {
            (Interval::unbounded(), f64::NAN)
        } else {
            let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
            let squares: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
            let quantile = |p: f64| quantile_type_7(&sorted, p).unwrap_or(f64::NAN);
            (
                Interval::bounded(quantile(alpha / 2.0), quantile(1.0 - alpha / 2.0)),
                (squares / (sorted.len() - 1) as f64).sqrt(),
            )
        };
        Ok(UpliftInterval { interval, standard_error, replicates: defined, undefined: replicates - defined })
    }
}
