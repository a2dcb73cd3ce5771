//! Sorting many doubles by their bits.

use super::binning::ordered_bits;

/// Below this many values a sort by comparisons is quicker.
const RADIX_FROM: usize = 1 << 12;
/// Bits of a digit: 2,048 places that are written to in turn stay in the second cache.
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;
/// More digits than these three pay off only above this many values.
const MANY: usize = 1 << 22;
/// Below this many values a piece is not worth a thread.
const PIECE_FROM: usize = 1 << 16;

/// Numbers in ascending order, -0 as 0; none is NaN.
///
/// Counting sorts by three digits of eleven bits, the highest that vary; what they leave equal, mostly nothing, is sorted by comparisons.
/// (1M doubles: a third of the time of a sort by comparisons; 1M small integers: a tenth.)
pub(crate) fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    sorted(values.map(ordered_bits).collect()).into_iter().map(from_bits).collect()
}

/// As [`ascending`], on so many threads of the current pool.
pub(crate) fn ascending_on(values: &[f64], threads: usize) -> Vec<f64> {
    sorted_on(values, threads).into_iter().map(from_bits).collect()
}

fn sorted_on(values: &[f64], threads: usize) -> Vec<u64> {
    if threads < 2 || values.len() < 2 * PIECE_FROM {
        return sorted(values.iter().copied().map(ordered_bits).collect());
    }
    let (few, half) = (threads / 2, values.len() * (threads / 2) / threads);
    let (left, right) =
        rayon::join(|| sorted_on(&values[..half], few), || sorted_on(&values[half..], threads - few));
    let mut merged = vec![0; values.len()];
    merge(&left, &right, &mut merged);
    merged
}

/// Both in one order; in halves side by side, as the larger one is cut in its middle.
fn merge(one: &[u64], other: &[u64], merged: &mut [u64]) {
    let (long, short) = if one.len() >= other.len() { (one, other) } else { (other, one) };
    if merged.len() >= PIECE_FROM {
        let middle = long.len() / 2;
        let place = short.partition_point(|&key| key < long[middle]);
        let (left, right) = merged.split_at_mut(middle + place);
        rayon::join(
            || merge(&long[..middle], &short[..place], left),
            || merge(&long[middle..], &short[place..], right),
        );
        return;
    }
    let (mut i, mut j) = (0, 0);
    for key in merged {
        let from_long = j == short.len() || (i < long.len() && long[i] <= short[j]);
        *key = if from_long { long[i] } else { short[j] };
        i += usize::from(from_long);
        j += usize::from(!from_long);
    }
}

fn sorted(mut keys: Vec<u64>) -> Vec<u64> {
    if keys.len() < RADIX_FROM {
        keys.sort_unstable();
        return keys;
    }
    let (any, all) = keys.iter().fold((0, u64::MAX), |(any, all), &key| (any | key, all & key));
    let varying = any & !all;
    if varying == 0 {
        return keys;
    }
    let (top, end) = (u64::BITS - varying.leading_zeros(), varying.trailing_zeros());
    let most = DIGIT_BITS * if keys.len() > MANY { 4 } else { 3 };
    let bits = (top - end).min(most);
    let (low, digits) = (top - bits, bits.div_ceil(DIGIT_BITS) as usize);
    let digit_of =
        |key: u64, digit: usize| (key >> (low + DIGIT_BITS * digit as u32)) as usize & (DIGITS - 1);
    let mut counts = vec![[0_usize; DIGITS]; digits];
    for &key in &keys {
        for (digit, counts) in counts.iter_mut().enumerate() {
            counts[digit_of(key, digit)] += 1;
        }
    }
    let mut other = vec![0; keys.len()];
    for (digit, next) in counts.iter_mut().enumerate() {
        let mut before = 0;
        for count in next.iter_mut() {
            before += std::mem::replace(count, before);
        }
        for &key in &keys {
            let place = &mut next[digit_of(key, digit)];
            other[*place] = key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut other);
    }
    if low > end {
        finish(&mut keys, low);
    }
    keys
}

/// Sorts the runs of keys that agree from bit `low` on.
fn finish(keys: &mut [u64], low: u32) {
    let mut start = 0;
    while start + 1 < keys.len() {
        let end = start + 1;
        if keys[start] >> low == keys[end] >> low {
            let run = keys[start..].iter().take_while(|&&key| key >> low == keys[start] >> low).count();
            keys[start..start + run].sort_unstable();
            start += run;
        } else {
            start = end;
        }
    }
}

/// The double of [`ordered_bits`].
fn from_bits(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of all sizes and signs, integers, repeated ones, zeros of both signs; or such as differ in their lowest bits only.
    fn draw(count: u64, near: bool) -> Vec<f64> {
        (0..count)
            .map(|place| {
                let mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    ^ place.wrapping_mul(0xc2b2_ae3d_27d4_eb4f) >> 11;
                match place % 5 {
                    _ if near => f64::from_bits(1e6_f64.to_bits() + (mixed >> 40) % 5_000),
                    0 => f64::from((mixed >> 40) as u32 % 40),
                    1 => -f64::from_bits(mixed >> 2),
                    2 => mixed as f64,
                    3 => -0.0,
                    _ => f64::from_bits(mixed >> 2),
                }
            })
            .filter(|value| !value.is_nan())
            .collect()
    }

    #[test]
    fn as_a_sort_by_comparisons() {
        for (count, near) in [
            (0, false),
            (1, false),
            (100, false),
            (5_000, true),
            (50_000, false),
            (300_000, true),
            (300_000, false),
        ] {
            let values = draw(count, near);
            let mut known: Vec<f64> = values.iter().map(|value| value + 0.0).collect();
            known.sort_by(f64::total_cmp);
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&ascending(values.iter().copied())), bits(&known));
            for threads in [1, 2, 3, 8] {
                assert_eq!(bits(&ascending_on(&values, threads)), bits(&known), "{count} {threads}");
            }
        }
    }

    #[test]
    fn values_that_differ_in_their_lowest_bits_beside_one_far_away() {
        let mut values = draw(9_000, true);
        values.extend([-1e150, 1e150, 0.0]);
        let mut known = values.clone();
        known.sort_by(f64::total_cmp);
        assert_eq!(ascending(values.into_iter()), known);
    }
}
