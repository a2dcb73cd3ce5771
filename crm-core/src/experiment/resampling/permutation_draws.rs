//! Assignments of pooled values to two arms: all of them, or random ones.

use rand::Rng;
use rayon::prelude::*;

use crate::error::Result;
use crate::math::stream;
use crate::parallel::Threads;

/// How many assignments of `part` of `all` values there are, if at most `most`.
pub(super) fn assignments(all: usize, part: usize, most: u32) -> Option<u64> {
    let part = part.min(all - part);
    let mut count = 1_u128;
    for step in 1..=part {
        // Each partial product is a binomial coefficient, so the division is exact; they rise.
        count = count * (all - part + step) as u128 / step as u128;
        if count > u128::from(most) {
            return None;
        }
    }
    (count <= u128::from(most)).then_some(count as u64)
}

/// `of` for every choice of `part` places of `all`, in the order of the places; `None` results are left out.
pub(super) fn every<T>(all: usize, part: usize, mut of: impl FnMut(&[u32]) -> Option<T>) -> Vec<T> {
    let mut places: Vec<u32> = (0..part as u32).collect();
    let mut found = Vec::new();
    loop {
        found.extend(of(&places));
        // The last place that can still move up, and those behind it right after it.
        let Some(moved) = (0..part).rev().find(|&k| (places[k] as usize) < all - part + k) else {
            return found;
        };
        places[moved] += 1;
        for later in moved + 1..part {
            places[later] = places[later - 1] + 1;
        }
    }
}

/// `of` for random choices of `part` places of `all`, each as likely, in the order of their numbers.
///
/// Choices are the first `part` steps of a shuffle (Fisher and Yates 1938; Durstenfeld 1964), which is then undone, so that no choice depends on
/// those before it.
pub(super) fn random<T: Send>(
    (all, part): (usize, usize),
    resamples: u32,
    seed: u64,
    threads: Threads,
    of: impl Fn(&[u32]) -> T + Sync + Send,
) -> Result<Vec<T>> {
    let start = || ((0..all as u32).collect::<Vec<u32>>(), Vec::with_capacity(part));
    threads.run(|| {
        (0..resamples)
            .into_par_iter()
            .with_min_len(64)
            .map_init(start, |(places, swaps), resample| {
                let mut random = stream(seed, u64::from(resample));
                for step in 0..part {
                    let other = step + below(&mut random, (all - step) as u64) as usize;
                    places.swap(step, other);
                    swaps.push(other);
                }
                let found = of(&places[..part]);
                while let Some(other) = swaps.pop() {
                    places.swap(swaps.len(), other);
                }
                found
            })
            .collect()
    })
}

/// A number below `count`, each equally likely (Lemire 2019).
fn below(random: &mut impl Rng, count: u64) -> u64 {
    loop {
        let product = u128::from(random.next_u64()) * u128::from(count);
        if product as u64 >= count || product as u64 >= count.wrapping_neg() % count {
            return (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_choice_comes_once() {
        for (all, part) in [(1, 1), (5, 1), (6, 3), (7, 7), (8, 5)] {
            let found = every(all, part, |places| Some(places.to_vec()));
            assert_eq!(found.len() as u64, assignments(all, part, 1_000).unwrap());
            assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(found.iter().all(|places| places.windows(2).all(|pair| pair[0] < pair[1])));
        }
        assert_eq!(assignments(60, 30, 10_000_000), None);
        assert_eq!(assignments(1_000_000, 1, 10_000_000), Some(1_000_000));
    }

    #[test]
    fn random_choices_are_even_and_free_of_threads() {
        let choose = |threads| {
            random((6, 3), 40_000, 5, Threads::from_count(threads).unwrap(), |places| {
                let mut places = places.to_vec();
                places.sort_unstable();
                places
            })
            .unwrap()
        };
        let found = choose(1);
        assert_eq!(found, choose(3));
        let mut seen = BTreeMap::new();
        for places in found {
            *seen.entry(places).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 20);
        assert!(seen.values().all(|&times| (f64::from(times) - 2_000.0).abs() < 4.5 * 43.6), "{seen:?}");
    }
}
