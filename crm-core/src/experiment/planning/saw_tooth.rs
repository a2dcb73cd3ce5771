//! Sizes of tests on whole numbers, whose power is a saw tooth.
//!
//! Chernick and Liu (2002), "The saw-toothed behavior of power versus sample size and software solutions: single binomial proportion using exact
//! methods", The American Statistician 56.

use crate::error::Result;

/// A size with its power.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lasting {
    pub(super) count: u64,
    pub(super) power: f64,
}

/// The least size from which on the power does not fall below what is asked.
///
/// With exact tests power falls wherever a critical value moves, so that one more customer may lose what the last one won. Every size is looked
/// at from one that lacks power up to one that is `teeth` of that beyond the last that does, and has more power to spare than any fall on the way
/// took: as sizes grow, teeth get shorter and power rises. `None` if that is beyond `most`.
pub(super) fn least_lasting(
    start: f64,
    teeth: impl Fn(u64) -> f64,
    most: u64,
    power: f64,
    mut at: impl FnMut(u64) -> Result<f64>,
) -> Result<Option<Lasting>> {
    let mut size = (0.9 * start).clamp(1.0, most as f64) as u64;
    // Down to a size that lacks power, up while the next does too.
    while size > 1 && at(size)? >= power {
        size -= (size / 8).max(1);
    }
    let mut next = size;
    while next <= most && (next == size || at(next)? < power) {
        (size, next) = (next, next + (next / 16).max(1));
    }
    // A size that lacks power next to one that does not, where to look at them one by one.
    next = next.min(most + 1);
    while next - size > 1 {
        let middle = size + (next - size) / 2;
        if at(middle)? < power { size = middle } else { next = middle }
    }
    let (mut found, mut before, mut highest, mut deepest): (Option<Lasting>, u64, f64, f64) =
        (None, size - 1, 0.0, 0.0);
    while size <= most {
        let here = at(size)?;
        highest = highest.max(here);
        deepest = deepest.max(highest - here);
        if here < power {
            (found, before) = (None, size);
        } else if let Some(found) = found {
            let beyond = (size - before) as f64 > teeth(before);
            // No fall like those before brings the power below what is asked.
            if beyond && (here - deepest > power || here > 1.0 - 1e-9) {
                return Ok(Some(found));
            }
        } else {
            found = Some(Lasting { count: size, power: here });
        }
        size += 1;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_lasts_if_no_later_one_lacks_power() {
        // Teeth of 50 sizes that lose less and less.
        let power = |size: u64| {
            let base = 1.0 - (-(size as f64) / 300.0).exp();
            base - 0.1 * ((size % 50) as f64 / 50.0) * 200.0 / (200.0 + size as f64)
        };
        let known = (1..5000).rev().find(|&size| power(size) < 0.8).unwrap() + 1;
        for start in [1.0, 100.0, 400.0, 500.0, 900.0, 4000.0] {
            let found =
                least_lasting(start, |_| 100.0, 100_000, 0.8, |size| Ok(power(size))).unwrap().unwrap();
            assert_eq!(found.count, known, "{start}");
            assert_eq!(found.power, power(known));
        }
        assert!(least_lasting(10.0, |_| 100.0, 400, 0.8, |size| Ok(power(size))).unwrap().is_none());
    }
}
