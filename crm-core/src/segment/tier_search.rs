//! The two cuts, on value and on potential, whose tiers come nearest to the centres of their bands.
//!
//! With `A` customers of high value, `B` of high potential and `C` of both, of `m` who are not at risk, the tiers are `core = C`,
//! `important = A + B - 2C` and `basic = m - A - B + C`. The distance is `Σ ((share - centre) / half width)²`. Cuts lie between distinct values only.
//!
//! The search is exact: over a rectangle of cuts, core only grows and basic only falls, so that the corners bound both, and the least distance over those
//! bounds (a convex function of two numbers) bounds that of every pair of cuts inside. Rectangles are halved, the most promising first, until none can
//! hold a nearer pair. `C` is counted by a wavelet matrix in time that grows with the logarithm of the customers.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::tier_band::ShareBand;

/// Rectangles that are looked at before the search ends with what it has, and says how far that can be from the best.
const MOST_RECTANGLES: usize = 1 << 17;

/// Counts members of a prefix whose rank is below a bound.
///
/// Source: Claude, Navarro and Ordóñez (2015), "The wavelet matrix".
pub(super) struct RankCounter {
    levels: Vec<Level>,
    length: usize,
}

/// One bit of the ranks, from the highest: the bits, and how many are set before each word.
struct Level {
    words: Vec<u64>,
    before: Vec<u32>,
    zeros: usize,
}

impl Level {
    fn ones_before(&self, place: usize) -> usize {
        let word = self.words[place / 64] & ((1u64 << (place % 64)) - 1);
        self.before[place / 64] as usize + word.count_ones() as usize
    }
}

impl RankCounter {
    /// Of the ranks 0 to `ranks.len() - 1` in some order.
    pub(super) fn new(mut ranks: Vec<u32>) -> Self {
        let length = ranks.len();
        let bits = usize::BITS - length.leading_zeros();
        let mut next = Vec::with_capacity(length);
        let levels = (0..bits).rev().map(|bit| {
            // One word more than needed, so that the count at the end can be read.
            let mut words = vec![0u64; length / 64 + 1];
            for (place, rank) in ranks.iter().enumerate() {
                words[place / 64] |= u64::from(rank >> bit & 1) << (place % 64);
            }
            let before = words.iter().scan(0u32, |sum, word| {
                let before = *sum;
                *sum += word.count_ones();
                Some(before)
            });
            let before = before.collect();
            next.clear();
            next.extend(ranks.iter().filter(|&rank| rank >> bit & 1 == 0));
            let zeros = next.len();
            next.extend(ranks.iter().filter(|&rank| rank >> bit & 1 == 1));
            std::mem::swap(&mut ranks, &mut next);
            Level { words, before, zeros }
        });
        Self { levels: levels.collect(), length }
    }

    /// How many of the first `prefix` have a rank below `bound`.
    pub(super) fn below(&self, prefix: usize, bound: usize) -> usize {
        if bound >= self.length {
            return prefix;
        }
        let (mut start, mut end, mut count) = (0, prefix, 0);
        for (level, bit) in self.levels.iter().zip((0..self.levels.len()).rev()) {
            let (ones_start, ones_end) = (level.ones_before(start), level.ones_before(end));
            if bound >> bit & 1 == 1 {
                count += (end - ones_end) - (start - ones_start);
                (start, end) = (level.zeros + ones_start, level.zeros + ones_end);
            } else {
                (start, end) = (start - ones_start, end - ones_end);
            }
        }
        count
    }
}

/// What is searched.
pub(super) struct TierSearch<'a> {
    /// All customers, those at risk included: shares are shares of them.
    pub(super) customers: usize,
    /// Customers not at risk.
    pub(super) rest: usize,
    /// The bands of core, important and basic customers.
    pub(super) bands: [ShareBand; 3],
    /// Numbers of customers above each cut on value: from 0 to `rest`, ascending.
    pub(super) value_cuts: &'a [u32],
    /// The same for potential.
    pub(super) potential_cuts: &'a [u32],
    /// In order of value, the ranks by potential.
    pub(super) counter: &'a RankCounter,
}

/// A pair of cuts: customers of high value, of high potential and of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cuts {
    pub(super) distance: f64,
    pub(super) high_value: usize,
    pub(super) high_potential: usize,
    pub(super) both: usize,
}

impl Cuts {
    /// Nearer first; of equals the one whose quantiles differ least, then the one of fewer customers of high value.
    fn order(&self, other: &Self) -> Ordering {
        let key = |cuts: &Self| (cuts.high_value.abs_diff(cuts.high_potential), cuts.high_value);
        self.distance.total_cmp(&other.distance).then_with(|| key(self).cmp(&key(other)))
    }
}

/// The best pair of cuts, and how much nearer another can be at most.
pub(super) struct Found {
    pub(super) cuts: Cuts,
    pub(super) gap: f64,
}

/// A rectangle of cuts by the places of its corners, the counts at the lower and upper one, and what no pair inside can beat.
struct Rectangle {
    bound: Cuts,
    value: (usize, usize),
    potential: (usize, usize),
    both: (usize, usize),
}

impl PartialEq for Rectangle {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Rectangle {}

impl PartialOrd for Rectangle {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rectangle {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = |one: &Self| (one.value, one.potential);
        self.bound.order(&other.bound).then_with(|| places(self).cmp(&places(other)))
    }
}

impl TierSearch<'_> {
    /// The nearest pair of all, or of those that keep all three bands.
    ///
    /// Distances from `limit` on are of no interest.
    pub(super) fn nearest(&self, keep_bands: bool, limit: f64) -> Option<Found> {
        let ends = ((0, self.value_cuts.len() - 1), (0, self.potential_cuts.len() - 1));
        let mut best: Option<Cuts> = None;
        let consider = |value: usize, potential: usize, best: &mut Option<Cuts>| {
            let cuts = self.cuts(value, potential);
            let wanted = cuts.distance < limit && (!keep_bands || self.keeps_bands(&cuts));
            if wanted && best.is_none_or(|best| cuts.order(&best) == Ordering::Less) {
                *best = Some(cuts);
            }
            cuts.both
        };
        let (values, potentials) = ends;
        consider(values.0, potentials.1, &mut best);
        consider(values.1, potentials.0, &mut best);
        let both = (consider(values.0, potentials.0, &mut best), consider(values.1, potentials.1, &mut best));
        let mut queue = BinaryHeap::new();
        queue.extend(self.rectangle(values, potentials, both, keep_bands).map(Reverse));
        let mut seen = 0;
        while let Some(Reverse(rectangle)) = queue.pop() {
            let Rectangle { bound, value, potential, both } = rectangle;
            if bound.distance >= limit || best.is_some_and(|best| bound.order(&best) != Ordering::Less) {
                break;
            }
            seen += 1;
            if seen > MOST_RECTANGLES {
                return best.map(|cuts| Found { cuts, gap: (cuts.distance - bound.distance).max(0.0) });
            }
            // Halved across the side with more customers; of the corners only those of the dividing line are new.
            let width = |cuts: &[u32], (low, high): (usize, usize)| {
                if high - low > 1 { cuts[high] - cuts[low] } else { 0 }
            };
            let (wide, high) = (width(self.value_cuts, value), width(self.potential_cuts, potential));
            let halves = if wide == 0 && high == 0 {
                continue;
            } else if wide >= high {
                let middle = middle(self.value_cuts, value);
                let low_both = consider(middle, potential.0, &mut best);
                let high_both = consider(middle, potential.1, &mut best);
                [
                    ((value.0, middle), potential, (both.0, high_both)),
                    ((middle, value.1), potential, (low_both, both.1)),
                ]
            } else {
                let middle = middle(self.potential_cuts, potential);
                let low_both = consider(value.0, middle, &mut best);
                let high_both = consider(value.1, middle, &mut best);
                [
                    (value, (potential.0, middle), (both.0, high_both)),
                    (value, (middle, potential.1), (low_both, both.1)),
                ]
            };
            for (value, potential, both) in halves {
                queue.extend(self.rectangle(value, potential, both, keep_bands).map(Reverse));
            }
        }
        best.map(|cuts| Found { cuts, gap: 0.0 })
    }

    fn cuts(&self, value: usize, potential: usize) -> Cuts {
        let (high_value, high_potential) =
            (self.value_cuts[value] as usize, self.potential_cuts[potential] as usize);
        let both = self.counter.below(high_value, high_potential);
        let cuts = Cuts { distance: 0.0, high_value, high_potential, both };
        let shares = self.shares(&cuts);
        let distance = self.bands.iter().zip(shares).map(|(band, share)| band.distance(share).powi(2)).sum();
        Cuts { distance: rounded(distance), ..cuts }
    }

    /// The shares of core, important and basic customers.
    fn shares(&self, cuts: &Cuts) -> [f64; 3] {
        let Cuts { high_value, high_potential, both, .. } = *cuts;
        [both, high_value + high_potential - 2 * both, self.rest + both - high_value - high_potential]
            .map(|count| count as f64 / self.customers as f64)
    }

    pub(super) fn keeps_bands(&self, cuts: &Cuts) -> bool {
        self.bands.iter().zip(self.shares(cuts)).all(|(band, share)| band.holds(share))
    }

    /// A rectangle with its bound; `None` if no pair inside keeps the bands and all must.
    fn rectangle(
        &self,
        value: (usize, usize),
        potential: (usize, usize),
        both: (usize, usize),
        keep_bands: bool,
    ) -> Option<Rectangle> {
        let cut = |cuts: &[u32], (low, high): (usize, usize)| (cuts[low] as usize, cuts[high] as usize);
        let (a, b) = (cut(self.value_cuts, value), cut(self.potential_cuts, potential));
        let share = |count: usize| count as f64 / self.customers as f64;
        let core = (share(both.0), share(both.1));
        let basic = (share(self.rest + both.1 - a.1 - b.1), share(self.rest + both.0 - a.0 - b.0));
        let rest = share(self.rest);
        let important = (rest - core.1 - basic.1, rest - core.0 - basic.0);
        let meets = |band: ShareBand, (low, high): (f64, f64)| {
            high >= band.lowest - 1e-12 && low <= band.highest + 1e-12
        };
        let possible =
            meets(self.bands[0], core) && meets(self.bands[1], important) && meets(self.bands[2], basic);
        if keep_bands && !possible {
            return None;
        }
        let distance = self.least_distance(core, basic, rest);
        // What is rounded keeps its order, and a little less is no more than any pair inside.
        let distance = rounded(distance - 1e-13 * (1.0 + distance));
        // The numbers of the bound are those of the pair in the rectangle whose quantiles differ least.
        let high_value = a.0.max(b.0.min(a.1));
        let high_potential = high_value.clamp(b.0, b.1);
        let bound = Cuts { distance, high_value, high_potential, both: both.0 };
        Some(Rectangle { bound, value, potential, both })
    }

    /// The least distance with core and basic customers in these ranges and the others important: a convex function over a box.
    fn least_distance(&self, core: (f64, f64), basic: (f64, f64), rest: f64) -> f64 {
        let [c, i, b] = self.bands;
        let centre = |band: ShareBand| f64::midpoint(band.lowest, band.highest);
        let weight = |band: ShareBand| band.half().powi(-2);
        let at = |core: f64, basic: f64| {
            [(c, core), (i, rest - core - basic), (b, basic)]
                .map(|(band, share)| band.distance(share).powi(2))
                .iter()
                .sum::<f64>()
        };
        // Without the box, each share is off its centre in proportion to its squared half width.
        let off = rest - [c, i, b].map(centre).iter().sum::<f64>();
        let widths = [c, i, b].map(|band| band.half().powi(2)).iter().sum::<f64>();
        let free = (centre(c) + off / widths * c.half().powi(2), centre(b) + off / widths * b.half().powi(2));
        let within = |(low, high): (f64, f64), share: f64| (low..=high).contains(&share);
        if within(core, free.0) && within(basic, free.1) {
            return at(free.0, free.1);
        }
        // With one of the two given, the other minimises a parabola.
        let best = |band: ShareBand, (low, high): (f64, f64), given: f64| {
            let share = (centre(band) * weight(band) + (rest - given - centre(i)) * weight(i))
                / (weight(band) + weight(i));
            share.max(low).min(high)
        };
        let edges = [
            at(core.0, best(b, basic, core.0)),
            at(core.1, best(b, basic, core.1)),
            at(best(c, core, basic.0), basic.0),
            at(best(c, core, basic.1), basic.1),
        ];
        edges.into_iter().fold(f64::INFINITY, f64::min)
    }
}

/// A distance without its last digits: pairs that are equally near by the formula are equally near by the numbers.
fn rounded(distance: f64) -> f64 {
    (distance * 1e9).round() * 1e-9
}

/// The cut inside a range, of at least two steps, that is nearest to its middle in customers.
fn middle(cuts: &[u32], (low, high): (usize, usize)) -> usize {
    let half = u32::midpoint(cuts[low], cuts[high]);
    let place = low + cuts[low..high].partition_point(|&cut| cut < half);
    place.clamp(low + 1, high - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_counted() {
        for length in [0usize, 1, 2, 63, 64, 65, 300] {
            let step = if length % 7 == 0 { 5 } else { 7 };
            let ranks: Vec<u32> = (0..length).map(|place| (place * step % length.max(1)) as u32).collect();
            let counter = RankCounter::new(ranks.clone());
            for prefix in (0..=length).step_by(1 + length / 20) {
                for bound in (0..=length + 1).step_by(1 + length / 20) {
                    let slow = ranks[..prefix].iter().filter(|&&rank| (rank as usize) < bound).count();
                    assert_eq!(counter.below(prefix, bound), slow, "{prefix} {bound} of {length}");
                }
            }
        }
    }
}
