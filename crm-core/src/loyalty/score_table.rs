//! Scores of customers and their ranks.

use crate::math::ordered_bits;

/// Scores of customers, a row each.
#[derive(Clone, Debug)]
pub struct LoyaltyScores {
    scores: Vec<f64>,
    coverage: Vec<f64>,
    population_mean: f64,
}

/// Equal scores are equal, and so are two that are not there.
impl PartialEq for LoyaltyScores {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: &f64, other: &f64| one == other || (one.is_nan() && other.is_nan());
        self.scores.len() == other.scores.len()
            && self.scores.iter().zip(&other.scores).all(|(one, other)| same(one, other))
            && self.coverage == other.coverage
            && self.population_mean == other.population_mean
    }
}

impl LoyaltyScores {
    pub(super) fn new(scores: Vec<f64>, coverage: Vec<f64>, population_mean: f64) -> Self {
        Self { scores, coverage, population_mean }
    }

    /// The scores from 0 to 100, whole multiples of 2^-24; NaN where too little is known.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The share of the weight that is known of each customer, from 0 to 1.
    pub fn coverage(&self) -> &[f64] {
        &self.coverage
    }

    /// The mean score of the population that the score was fitted to.
    pub fn population_mean(&self) -> f64 {
        self.population_mean
    }

    /// The ranks by descending score: 1 plus the number of customers with a higher score, so equal scores share a rank; 0 without a score.
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<(u64, u32)> = self
            .scores
            .iter()
            .enumerate()
            .filter(|(_, score)| !score.is_nan())
            .map(|(row, &score)| (!ordered_bits(score), row as u32))
            .collect();
        order.sort_unstable();
        let mut ranks = vec![0; self.scores.len()];
        let mut before = 0;
        for tied in order.chunk_by(|one, other| one.0 == other.0) {
            for &(_, row) in tied {
                ranks[row as usize] = before + 1;
            }
            before += tied.len() as u32;
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_share_a_rank() {
        let scores = vec![50.0, f64::NAN, 80.0, 50.0, 0.0, 50.0];
        let ranks = LoyaltyScores::new(scores, vec![1.0; 6], 40.0).ranks();
        assert_eq!(ranks, [2, 0, 1, 2, 5, 2]);
    }
}
