//! Mid-rank percentiles of a reference population that any later value is placed in.
//!
//! The percentile of `x` among n values is `(less + equal / 2) / n`: the share below it and half of the share at it. Above the
//! resolution only some of the distinct values are kept, and the percentile of one between them is interpolated; what lies between
//! two kept values is then at most `1 / resolution` of the population, which bounds the error.

use serde::{Deserialize, Serialize};

use super::binning::ordered_bits;

/// Distinct values, ascending, with how many of the population are below and at each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MidrankTable {
    values: Vec<f64>,
    less: Vec<u64>,
    equal: Vec<u64>,
    size: u64,
}

impl MidrankTable {
    /// The table of values in ascending order, of which there is at least one; keeps all distinct values up to `resolution`.
    pub(crate) fn new(sorted: &[f64], resolution: usize) -> Self {
        let mut table =
            Self { values: Vec::new(), less: Vec::new(), equal: Vec::new(), size: sorted.len() as u64 };
        let distinct = sorted.chunk_by(|left, right| left == right).count();
        // How many of the population may lie between two values that are kept.
        let most = if distinct <= resolution { 0 } else { sorted.len() / resolution };
        let (mut less, mut skipped) = (0, 0);
        for group in sorted.chunk_by(|left, right| left == right) {
            let ends = less == 0 || less + group.len() == sorted.len();
            if ends || skipped + group.len() > most {
                table.values.push(group[0]);
                table.less.push(less as u64);
                table.equal.push(group.len() as u64);
                skipped = 0;
            } else {
                skipped += group.len();
            }
            less += group.len();
        }
        table
    }

    /// Whether a value that came from outside can be a table.
    pub(crate) fn is_sound(&self) -> bool {
        let places = self.values.len();
        if places == 0 || self.less.len() != places || self.equal.len() != places {
            return false;
        }
        let ends = |place: usize| self.less[place].checked_add(self.equal[place]);
        self.values.iter().all(|value| value.is_finite())
            && self.values.windows(2).all(|pair| pair[0] < pair[1])
            && self.equal.iter().all(|&equal| equal > 0)
            && self.less[0] == 0
            && (1..places).all(|place| ends(place - 1).is_some_and(|end| end <= self.less[place]))
            && ends(places - 1) == Some(self.size)
    }

    /// The table made ready for many values.
    pub(crate) fn lookup(&self) -> MidrankLookup {
        MidrankLookup::new(self)
    }
}

/// What is known of one kept value and of the values up to the next.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The percentile of the value itself.
    at: f64,
    /// The percentile just above it.
    through: f64,
    /// The percentile just below the next.
    end: f64,
    /// `1 / (next / 2 - value / 2)`.
    per_half_width: f64,
}

/// How values become numbers of buckets: any rule will do that never falls.
#[derive(Clone, Copy, Debug)]
enum Scale {
    /// By the leading bits: about logarithmic.
    Bits { lowest: u64, shift: u32 },
    /// Even steps between two values, within which most of the others lie.
    Even { low: f64, per_step: f64 },
}

impl Scale {
    #[inline]
    fn bucket(self, x: f64, last: usize) -> usize {
        match self {
            Self::Bits { lowest, shift } => ((ordered_bits(x).saturating_sub(lowest)) >> shift) as usize,
            // What is below the low end becomes 0.
            Self::Even { low, per_step } => ((x - low) * per_step) as usize,
        }
        .min(last)
    }
}

/// A [`MidrankTable`] with an index over its values.
#[derive(Clone, Debug)]
pub(crate) struct MidrankLookup {
    /// Followed by infinities, so that a search may read beyond the end.
    values: Vec<f64>,
    /// One for each value.
    places: Vec<Place>,
    /// The first place of each bucket.
    first: Vec<u32>,
    scale: Scale,
}

/// Buckets for each kept value: values do not spread evenly over them.
const BUCKETS_A_VALUE: usize = 4;
/// Within so many places a search compares with all, which costs no guess of a branch.
const TOGETHER: usize = 4;

impl MidrankLookup {
    fn new(table: &MidrankTable) -> Self {
        let size = table.size as f64;
        let mut values = table.values.clone();
        let count = values.len();
        let places: Vec<Place> = (0..count)
            .map(|place| {
                let (less, equal) = (table.less[place], table.equal[place]);
                let next = place + 1;
                let (end, width) = if next < count {
                    (table.less[next] as f64 / size, values[next] / 2.0 - values[place] / 2.0)
                } else {
                    (1.0, f64::INFINITY)
                };
                let at = (2 * u128::from(less) + u128::from(equal)) as f64 / (2.0 * size);
                let through = (less + equal) as f64 / size;
                Place { at, through, end, per_half_width: width.recip() }
            })
            .collect();
        let buckets = (BUCKETS_A_VALUE * count).next_power_of_two();
        let span = ordered_bits(values[count - 1]) - ordered_bits(values[0]);
        let shift = (64 - span.leading_zeros()).saturating_sub(buckets.trailing_zeros());
        let bits = Scale::Bits { lowest: ordered_bits(values[0]), shift };
        // A few far values must not make the steps of all others too wide.
        let (low, high) = (values[count / 64], values[count - 1 - count / 64]);
        let per_step = (buckets - 1) as f64 / (high - low);
        let even = Scale::Even { low, per_step };
        let usable = per_step.is_finite() && per_step > 0.0;
        let crowd = |scale: Scale| -> u64 {
            let mut counts = vec![0u64; buckets];
            for value in &values {
                counts[scale.bucket(*value, buckets - 1)] += 1;
            }
            counts.iter().map(|count| count * count).sum()
        };
        let scale = if usable && crowd(even) < crowd(bits) { even } else { bits };
        let mut first = vec![0u32; buckets + 1];
        for (place, value) in values.iter().enumerate() {
            first[scale.bucket(*value, buckets - 1) + 1] = place as u32 + 1;
        }
        for bucket in 1..first.len() {
            first[bucket] = first[bucket].max(first[bucket - 1]);
        }
        values.extend([f64::INFINITY; TOGETHER]);
        Self { values, places, first, scale }
    }

    /// The percentile of a value, between 0 and 1; NaN for NaN.
    #[inline]
    pub(crate) fn percentile(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        let bucket = self.scale.bucket(x, self.first.len() - 2);
        let (start, end) = (self.first[bucket] as usize, self.first[bucket + 1] as usize);
        // Values of later buckets are above x.
        let within = if end - start <= TOGETHER {
            self.values[start..start + TOGETHER].iter().map(|value| usize::from(*value <= x)).sum()
        } else {
            self.values[start..end].partition_point(|value| *value <= x)
        };
        if start + within == 0 {
            return 0.0;
        }
        let before = start + within - 1;
        let (value, place) = (self.values[before], &self.places[before]);
        let share = (x / 2.0 - value / 2.0) * place.per_half_width;
        // What cannot be said for rounding (a width below the smallest double) is the end; beyond the last value it is 1.
        let between = (place.through + share * (place.end - place.through)).min(place.end);
        if value == x { place.at } else { between }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(values: &[f64], x: f64) -> f64 {
        let less = values.iter().filter(|&&value| value < x).count();
        let equal = values.iter().filter(|&&value| value == x).count();
        (2 * less + equal) as f64 / (2.0 * values.len() as f64)
    }

    #[test]
    fn any_value_gets_the_percentile_of_the_definition() {
        let sorted = [-5.0, -0.0, 0.0, 1e-300, 2.0, 2.0, 2.0, 5.0, 1e300];
        let lookup = MidrankTable::new(&sorted, 4096).lookup();
        let between = [-1e301, -5.5, -5.0, -1.0, 0.0, 1e-301, 1e-300, 1.0, 2.0, 3.0, 5.0, 6.0, 1e300, 1e301];
        for x in between {
            assert_eq!(lookup.percentile(x), slow(&sorted, x), "{x}");
        }
        assert!(lookup.percentile(f64::NAN).is_nan());
        let constant = MidrankTable::new(&[3.0; 7], 4096).lookup();
        assert_eq!([2.0, 3.0, 4.0].map(|x| constant.percentile(x)), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_coarse_table_errs_by_no_more_than_its_resolution() {
        let mut values: Vec<f64> = (0..20_000).map(|place| (f64::from(place) / 3e3).exp() - 2.0).collect();
        values.extend(vec![1.0; 5_000]);
        values.sort_by(f64::total_cmp);
        for resolution in [2, 10, 500, 15_000] {
            let table = MidrankTable::new(&values, resolution);
            assert!(table.is_sound() && table.values.len() <= 2 * resolution + 2);
            let lookup = table.lookup();
            let mut last = 0.0;
            for x in values.iter().step_by(3).flat_map(|x| [*x, x + 1e-4]) {
                let (found, exact) = (lookup.percentile(x), slow(&values, x));
                assert!((found - exact).abs() <= 1.0 / resolution as f64 + 1e-15, "{x} {found} {exact}");
                if x == values[0] || found >= last {
                    last = found;
                }
            }
        }
        let mut points: Vec<f64> = values.iter().map(|x| x + 3e-5).collect();
        points.sort_by(f64::total_cmp);
        let lookup = MidrankTable::new(&values, 100).lookup();
        assert!(points.windows(2).all(|pair| lookup.percentile(pair[0]) <= lookup.percentile(pair[1])));
    }

    #[test]
    fn neighbouring_doubles_and_the_ends_of_the_range_are_told_apart() {
        let values = [-f64::MAX, 1.0, 1.0f64.next_up(), 1.0f64.next_up().next_up(), f64::MAX];
        let lookup = MidrankTable::new(&values, 4096).lookup();
        assert_eq!(values.map(|x| lookup.percentile(x)), [0.1, 0.3, 0.5, 0.7, 0.9]);
        assert_eq!(lookup.percentile(0.0), 0.2);
        let tiny = [0.0, 5e-324, 1e-323, 1.0];
        assert_eq!(tiny.map(|x| MidrankTable::new(&tiny, 2).lookup().percentile(x) <= 1.0), [true; 4]);
    }
}
