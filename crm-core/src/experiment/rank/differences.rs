//! Places in the order of all differences between two sorted columns, and shifts at which the Mann-Whitney statistic takes a value.
//!
//! A place is found between two shifts by counting the differences below other shifts. The first guess and the density of differences there
//! are those of some thousand values of each column, evenly spread over their ranks; Newton steps from there go a little too far, so that few
//! differences are left between two shifts after three counts. Those are listed. (Two columns of 1M values: a sixth of the time of secants from
//! the ends of the range, with counts by branches.)

use super::pairs::Pairs;
use super::walk::Above;

/// With so few pairs for each place between two shifts, their differences are listed.
const LISTED_A_PLACE: f64 = 0.04;
/// As many as there are places are listed after so many steps: on a grid no fewer may be left.
const MANY_FROM: u32 = 6;
/// So many values of each column stand for all in the first guess.
const THINNED: usize = 4_096;
/// Steps of the search among these.
const THINNED_STEPS: u32 = 40;

/// A place in the order of all differences, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// The difference there.
    pub(super) value: f64,
    /// How many differences are below the value.
    pub(super) less: u64,
    /// How many differences are below it or equal.
    pub(super) at_most: u64,
    /// The next larger difference, if it was seen.
    next: Option<f64>,
}

impl Pairs<'_> {
    /// The median of all differences.
    pub(super) fn median(&self, middle: &Place) -> f64 {
        let count = self.count();
        if count % 2 == 1 || middle.at_most > count / 2 {
            return middle.value;
        }
        let upper = middle.next.unwrap_or_else(|| self.lowest_above(middle.value));
        middle.value + 0.5 * (upper - middle.value)
    }

    /// The place of the median, the lower one of two.
    pub(super) fn middle(&self) -> u64 {
        self.count().div_ceil(2)
    }

    /// The place from which the lowest shift of a doubled statistic below `2 count` is read.
    pub(super) fn place_of_lowest(&self, most: u64) -> u64 {
        (2 * self.count() - most).div_ceil(2)
    }

    /// The lowest shift whose doubled statistic is at most `most`, from its place.
    pub(super) fn lowest_shift(&self, most: u64, place: &Place) -> f64 {
        let reached = place.less + place.at_most >= 2 * self.count() - most;
        if reached { place.value } else { place.value.next_up() }
    }

    /// The place from which the highest shift of a doubled statistic above 0 is read.
    pub(super) fn place_of_highest(&self, least: u64) -> u64 {
        self.count() + 1 - least.div_ceil(2)
    }

    /// The highest shift whose doubled statistic is at least `least`, from its place.
    pub(super) fn highest_shift(&self, least: u64, place: &Place) -> f64 {
        let reached = 2 * self.count() - place.less - place.at_most >= least;
        if reached { place.value } else { place.value.next_down() }
    }

    /// The differences at places of their order.
    pub(super) fn differences(&self, places: &[u64]) -> Vec<Place> {
        let few = 64 + (LISTED_A_PLACE * self.places() as f64) as u64;
        let thin = |column: &[f64]| -> Vec<f64> {
            (0..THINNED).map(|part| column[(2 * part + 1) * column.len() / (2 * THINNED)]).collect()
        };
        let thinned = (self.target.len().min(self.control.len()) > 2 * THINNED)
            .then(|| (thin(self.target), thin(self.control)));
        let thinned = thinned.as_ref().map(|(target, control)| Pairs::new(target, control));
        let mut searches: Vec<Search> = places.iter().map(|&place| Search::new(self, place)).collect();
        if let Some(thinned) = &thinned {
            for search in &mut searches {
                search.begin(self.count(), thinned);
            }
        }
        loop {
            let mut open: Vec<&mut Search> =
                searches.iter_mut().filter(|search| !search.is_done(self, few)).collect();
            if open.is_empty() {
                break;
            }
            let shifts: Vec<f64> = open.iter().map(|search| search.guess(few)).collect();
            for ((search, &shift), above) in open.iter_mut().zip(&shifts).zip(self.above(&shifts)) {
                search.learn(self.count(), shift, above);
            }
        }
        searches.iter().map(|search| search.answer(self, few)).collect()
    }
}

/// A shift, and how many differences lie at or below it.
#[derive(Clone, Copy)]
struct Point {
    shift: f64,
    at_most: u64,
    /// Pairs of places above the shift.
    pairs_above: u64,
}

/// A search for a place of the order.
struct Search {
    place: u64,
    /// Fewer differences than the place are at or below it.
    low: Point,
    /// At least as many are.
    high: Point,
    /// The last guess.
    last: Option<Point>,
    /// Where to begin, if known.
    start: Option<f64>,
    /// Differences for each unit of the shift there, if known.
    density: Option<f64>,
    steps: u32,
}

impl Search {
    fn new(pairs: &Pairs<'_>, place: u64) -> Self {
        let lowest = (pairs.target[0] - pairs.control[pairs.control.len() - 1]).next_down();
        let highest = pairs.target[pairs.target.len() - 1] - pairs.control[0];
        Self {
            place,
            low: Point { shift: lowest, at_most: 0, pairs_above: pairs.pairs_of_places() },
            high: Point { shift: highest, at_most: pairs.count(), pairs_above: 0 },
            last: None,
            start: None,
            density: None,
            steps: 0,
        }
    }

    /// Finds where to begin among `count` differences, and how dense they are there, from a few of the values.
    fn begin(&mut self, count: u64, thinned: &Pairs<'_>) {
        let few = thinned.count();
        let scale = count as f64 / few as f64;
        let place = ((self.place as f64 - 0.5) / scale + 0.5).round() as u64;
        let mut search = Self::new(thinned, place.clamp(1, few));
        let mut wide = None;
        for _ in 0..THINNED_STEPS {
            let (before, shift) = (search.last, search.guess(0));
            search.learn(few, shift, thinned.above(&[shift])[0]);
            let far = |point: Point| point.at_most.abs_diff(place);
            let Some(last) = search.last else { break };
            if before.is_some_and(|before| before.at_most.abs_diff(last.at_most) > few / 500) {
                wide = search.density;
            }
            if far(last) <= few / 1_000_000 || search.low.shift.next_up() >= search.high.shift {
                break;
            }
        }
        self.start = search.last.map(|last| last.shift);
        if let (Some(shift), Some(density)) = (self.start, wide) {
            let reach = few as f64 / 250.0 / density;
            let above = thinned.above(&[shift - reach, shift + reach]);
            let density = scale * (above[0].0 - above[1].0) as f64 / (2.0 * reach);
            self.density = (density > 0.0 && density.is_finite()).then_some(density);
        }
    }

    fn is_done(&self, pairs: &Pairs<'_>, few: u64) -> bool {
        self.may_list(pairs, few) || self.low.shift.next_up() >= self.high.shift
    }

    fn may_list(&self, pairs: &Pairs<'_>, few: u64) -> bool {
        let most = if self.steps < MANY_FROM { few } else { few + pairs.places() as u64 };
        self.low.pairs_above - self.high.pairs_above <= most
    }

    /// The next shift to count at, between low and high.
    fn guess(&self, few: u64) -> f64 {
        let (low, high) = (self.low.shift, self.high.shift);
        // Half a difference before the place.
        let miss = |point: Point| self.place as f64 - 0.5 - point.at_most as f64;
        let guess = match (self.last, self.density, self.start) {
            // Whatever the counts are like, halves of the order of doubles end in 64 of these.
            _ if self.steps % 4 == 3 => f64::NAN,
            (None, _, Some(start)) => start,
            (Some(last), Some(density), _) => {
                let miss = miss(last);
                let beyond = 0.25 * few as f64 + miss.abs() / 256.0;
                last.shift + (miss + beyond.copysign(miss)) / density
            }
            _ => f64::INFINITY,
        };
        if guess > low && guess < high {
            return guess;
        }
        let (below, above) = (miss(self.low), miss(self.high));
        let secant = low + (high - low) * (below / (below - above));
        if !guess.is_nan() && secant > low && secant < high { secant } else { between(low, high) }
    }

    /// Takes in how many differences, and pairs of places, lie above a shift.
    fn learn(&mut self, count: u64, shift: f64, (above, pairs_above): Above) {
        let point = Point { shift, at_most: count - above, pairs_above };
        if let Some(last) = self.last {
            let density = (point.at_most as f64 - last.at_most as f64) / (shift - last.shift);
            if density > 0.0 && density.is_finite() {
                self.density = Some(density);
            }
        }
        *(if point.at_most < self.place { &mut self.low } else { &mut self.high }) = point;
        self.last = Some(point);
        self.steps += 1;
    }

    /// The place, when few differences are left or the shifts are neighbours.
    fn answer(&self, pairs: &Pairs<'_>, few: u64) -> Place {
        let (low, high) = (&self.low, &self.high);
        let mut place =
            Place { value: high.shift + 0.0, less: low.at_most, at_most: high.at_most, next: None };
        if !self.may_list(pairs, few) {
            return place;
        }
        let mut listed = pairs.between(low.shift, high.shift);
        listed.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        place.at_most = low.at_most;
        for run in listed.chunk_by(|one, other| one.0 == other.0) {
            if place.at_most >= self.place {
                place.next = Some(run[0].0);
                break;
            }
            place.value = run[0].0;
            place.less = place.at_most;
            place.at_most += run.iter().map(|&(_, number)| number).sum::<u64>();
        }
        place
    }
}

/// The double halfway in the order of doubles.
fn between(low: f64, high: f64) -> f64 {
    let place = |value: f64| {
        let bits = value.to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    let (low, high) = (i128::from(place(low)), i128::from(place(high)));
    let middle = low.midpoint(high) as i64;
    f64::from_bits(if middle < 0 { (i64::MIN - middle) as u64 } else { middle as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is asked of pairs, beside a list of all differences.
    fn check(target: &[f64], control: &[f64], places: impl Iterator<Item = usize>) {
        let pairs = Pairs::new(target, control);
        let mut all: Vec<f64> = target.iter().flat_map(|t| control.iter().map(move |c| t - c)).collect();
        all.sort_by(f64::total_cmp);
        let half = all.len() / 2;
        let median =
            if all.len() % 2 == 1 { all[half] } else { all[half - 1] + 0.5 * (all[half] - all[half - 1]) };
        assert_eq!(pairs.median(&pairs.differences(&[pairs.middle()])[0]), median);
        for place in places {
            let value = all[place - 1];
            let found = pairs.differences(&[place as u64])[0];
            assert_eq!(found.value.to_bits(), value.to_bits(), "{place}");
            assert_eq!(found.less, all.partition_point(|&d| d < value) as u64);
            assert_eq!(found.at_most, all.partition_point(|&d| d <= value) as u64);
            for most in [2 * place as u64 - 2, 2 * place as u64 - 1] {
                let shift = pairs.lowest_shift(most, &pairs.differences(&[pairs.place_of_lowest(most)])[0]);
                assert!(pairs.twice_u(shift) <= most && pairs.twice_u(shift.next_down()) > most);
                let least = most + 1;
                let shift =
                    pairs.highest_shift(least, &pairs.differences(&[pairs.place_of_highest(least)])[0]);
                assert!(pairs.twice_u(shift) >= least && pairs.twice_u(shift.next_up()) < least);
            }
        }
    }

    #[test]
    fn few_values_with_many_ties() {
        for seed in 0..200 {
            let mut state = seed;
            let mut next = move |most: u64| {
                state = u64::wrapping_mul(state, 6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % most
            };
            let mut column = |length: u64| {
                let mut values: Vec<f64> = (0..length).map(|_| next(9) as f64 * 0.1 - 0.3).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (target, control) = (column(1 + seed % 13), column(1 + seed % 7));
            check(&target, &control, 1..=target.len() * control.len());
        }
    }

    #[test]
    fn many_values_smooth_and_stepped() {
        // A step of 5 leaves few distinct values, one of 0 none equal; with zeros half of the values are equal and the others not.
        for (step, zeros) in [(0.0, 0), (0.37, 0), (5.0, 0), (0.0, 2), (0.0, 9)] {
            let value = |row: u32| {
                let smooth = f64::from(row * row % 1_009) * 1.07 + f64::from(row).sin();
                match row {
                    _ if zeros > 0 && row.is_multiple_of(zeros) => 0.0,
                    _ if step > 0.0 => (smooth / step).round() * step,
                    _ => smooth,
                }
            };
            let column = |rows: std::ops::Range<u32>| {
                let mut values: Vec<f64> = rows.map(value).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (target, control) = (column(0..200), column(150..420));
            check(&target, &control, (1..=54_000).step_by(97).chain([54_000]));
        }
    }

    #[test]
    fn a_first_guess_from_thinned_columns() {
        // All differences of so many values are too many for a list, but shifts between them are known to be right by their counts.
        let column = |rows: u32, shape: fn(f64) -> f64| {
            let mut values: Vec<f64> = (0..rows).map(|row| shape(f64::from(row) / f64::from(rows))).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let shapes: [fn(f64) -> f64; 5] = [
            |u| u + 0.1 * (77.0 * u).sin(),
            |u| (8.0 * u).exp(),
            |u| (u - 0.5).max(0.0),
            |u| 1e6 + 1e-9 * u,
            |u| (9_000.0 * u).round(),
        ];
        for shape in shapes {
            let (target, control) = (column(9_000, shape), column(8_500, shape));
            let pairs = Pairs::new(&target, &control);
            let count = pairs.count();
            let places = [1, 7, count / 3, count / 2, count - 1_000, count];
            for (place, found) in places.iter().zip(pairs.differences(&places)) {
                assert!(found.less < *place && found.at_most >= *place, "{found:?}");
                let above = pairs.above(&[found.value, found.value.next_down()]);
                assert_eq!((count - above[0].0, count - above[1].0), (found.at_most, found.less));
            }
        }
    }

    #[test]
    fn halves_of_the_order_of_doubles() {
        assert_eq!(between(-1.0, 1.0), 0.0);
        assert_eq!(between(1.0, 1.0 + 2.0 * f64::EPSILON), 1.0 + f64::EPSILON);
        assert!(between(-1e300, -1e-300) < 0.0);
    }
}
