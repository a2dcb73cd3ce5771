//! How far two partitions of the same rows agree.
//!
//! Hubert and Arabie (1985), "Comparing partitions", Journal of Classification 2.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};

/// The number of pairs of `count` things.
fn pairs(count: u64) -> u128 {
    u128::from(count) * u128::from(count.saturating_sub(1)) / 2
}

/// The adjusted Rand index of two labellings of the same rows: 1 if they are equal up to the numbers of the clusters, 0 on average by chance.
///
/// `(P - E) / ((A + B) / 2 - E)` with the pairs of rows `A` and `B` that are together in the left and in the right labelling, `P` in both, and
/// `E = A B / (all pairs)`. It is 1 where that is 0/0: both put all rows together, or each row alone.
///
/// ```
/// use crm_core::segment::adjusted_rand_index;
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[1, 1, 0, 0])?, 1.0);
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1])?, -0.5);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `LengthMismatch` unless both have a label for each row; `Empty` without rows; `OutOfRange` above 4,294,967,295 of them.
pub fn adjusted_rand_index(left: &[u32], right: &[u32]) -> Result<f64> {
    if left.len() != right.len() {
        let message = format!("has {} rows where left has {}", right.len(), left.len());
        return Err(Error::new(ErrorKind::LengthMismatch, message).on("right"));
    }
    if left.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "there are no rows").on("left"));
    }
    if left.len() > u32::MAX as usize {
        let message = format!("{} rows are above {}", left.len(), u32::MAX);
        return Err(Error::new(ErrorKind::OutOfRange, message).on("left"));
    }
    let (mut lefts, mut rights, mut cells) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (&left, &right) in left.iter().zip(right) {
        *lefts.entry(left).or_insert(0_u64) += 1;
        *rights.entry(right).or_insert(0_u64) += 1;
        *cells.entry((left, right)).or_insert(0_u64) += 1;
    }
    let all = pairs(left.len() as u64);
    let in_left: u128 = lefts.values().map(|&count| pairs(count)).sum();
    let in_right: u128 = rights.values().map(|&count| pairs(count)).sum();
    let in_both: u128 = cells.values().map(|&count| pairs(count)).sum();
    if in_left == in_both && in_right == in_both {
        return Ok(1.0);
    }
    // Both exact: below 2^126 and 2^127 for fewer than 2^32 rows.
    let above_chance = (in_both * all) as i128 - (in_left * in_right) as i128;
    let most_above_chance = (in_left + in_right) * all - 2 * in_left * in_right;
    Ok(2.0 * above_chance as f64 / most_above_chance as f64)
}
