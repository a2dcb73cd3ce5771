//! Walks along the border between the differences above a shift and those that are not.
//!
//! With both columns in order, a walk of as many steps as there are values tells for every target how many controls are so far below it: a
//! step goes on to the next control where the difference is above the shift, and to the next target where it is not. Steps depend on each
//! other, and a processor waits for each; walks are therefore cut into stretches of equal length (Odeh, Green, Mwassi, Shmueli and Birk 2012,
//! "Merge path - parallel merging made simple", IPDPS workshops), of which four are walked in turns, and shared by threads.

use rayon::prelude::*;

/// Stretches that are walked in turns.
const LANES: usize = 4;
/// Turns after which noted differences are listed.
const TURNS: usize = 64;
/// Shorter walks stay on one thread.
const SHARED_FROM: usize = 1 << 16;

/// How many values a place of a column stands for.
pub(super) trait Weights: Copy + Sync {
    /// Whether places stand for more than one value.
    const MANY: bool;
    /// The weight of a target times the weight of the controls before a place.
    fn product(self, target: usize, controls: usize) -> u64;
    /// The weight of one pair.
    fn pair(self, target: usize, control: usize) -> u64;
}

/// Each place is one value.
#[derive(Clone, Copy)]
pub(super) struct Single;

impl Weights for Single {
    const MANY: bool = false;

    fn product(self, _: usize, controls: usize) -> u64 {
        controls as u64
    }

    fn pair(self, _: usize, _: usize) -> u64 {
        1
    }
}

/// Each place is a run of equal values; so many values lie before each, and at the end are all.
#[derive(Clone, Copy)]
pub(super) struct Cumulated<'a> {
    pub(super) target: &'a [u64],
    pub(super) control: &'a [u64],
}

impl Weights for Cumulated<'_> {
    const MANY: bool = true;

    fn product(self, target: usize, controls: usize) -> u64 {
        let weight = match self.target.get(target..target + 2) {
            Some(&[before, with]) => with - before,
            _ => 0,
        };
        weight * self.control[controls]
    }

    fn pair(self, target: usize, control: usize) -> u64 {
        self.product(target, control + 1) - self.product(target, control)
    }
}

/// Two columns in ascending order.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a, W> {
    pub(super) target: &'a [f64],
    pub(super) control: &'a [f64],
    pub(super) weights: W,
}

/// A stretch of a walk: after `steps` steps, `controls` of which went to controls.
#[derive(Clone, Copy)]
struct Stretch {
    shift: f64,
    steps: usize,
    controls: usize,
    length: usize,
}

/// Differences above a shift: by weight, and pairs of places.
pub(super) type Above = (u64, u64);

impl<W: Weights> Walk<'_, W> {
    fn length(self) -> usize {
        self.target.len() + self.control.len()
    }

    /// How many differences lie above each shift.
    pub(super) fn above(self, shifts: &[f64]) -> Vec<Above> {
        let parts = self.parts();
        let count = |number: usize| {
            let group: [Stretch; LANES] = std::array::from_fn(|lane| {
                let place = LANES * number + lane;
                self.stretch(shifts[place / parts], place % parts, parts)
            });
            self.count(group)
        };
        let groups = shifts.len() * parts / LANES;
        let counts: Vec<[Above; LANES]> = if self.length() < SHARED_FROM {
            (0..groups).map(count).collect()
        } else {
            (0..groups).into_par_iter().map(count).collect()
        };
        let mut sums = vec![(0, 0); shifts.len()];
        for (place, count) in counts.as_flattened().iter().enumerate() {
            let sum = &mut sums[place / parts];
            *sum = (sum.0 + count.0, sum.1 + count.1);
        }
        sums
    }

    /// All differences above `low` up to `high`, with their weights, in no order.
    pub(super) fn between(self, low: f64, high: f64) -> Vec<(f64, u64)> {
        let parts = self.parts();
        let list = |number: usize| {
            let mut listed = Vec::new();
            let group: [Stretch; LANES] =
                std::array::from_fn(|lane| self.stretch(high, LANES * number + lane, parts));
            self.list(group, low, &mut listed);
            listed
        };
        if self.length() < SHARED_FROM {
            (0..parts / LANES).flat_map(list).collect()
        } else {
            (0..parts / LANES).into_par_iter().flat_map_iter(list).collect()
        }
    }

    /// The lowest difference above a shift; infinite if there is none.
    pub(super) fn lowest_above(self, shift: f64) -> f64 {
        let (mut lowest, mut controls) = (f64::INFINITY, 0);
        for &target in self.target {
            while controls < self.control.len() && target - self.control[controls] > shift {
                controls += 1;
            }
            if controls > 0 {
                lowest = lowest.min(target - self.control[controls - 1]);
            }
        }
        lowest
    }

    /// Into how many stretches a walk is cut: a multiple of the lanes.
    fn parts(self) -> usize {
        if self.length() < SHARED_FROM { LANES } else { LANES * rayon::current_num_threads() }
    }

    fn stretch(self, shift: f64, part: usize, parts: usize) -> Stretch {
        let at = |part: usize| (part as u128 * self.length() as u128 / parts as u128) as usize;
        let (steps, end) = (at(part), at(part + 1));
        Stretch { shift, steps, controls: self.controls(shift, steps), length: end - steps }
    }

    /// How many of the first steps went to controls: so many that the last target before them was reached first.
    fn controls(self, shift: f64, steps: usize) -> usize {
        let (mut low, mut high) = (steps.saturating_sub(self.target.len()), steps.min(self.control.len()));
        while low < high {
            let middle = low.midpoint(high);
            if self.target[steps - 1 - middle] - self.control[middle] > shift {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The value at the end of a column is infinite: the step that it does not allow is not taken.
    #[inline]
    fn difference(self, target: usize, control: usize) -> f64 {
        let value = |column: &[f64], place: usize| column.get(place).copied().unwrap_or(f64::INFINITY);
        value(self.target, target) - value(self.control, control)
    }

    fn count(self, group: [Stretch; LANES]) -> [Above; LANES] {
        let mut controls = group.map(|stretch| stretch.controls);
        let mut sums = [(0, 0); LANES];
        let mut step = |lane: usize, done: usize| {
            let place = controls[lane];
            let target = group[lane].steps + done - place;
            let above = self.difference(target, place) > group[lane].shift;
            if W::MANY {
                // Without a branch: all ones where the step goes to a target.
                sums[lane].0 += u64::from(above).wrapping_sub(1) & self.weights.product(target, place);
            }
            sums[lane].1 += place as u64;
            controls[lane] = place + usize::from(above);
        };
        let common = common(&group);
        for done in 0..common {
            for lane in 0..LANES {
                step(lane, done);
            }
        }
        for (lane, stretch) in group.iter().enumerate() {
            (common..stretch.length).for_each(|done| step(lane, done));
        }
        for (lane, stretch) in group.iter().enumerate() {
            // Steps that went to controls were at each of these places once.
            let (first, end) = (stretch.controls as u128, controls[lane] as u128);
            sums[lane].1 -= ((end - first) * (end + first).saturating_sub(1) / 2) as u64;
            if !W::MANY {
                sums[lane].0 = sums[lane].1;
            }
        }
        sums
    }

    fn list(self, group: [Stretch; LANES], low: f64, listed: &mut Vec<(f64, u64)>) {
        let mut controls = group.map(|stretch| stretch.controls);
        // Where a target has differences to list is noted without a branch, and looked up after so many steps.
        let mut noted = [(0, 0); LANES * TURNS];
        let longest = group.iter().map(|stretch| stretch.length).max().unwrap_or(0);
        let common = common(&group);
        for start in (0..longest).step_by(TURNS) {
            let mut count = 0;
            for done in start..longest.min(start + TURNS) {
                for lane in 0..LANES {
                    if done >= common && done >= group[lane].length {
                        continue;
                    }
                    let place = controls[lane];
                    let target = group[lane].steps + done - place;
                    let difference = self.difference(target, place);
                    let above = difference > group[lane].shift;
                    controls[lane] = place + usize::from(above);
                    noted[count % (LANES * TURNS)] = (target, place);
                    // What is above the shift is above `low` too.
                    count += usize::from(difference > low) - usize::from(above);
                }
            }
            for &(target, first) in &noted[..count] {
                for control in first..self.control.len() {
                    let difference = self.target[target] - self.control[control];
                    if difference <= low {
                        break;
                    }
                    listed.push((difference, self.weights.pair(target, control)));
                }
            }
        }
    }
}

/// The steps that all stretches have.
fn common(group: &[Stretch; LANES]) -> usize {
    group.iter().map(|stretch| stretch.length).min().unwrap_or(0)
}
