//! The thresholds of the four tiers: which shares at risk are tried, and the search for value and potential at each.

use super::customer_tier::{CustomerTierOptions, RiskColumn, RiskRule};
use super::tier_search::{RankCounter, TierSearch};

/// So many steps of its band are tried for the share at risk.
const RISK_STEPS: u32 = 10;

/// Thresholds with what the search knows of them.
pub(super) struct Solution {
    pub(super) rule: RiskRule,
    pub(super) value_threshold: Option<f64>,
    pub(super) potential_threshold: Option<f64>,
    pub(super) gap: f64,
    /// Missed: the band of the share at risk, any of the others. Fewer are better, then a smaller distance.
    missed: usize,
    distance: f64,
}

/// Customers in descending order of a column.
fn descending(values: &[f64]) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..values.len() as u32).collect();
    rows.sort_unstable_by(|&one, &other| values[other as usize].total_cmp(&values[one as usize]));
    rows
}

/// The numbers of customers above each cut between distinct values: from 0 to all, ascending.
fn cut_counts(order: &[u32], values: &[f64]) -> Vec<u32> {
    let groups = order.chunk_by(|&one, &other| values[one as usize] == values[other as usize]);
    let ends = groups.scan(0, |sum, group| {
        *sum += group.len() as u32;
        Some(*sum)
    });
    std::iter::once(0).chain(ends).collect()
}

/// The lowest of the first `count` values.
fn threshold(order: &[u32], values: &[f64], count: usize) -> Option<f64> {
    count.checked_sub(1).map(|last| values[order[last] as usize])
}

/// Thresholds of risk that are tried.
fn risk_rules(risk: RiskColumn<'_>, options: &CustomerTierOptions) -> Vec<RiskRule> {
    let scores = match risk {
        RiskColumn::Flags(_) => return vec![RiskRule::Flagged],
        RiskColumn::Scores(scores) => scores,
    };
    if let Some(threshold) = options.risk_threshold {
        return vec![RiskRule::AtLeast(Some(threshold))];
    }
    let order = descending(scores);
    let cuts = cut_counts(&order, scores);
    let band = options.bands.at_risk;
    let mut counts: Vec<u32> = (0..=RISK_STEPS)
        .map(|step| {
            let share = band.lowest + (band.highest - band.lowest) * f64::from(step) / f64::from(RISK_STEPS);
            let asked = share * scores.len() as f64;
            let above = cuts.partition_point(|&cut| f64::from(cut) < asked).min(cuts.len() - 1);
            let below = above.saturating_sub(1);
            let near = |place: usize| (f64::from(cuts[place]) - asked).abs();
            if near(below) <= near(above) { cuts[below] } else { cuts[above] }
        })
        .collect();
    counts.dedup();
    counts.into_iter().map(|count| RiskRule::AtLeast(threshold(&order, scores, count as usize))).collect()
}

pub(super) fn solve(
    value: &[f64],
    potential: &[f64],
    risk: RiskColumn<'_>,
    options: &CustomerTierOptions,
) -> Solution {
    let ((by_value, by_potential), rules) = rayon::join(
        || rayon::join(|| descending(value), || descending(potential)),
        || risk_rules(risk, options),
    );
    let customers = value.len();
    let [core, important, basic, at_risk] = options.bands.all();
    let flag = |row: u32, rule: RiskRule| match (risk, rule) {
        (RiskColumn::Flags(flags), _) => flags[row as usize],
        (RiskColumn::Scores(scores), RiskRule::AtLeast(Some(threshold))) => scores[row as usize] >= threshold,
        (RiskColumn::Scores(_), _) => false,
    };
    // The most promising share at risk first: no thresholds come nearer than the shares that are left allow.
    let bands = [core, important, basic];
    let widths: f64 = bands.iter().map(|band| band.half().powi(2)).sum();
    let centres: f64 = bands.iter().map(|band| f64::midpoint(band.lowest, band.highest)).sum();
    let mut tried: Vec<(f64, f64, RiskRule)> = rules
        .into_iter()
        .map(|rule| {
            let share =
                (0..customers as u32).filter(|&row| flag(row, rule)).count() as f64 / customers as f64;
            let least = at_risk.distance(share).powi(2) + (1.0 - share - centres).powi(2) / widths;
            (least, share, rule)
        })
        .collect();
    tried.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let mut best: Option<Solution> = None;
    for (least, share, rule) in tried {
        let rows =
            |order: &[u32]| order.iter().copied().filter(|&row| !flag(row, rule)).collect::<Vec<u32>>();
        let own = at_risk.distance(share).powi(2);
        let limit = best.as_ref().map_or(f64::INFINITY, |best| best.distance);
        let kept = best.as_ref().is_some_and(|best| best.missed == 0);
        if kept && least * (1.0 - 1e-11) >= limit {
            continue;
        }
        let (by_value, by_potential) = (rows(&by_value), rows(&by_potential));
        let mut ranks = vec![0; customers];
        by_potential.iter().zip(0..).for_each(|(&row, rank)| ranks[row as usize] = rank);
        let counter = RankCounter::new(by_value.iter().map(|&row| ranks[row as usize]).collect());
        let search = TierSearch {
            customers,
            rest: by_value.len(),
            bands,
            value_cuts: &cut_counts(&by_value, value),
            potential_cuts: &cut_counts(&by_potential, potential),
            counter: &counter,
        };
        let missed = usize::from(!at_risk.holds(share));
        let nearest = search.nearest(false, f64::INFINITY);
        let found = match nearest {
            // What keeps the bands without being asked to is the nearest that does.
            Some(found) if !search.keeps_bands(&found.cuts) => {
                search.nearest(true, f64::INFINITY).map_or((found, 1), |found| (found, 0))
            }
            Some(found) => (found, 0),
            None => continue,
        };
        let (found, missed) = (found.0, missed + found.1);
        let distance = found.cuts.distance + own;
        let better = best.as_ref().is_none_or(|best| (missed, distance) < (best.missed, best.distance));
        if better {
            best = Some(Solution {
                rule,
                value_threshold: threshold(&by_value, value, found.cuts.high_value),
                potential_threshold: threshold(&by_potential, potential, found.cuts.high_potential),
                gap: found.gap,
                missed,
                distance,
            });
        }
    }
    // There is a rule, and each has a nearest pair: the corners are always looked at.
    best.unwrap_or(Solution {
        rule: RiskRule::AtLeast(None),
        value_threshold: None,
        potential_threshold: None,
        gap: 0.0,
        missed: 2,
        distance: f64::INFINITY,
    })
}
