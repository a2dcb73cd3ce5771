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

    /// The number of distinct values that are kept.
    pub(crate) fn places(&self) -> usize {
        self.values.len()
    }

    /// The table made ready for many values.
    pub(crate) fn lookup(&self) -> MidrankLookup {
        MidrankLookup::new(self)
    }
}

/// What is known of one kept value and of the values up to the next.
#[derive(Clone, Copy, Debug)]
struct Place {
    value: f64,
    /// The percentile of the value itself.
    at: f64,
    /// The percentile just above it.
    through: f64,
    /// The percentile just below the next.
    end: f64,
    /// `1 / (next / 2 - value / 2)`.
    per_half_width: f64,
}

/// A [`MidrankTable`] with an index by the leading bits of values.
#[derive(Clone, Debug)]
pub(crate) struct MidrankLookup {
    places: Vec<Place>,
    /// The first place of each bucket.
    first: Vec<u32>,
    lowest: u64,
    shift: u32,
}

/// Within so many places a search goes one by one.
const WALK: usize = 8;

impl MidrankLookup {
    fn new(table: &MidrankTable) -> Self {
        let size = table.size as f64;
        let count = table.values.len();
        let places: Vec<Place> = (0..count)
            .map(|place| {
                let (value, less, equal) = (table.values[place], table.less[place], table.equal[place]);
                let next = place + 1;
                let (end, width) = if next < count {
                    (table.less[next] as f64 / size, table.values[next] / 2.0 - value / 2.0)
                } else {
                    (1.0, f64::INFINITY)
                };
                let at = (2 * u128::from(less) + u128::from(equal)) as f64 / (2.0 * size);
                let through = (less + equal) as f64 / size;
                Place { value, at, through, end, per_half_width: width.recip() }
            })
            .collect();
        let key = |place: usize| ordered_bits(table.values[place]);
        let (lowest, span) = (key(0), key(count - 1) - key(0));
        let buckets = (2 * count).next_power_of_two() as u64;
        let shift = (64 - span.leading_zeros()).saturating_sub(buckets.trailing_zeros());
        let filled = (span >> shift) as usize + 1;
        let mut first = vec![0u32; filled + 1];
        for place in 0..count {
            first[((key(place) - lowest) >> shift) as usize + 1] = place as u32 + 1;
        }
        for bucket in 1..first.len() {
            first[bucket] = first[bucket].max(first[bucket - 1]);
        }
        Self { places, first, lowest, shift }
    }

    /// The percentile of a value, between 0 and 1; NaN for NaN.
    #[inline]
    pub(crate) fn percentile(&self, x: f64) -> f64 {
        let last = self.places[self.places.len() - 1];
        if x < self.places[0].value {
            return 0.0;
        }
        if x >= last.value {
            return if x == last.value { last.at } else { 1.0 };
        }
        if x.is_nan() {
            return x;
        }
        let bucket = ((ordered_bits(x) - self.lowest) >> self.shift) as usize;
        let (start, end) = (self.first[bucket] as usize, self.first[bucket + 1] as usize);
        let here = &self.places[start..end];
        let within = if here.len() <= WALK {
            here.iter().map(|place| usize::from(place.value <= x)).sum()
        } else {
            here.partition_point(|place| place.value <= x)
        };
        // The lowest value is not above x: there is a place before.
        let place = &self.places[start + within - 1];
        if place.value == x {
            return place.at;
        }
        let share = (x / 2.0 - place.value / 2.0) * place.per_half_width;
        // What cannot be said for rounding (a width below the smallest double) is the end.
        (place.through + share * (place.end - place.through)).min(place.end)
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
        values.extend([1.0; 5_000]);
        values.sort_by(f64::total_cmp);
        for resolution in [2, 10, 500, 15_000] {
            let table = MidrankTable::new(&values, resolution);
            assert!(table.is_sound() && table.places() <= 2 * resolution + 2, "{}", table.places());
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
