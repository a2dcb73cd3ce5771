//! The differences of all pairs of two sorted columns, counted without being formed.
//!
//! With both columns in order, the differences that lie below a value are counted by two pointers in one pass. Rounding keeps the order of
//! differences, so each count is that of the rounded differences, and a search over doubles ends at the very one where a count changes.

/// With so few differences for each row between two shifts, they are listed.
const LISTED_A_ROW: f64 = 0.1;

/// Two sorted columns.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    pub(super) target: &'a [f64],
    pub(super) control: &'a [f64],
}

impl Pairs<'_> {
    /// How many pairs there are.
    pub(super) fn count(self) -> u64 {
        self.target.len() as u64 * self.control.len() as u64
    }

    /// How many differences lie below `shift`, and how many at or below it.
    pub(super) fn below(self, shift: f64) -> (u64, u64) {
        // For a larger target fewer differences are below: those to the controls from a place on, which rises.
        let (mut at_most_place, mut less_place, mut less, mut at_most) = (0, 0, 0, 0);
        let control = self.control;
        let count = control.len();
        for &value in self.target {
            while at_most_place < count && value - control[at_most_place] > shift {
                at_most_place += 1;
            }
            less_place = less_place.max(at_most_place);
            while less_place < count && value - control[less_place] >= shift {
                less_place += 1;
            }
            less += (count - less_place) as u64;
            at_most += (count - at_most_place) as u64;
        }
        (less, at_most)
    }

    /// Twice the Mann-Whitney statistic of the target less `shift`: a pair in order counts 2, a tie 1.
    pub(super) fn twice_u(self, shift: f64) -> u64 {
        let (less, at_most) = self.below(shift);
        2 * self.count() - less - at_most
    }

    /// The groups of equal values among the target less `shift` and the control together, lowest first.
    pub(super) fn ties(self, shift: f64) -> Vec<u64> {
        let (mut ties, mut place) = (Vec::new(), 0);
        let run = |column: &[f64]| column.iter().take_while(|&&value| value == column[0]).count();
        let mut rest = self.target;
        while let Some(&value) = rest.first() {
            while place < self.control.len() && value - self.control[place] > shift {
                let equal = run(&self.control[place..]);
                ties.push(equal as u64);
                place += equal;
            }
            let mut equal = run(rest);
            rest = &rest[equal..];
            while place < self.control.len() && value - self.control[place] == shift {
                equal += 1;
                place += 1;
            }
            ties.push(equal as u64);
        }
        while place < self.control.len() {
            let equal = run(&self.control[place..]);
            ties.push(equal as u64);
            place += equal;
        }
        ties
    }

    /// The lowest double at which `of(below)` reaches `goal`; infinite if none or all do.
    fn first(self, goal: u64, of: impl Fn((u64, u64)) -> u64) -> f64 {
        if goal == 0 {
            return f64::NEG_INFINITY;
        }
        let ends = |column: &[f64]| (column[0], column[column.len() - 1]);
        let ((low_target, high_target), (low_control, high_control)) =
            (ends(self.target), ends(self.control));
        let mut low = (low_target - high_control).next_down();
        let mut high = (high_target - low_control).next_up();
        let at_high = of((self.count(), self.count()));
        if goal > at_high {
            return f64::INFINITY;
        }
        // How far the counts at the ends are from half a count below the goal.
        let miss = |reached: u64| (i128::from(reached) - i128::from(goal)) as f64 + 0.5;
        let (mut miss_low, mut miss_high) = (miss(0), miss(at_high));
        let (mut at_most_low, mut at_most_high) = (0, self.count());
        let few = 64 + (LISTED_A_ROW * (self.target.len() + self.control.len()) as f64) as u64;
        let mut last_was_high = None;
        for step in 1_u32.. {
            if low.next_up() >= high {
                break;
            }
            if at_most_high - at_most_low <= few {
                return self.first_between((low, at_most_low), high, goal, of);
            }
            // Secants find smooth counts in a few steps (the Illinois method, Dowell and Jarratt 1971), halves of the order of doubles any in 64.
            let guess = if step.is_multiple_of(4) {
                between(low, high)
            } else {
                low + (high - low) * (miss_low / (miss_low - miss_high))
            };
            let guess = guess.clamp(low.next_up(), high.next_down());
            let counts = self.below(guess);
            let reached = of(counts);
            let is_high = reached >= goal;
            if is_high {
                (high, miss_high, at_most_high) = (guess, miss(reached), counts.1);
            } else {
                (low, miss_low, at_most_low) = (guess, miss(reached), counts.1);
            }
            // An end that stays twice counts half.
            if last_was_high == Some(is_high) {
                *(if is_high { &mut miss_low } else { &mut miss_high }) *= 0.5;
            }
            last_was_high = Some(is_high);
        }
        high
    }

    /// As `first`, above a shift with `at_most_low` differences at or below it and up to `high`, where the goal is reached: what lies between is
    /// listed.
    fn first_between(
        self,
        (low, at_most_low): (f64, u64),
        high: f64,
        goal: u64,
        of: impl Fn((u64, u64)) -> u64,
    ) -> f64 {
        // A difference that is the shift itself lies below the next one.
        if of((at_most_low, at_most_low)) >= goal {
            return low.next_up();
        }
        let mut listed = Vec::new();
        let mut start = 0;
        for &value in self.target {
            // From here on the differences of this target and of higher ones are below `high`.
            while start < self.control.len() && value - self.control[start] >= high {
                start += 1;
            }
            let differences = self.control[start..].iter().map(|control| value - control);
            listed.extend(differences.take_while(|&difference| difference > low));
        }
        listed.sort_unstable_by(f64::total_cmp);
        let mut below = at_most_low;
        for run in listed.chunk_by(|a, b| a == b) {
            let at_most = below + run.len() as u64;
            if of((below, at_most)) >= goal {
                return run[0];
            }
            // Just above, the run lies below.
            if of((at_most, at_most)) >= goal {
                return run[0].next_up();
            }
            below = at_most;
        }
        high
    }

    /// The lowest shift whose doubled statistic is at most `most`.
    pub(super) fn lowest_shift(self, most: u64) -> f64 {
        let all = 2 * self.count();
        self.first(all.saturating_sub(most), |(less, at_most)| less + at_most)
    }

    /// The difference at a place of their order, counted from 1.
    pub(super) fn difference(self, place: u64) -> f64 {
        self.first(place, |(_, at_most)| at_most)
    }

    /// The highest shift whose doubled statistic is at least `least`.
    pub(super) fn highest_shift(self, least: u64) -> f64 {
        // With the columns exchanged all differences change their sign, without rounding.
        let exchanged = Self { target: self.control, control: self.target };
        -exchanged.first(least, |(less, at_most)| less + at_most)
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

    fn columns(seed: u64) -> (Vec<f64>, Vec<f64>) {
        let mut state = seed;
        let mut next = move |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let mut column = |length: u64| {
            let mut values: Vec<f64> = (0..length).map(|_| next(9) as f64 * 0.1 - 0.3).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        (column(1 + seed % 13), column(1 + seed % 7))
    }

    #[test]
    fn counts_and_places_are_those_of_the_listed_differences() {
        for seed in 0..200 {
            let (target, control) = columns(seed);
            let pairs = Pairs { target: &target, control: &control };
            let mut all: Vec<f64> = target.iter().flat_map(|t| control.iter().map(move |c| t - c)).collect();
            all.sort_by(f64::total_cmp);
            for shift in all.iter().copied().chain([-0.25, 0.0, 0.2, 9.0]) {
                let (less, at_most) = pairs.below(shift);
                assert_eq!(less, all.iter().filter(|&&d| d < shift).count() as u64);
                assert_eq!(at_most, all.iter().filter(|&&d| d <= shift).count() as u64);
                assert_eq!(pairs.ties(shift).iter().sum::<u64>(), (target.len() + control.len()) as u64);
            }
            for (place, difference) in (1..).zip(&all) {
                assert_eq!(pairs.difference(place), *difference, "{seed} {place}");
            }
            for most in 0..=2 * pairs.count() {
                let shift = pairs.lowest_shift(most);
                assert!(most == 2 * pairs.count() || pairs.twice_u(shift) <= most);
                assert!(shift == f64::NEG_INFINITY || pairs.twice_u(shift.next_down()) > most);
                let shift = pairs.highest_shift(most);
                assert!(most == 0 || pairs.twice_u(shift) >= most);
                assert!(shift == f64::INFINITY || pairs.twice_u(shift.next_up()) < most);
            }
        }
    }

    #[test]
    fn places_among_many_differences_are_found_by_secants_too() {
        for step in [0.0, 0.37, 5.0] {
            // A step of 5 leaves few distinct values, one of 0 none equal.
            let value = |row: u32| {
                let smooth = f64::from(row * row % 1_009) * 1.07 + f64::from(row).sin();
                if step > 0.0 { (smooth / step).round() * step } else { smooth }
            };
            let column = |rows: std::ops::Range<u32>| {
                let mut values: Vec<f64> = rows.map(value).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (target, control) = (column(0..200), column(150..420));
            let pairs = Pairs { target: &target, control: &control };
            let mut all: Vec<f64> = target.iter().flat_map(|t| control.iter().map(move |c| t - c)).collect();
            all.sort_by(f64::total_cmp);
            for place in (1..=all.len()).step_by(97).chain([all.len()]) {
                assert_eq!(pairs.difference(place as u64), all[place - 1], "{step} {place}");
                let most = 2 * place as u64 - 1;
                let (lowest, highest) = (pairs.lowest_shift(most), pairs.highest_shift(most));
                assert!(pairs.twice_u(lowest) <= most && pairs.twice_u(lowest.next_down()) > most);
                assert!(pairs.twice_u(highest) >= most && pairs.twice_u(highest.next_up()) < most);
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
