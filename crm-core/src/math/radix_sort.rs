//! Sorting many doubles by their bits.

use super::binning::ordered_bits;

/// Below this many values a sort by comparisons is quicker.
const RADIX_FROM: usize = 1 << 12;
/// Values of a digit of 8 bits.
const DIGITS: usize = 256;

/// Digits by which values are sorted; those that these bits do not tell apart are few.
const LEADING: u32 = 3;

/// Numbers in ascending order, -0 as 0; none is NaN.
///
/// Counting sorts by the leading 24 of the bits in which the values differ at all, eight at a time from the lowest; digits in which all values agree
/// cost nothing. Values that agree in all of them lie together then, a few or equal ones, and are sorted by comparisons. (1M doubles: two thirds of
/// the time of eight passes.)
pub(crate) fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut keys: Vec<u64> = values.map(ordered_bits).collect();
    if keys.len() < RADIX_FROM {
        keys.sort_unstable();
        return keys.into_iter().map(from_bits).collect();
    }
    let (lowest, highest) =
        keys.iter().fold((u64::MAX, 0), |(low, high), &key| (low.min(key), high.max(key)));
    let shift = (64 - (highest - lowest).leading_zeros()).saturating_sub(8 * LEADING);
    let digit_of =
        |key: u64, digit: usize| (((key - lowest) >> shift) >> (8 * digit)) as usize & (DIGITS - 1);
    let mut counts = [[0usize; DIGITS]; LEADING as usize];
    for key in &keys {
        for (digit, counts) in counts.iter_mut().enumerate() {
            counts[digit_of(*key, digit)] += 1;
        }
    }
    let mut other = vec![0u64; keys.len()];
    for (digit, counts) in counts.iter().enumerate() {
        if counts[digit_of(keys[0], digit)] == keys.len() {
            continue;
        }
        let mut next = [0usize; DIGITS];
        for value in 1..DIGITS {
            next[value] = next[value - 1] + counts[value - 1];
        }
        for &key in &keys {
            let place = &mut next[digit_of(key, digit)];
            other[*place] = key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut other);
    }
    if shift > 0 {
        sort_together(&mut keys, |one, other| (one - lowest) >> shift == (other - lowest) >> shift);
    }
    keys.into_iter().map(from_bits).collect()
}

/// Sorts each group of keys that are `together`; the groups are in order already, and most are one key or equal ones.
fn sort_together(keys: &mut [u64], together: impl Fn(u64, u64) -> bool) {
    let mut place = 1;
    while place < keys.len() {
        if keys[place - 1] <= keys[place] {
            place += 1;
            continue;
        }
        let key = keys[place];
        let before = keys[..place].iter().rev().take_while(|&&other| together(key, other)).count();
        let after = keys[place..].iter().take_while(|&&other| together(key, other)).count();
        keys[place - before..place + after].sort_unstable();
        place += after;
    }
}

/// The double of [`ordered_bits`].
fn from_bits(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_sort_by_comparisons() {
        let draw = |count: u64| {
            (0..count).map(|place| {
                let mixed = place.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    ^ place.wrapping_mul(0xc2b2_ae3d_27d4_eb4f) >> 11;
                match place % 5 {
                    0 => f64::from((mixed >> 40) as u32 % 40),
                    1 => -f64::from_bits(mixed >> 2),
                    2 => mixed as f64,
                    3 => -0.0,
                    _ => f64::from_bits(mixed >> 2),
                }
            })
        };
        let narrow =
            |count: u64| (0..count).map(|place| 1.0 + (place * 7_919 % 65_537) as f64 * f64::EPSILON);
        assert!(ascending(narrow(9_000)).is_sorted() && ascending(narrow(9_000)).len() == 9_000);
        // All but one agree in the leading bits.
        let far = ascending(narrow(9_000).chain([f64::MAX]));
        assert!(far.is_sorted() && far[9_000] == f64::MAX && far[0] == 1.0);
        for count in [0, 1, 100, 5_000, 50_000] {
            let mut known: Vec<f64> =
                draw(count).filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
            known.sort_by(f64::total_cmp);
            let found = ascending(draw(count).filter(|value| !value.is_nan()));
            assert_eq!(found.len(), known.len());
            assert!(found.iter().zip(known).all(|(found, known)| found.to_bits() == known.to_bits()));
        }
    }
}
