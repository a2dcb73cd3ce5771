//! Values in order with how many lie at or below each.

/// Distinct values, ascending, with their cumulated counts.
pub(super) struct Ranked {
    values: Vec<f64>,
    cumulated: Vec<u64>,
}

impl Ranked {
    /// From distinct values in ascending order, at least one, with their counts.
    pub(super) fn new(counts: impl Iterator<Item = (f64, u64)>) -> Self {
        let (mut values, mut cumulated, mut sum) = (Vec::new(), Vec::new(), 0);
        for (value, count) in counts {
            sum += count;
            values.push(value);
            cumulated.push(sum);
        }
        Self { values, cumulated }
    }

    pub(super) fn count(&self) -> u64 {
        self.cumulated.last().copied().unwrap_or(0)
    }

    pub(super) fn constant(&self) -> bool {
        self.values.first() == self.values.last()
    }

    /// The value of a rank from 1 to the count.
    pub(super) fn at_rank(&self, rank: u64) -> f64 {
        let place = self.cumulated.partition_point(|&sum| sum < rank);
        self.values[place.min(self.values.len() - 1)]
    }

    /// The value at a position between ranks; infinite before rank 1 and behind the last.
    pub(super) fn at_position(&self, position: f64) -> f64 {
        let count = self.count() as f64;
        if position < 1.0 {
            return f64::NEG_INFINITY;
        }
        if position > count {
            return f64::INFINITY;
        }
        let rank = position.floor();
        let (low, high) = (self.at_rank(rank as u64), self.at_rank((rank + 1.0).min(count) as u64));
        low + (position - rank) * (high - low)
    }

    /// The position of the quantile of definition 7 (Hyndman and Fan 1996).
    pub(super) fn position(&self, probability: f64) -> f64 {
        1.0 + (self.count() - 1) as f64 * probability
    }

    /// How many values lie at or below one.
    pub(super) fn at_most(&self, value: f64) -> u64 {
        match self.values.partition_point(|&other| other <= value) {
            0 => 0,
            place => self.cumulated[place - 1],
        }
    }

    /// How many values lie below one.
    pub(super) fn below(&self, value: f64) -> u64 {
        match self.values.partition_point(|&other| other < value) {
            0 => 0,
            place => self.cumulated[place - 1],
        }
    }
}
