//! The distribution of a score over looks, among the paths that have not yet left the boundaries.
//!
//! With z the usual statistic and t the information fraction, `B(t) = z sqrt(t)` has independent normal increments:
//! `B(t) ~ N(drift t, t)`. The density among continuing paths at a look is the density at the look before, cut at its boundaries, folded
//! with an increment (Armitage, `McPherson` and Rowe 1969; Jennison and Turnbull 2000, "Group Sequential Methods with Applications to
//! Clinical Trials", chapter 19).
//!
//! Gauss-Legendre panels of sixteen nodes follow the width of the increments. All terms are positive and the nodes reach as far as the
//! boundaries, so probabilities keep their relative accuracy, however small what an early look may spend.

use crate::math::{GAUSS_LEGENDRE_16, normal_upper};

/// How finely paths are integrated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Panel length in widths of what the panel holds.
    panel: f64,
    /// What lies further from the centre than this many deviations is left out.
    band: f64,
}

impl Grid {
    /// Sixteen nodes integrate a normal density to 1e-13 over four of its deviations; what lies beyond 8.5 is below 1e-15 of the whole.
    pub(super) const FINE: Self = Self { panel: 4.0, band: 8.5 };
    /// For search: a few digits, from half of the nodes and a narrower band.
    pub(super) const COARSE: Self = Self { panel: 8.0, band: 5.0 };
}

/// z beyond which a probability underflows.
pub(super) const FARTHEST_Z: f64 = 37.0;
/// A path this many deviations below its mean is as good as lost.
const NO_RETURN_Z: f64 = 9.0;
/// 1 / sqrt(2 pi).
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// Paths that go on after a look.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    drift: f64,
    grid: Grid,
    /// Information at the last look.
    time: f64,
    low: f64,
    high: f64,
    /// Scores at the last look, rising, and weight times density there; empty before the first look.
    nodes: Vec<f64>,
    mass: Vec<f64>,
}

impl Paths {
    /// Before the first look; `drift` is the mean of z at information 1.
    pub(super) fn new(drift: f64) -> Self {
        Self::on(Grid::FINE, drift)
    }

    /// As [`Paths::new`], on a grid.
    pub(super) fn on(grid: Grid, drift: f64) -> Self {
        Self { drift, grid, time: 0.0, low: 0.0, high: 0.0, nodes: Vec::new(), mass: Vec::new() }
    }

    /// P(the path came this far, and its score at `time` is above `score`), and the density of the score there.
    pub(super) fn above(&self, time: f64, score: f64) -> (f64, f64) {
        let step = time - self.time;
        let deviation = step.sqrt();
        if self.nodes.is_empty() {
            let z = (score - self.drift * step) / deviation;
            return (normal_upper(z), DENSITY_AT_0 * (-0.5 * z * z).exp() / deviation);
        }
        let (first, _) = self.band(time, score);
        let (mut tail, mut density) = (0.0, 0.0);
        for (x, mass) in self.nodes[first..].iter().zip(&self.mass[first..]) {
            let z = (score - x - self.drift * step) / deviation;
            tail += mass * normal_upper(z);
            density += mass * (-0.5 * z * z).exp();
        }
        (tail, density * DENSITY_AT_0 / deviation)
    }

    /// P(the path came this far, and its score at `time` is below `score`).
    pub(super) fn below(&self, time: f64, score: f64) -> f64 {
        let step = time - self.time;
        let deviation = step.sqrt();
        if self.nodes.is_empty() {
            return normal_upper((self.drift * step - score) / deviation);
        }
        let (_, last) = self.band(time, score);
        self.nodes[..last]
            .iter()
            .zip(&self.mass[..last])
            .map(|(x, mass)| mass * normal_upper((x + self.drift * step - score) / deviation))
            .sum()
    }

    /// Goes on to a look at `time`, past which only scores between `low` and `high` continue; `next` is when the look after it comes.
    pub(super) fn advance(&mut self, time: f64, low: f64, high: f64, next: f64) {
        let step = time - self.time;
        let deviation = step.sqrt();
        let (centre, unit) = (self.drift * time, time.sqrt());
        // Paths that no boundary stops below never come back to one above.
        let lowest = if low.is_finite() || high.is_infinite() { FARTHEST_Z } else { NO_RETURN_Z };
        // Under a large drift a boundary may lie beyond: what little is left then is next to it.
        let low_end = (centre - lowest * unit).min(high - 3.0 * unit).max(low);
        let high = (centre + FARTHEST_Z * unit).max(low_end + 3.0 * unit).min(high);
        let low = low_end;
        let even = self.drift == 0.0 && low == -high;
        let ahead = next - time;
        let width = self.grid.panel / (0.5 * (1.0 / step + 1.0 / ahead)).sqrt();
        let panels = panels(low, high, width, even);
        let length = (high - low) / panels;
        let count = panels as usize;
        let mut nodes = Vec::with_capacity(16 * count);
        let mut weights = Vec::with_capacity(16 * count);
        for panel in 0..count {
            let start = low + length * panel as f64;
            for (node, weight) in GAUSS_LEGENDRE_16 {
                nodes.push(start + length * node);
                weights.push(length * weight);
            }
        }
        let mut mass = vec![0.0; nodes.len()];
        let half = if even { nodes.len() / 2 } else { 0 };
        for place in half..nodes.len() {
            mass[place] = weights[place] * self.density(time, nodes[place], step, deviation);
        }
        for place in 0..half {
            mass[place] = mass[nodes.len() - 1 - place];
        }
        *self = Self { drift: self.drift, grid: self.grid, time, low, high, nodes, mass };
    }

    fn density(&self, time: f64, score: f64, step: f64, deviation: f64) -> f64 {
        let at = score - self.drift * step;
        if self.nodes.is_empty() {
            let z = at / deviation;
            return DENSITY_AT_0 / deviation * (-0.5 * z * z).exp();
        }
        let (first, last) = self.band(time, score);
        let narrow = -0.5 / step;
        let sum: f64 = self.nodes[first..last]
            .iter()
            .zip(&self.mass[first..last])
            .map(|(x, mass)| mass * (narrow * (at - x) * (at - x)).exp())
            .sum();
        sum * DENSITY_AT_0 / deviation
    }

    /// The nodes from which a path may come that is at `score` at `time`: around the bridge from 0, or the boundary that cuts it off.
    fn band(&self, time: f64, score: f64) -> (usize, usize) {
        let step = time - self.time;
        let centre = (score * self.time / time).clamp(self.low, self.high);
        let reach = self.grid.band * (self.time * step / time).sqrt();
        let first = self.nodes.partition_point(|&x| x < centre - reach);
        let last = self.nodes.partition_point(|&x| x <= centre + reach);
        (first, last)
    }

    /// The score above which continuing paths have probability `tail` at `time`.
    ///
    /// ln P is concave in the score, and without boundaries P is more: Newton's steps come down from there without overshooting.
    pub(super) fn score_above(&self, time: f64, tail: f64, start: f64) -> f64 {
        let mut score = start;
        for _ in 0..60 {
            let (probability, density) = self.above(time, score);
            let step = probability / density * (probability / tail).ln();
            if !step.is_finite() {
                break;
            }
            score += step;
            if step.abs() <= 1e-13 * (score.abs() + time.sqrt()) {
                break;
            }
        }
        score
    }
}

/// How many panels of at most `width` cover the range, an even number where the range is symmetric.
fn panels(low: f64, high: f64, width: f64, even: bool) -> f64 {
    let count = ((high - low) / width).ceil().max(1.0);
    if even { 2.0 * (0.5 * count).ceil() } else { count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_looks_by_mpmath() {
        // P(B(t) <= b, B(1) > c) by quadrature with 30 digits; the last but one is far beyond where the first boundary cuts.
        for (time, boundary, score, known) in [
            (0.5, 1.2, 9.0, 1.331_713_106_079_371_8e-30),
            (0.5, 4.0, 9.0, 1.525_388_450_511_049_2e-20),
            (0.1, 2.0, 30.0, 2.024_374_679_908_078e-201),
            (0.9, 3.0, 3.1, 0.000_465_302_327_858_071_4),
        ] {
            let mut paths = Paths::new(0.0);
            paths.advance(time, f64::NEG_INFINITY, boundary, 1.0);
            let (above, _) = paths.above(1.0, score);
            assert!((above / known - 1.0).abs() < 1e-10, "{time} {boundary} {score}: {above} {known}");
            // The score that has this tail is the one it came from.
            let back = paths.score_above(1.0, above, score + 0.5);
            assert!((back - score).abs() < 1e-11, "{back} {score}");
        }
    }

    #[test]
    fn paths_end_somewhere() {
        for drift in [0.0, 1.3, -2.0, 12.0] {
            let mut paths = Paths::new(drift);
            let mut ended = 0.0;
            for (time, next) in [(0.1, 0.15), (0.15, 0.9), (0.9, 1.0)] {
                let high = 2.2 * f64::sqrt(time);
                ended += paths.above(time, high).0 + paths.below(time, -high);
                paths.advance(time, -high, high, next);
            }
            ended += paths.above(1.0, 0.4).0 + paths.below(1.0, 0.4);
            assert!((ended - 1.0).abs() < 1e-12, "{drift}: {ended}");
        }
    }
}
