//! Where a test on whole numbers begins to reject.

/// The first of `low..high` for which `holds`, which stays true from there on; `high` if none. Found in few steps if it is near `hint`.
pub(crate) fn first(low: i64, high: i64, hint: i64, mut holds: impl FnMut(i64) -> bool) -> i64 {
    if low >= high {
        return high;
    }
    let hint = hint.clamp(low, high - 1);
    let (mut outside, mut inside) = (low - 1, high);
    let mut step = 1;
    if holds(hint) {
        inside = hint;
        while inside - step > outside {
            if !holds(inside - step) {
                outside = inside - step;
                break;
            }
            inside -= step;
            step *= 2;
        }
    } else {
        outside = hint;
        while outside + step < inside {
            if holds(outside + step) {
                inside = outside + step;
                break;
            }
            outside += step;
            step *= 2;
        }
    }
    while inside - outside > 1 {
        let middle = outside + (inside - outside) / 2;
        if holds(middle) { inside = middle } else { outside = middle }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_found_from_any_hint() {
        for limit in -3..12 {
            for hint in -5..15 {
                assert_eq!(first(0, 10, hint, |x| x >= limit), limit.clamp(0, 10));
            }
        }
        assert_eq!(first(4, 4, 0, |_| true), 4);
    }
}
