//! Raw columns as tests take them: checked, and in order.

use super::interval::Interval;
use super::split_check::SplitCheck;
use super::test_options::{Contrast, TestOptions};
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::math::ascending_on;
use crate::parallel::Threads;

/// Sums of squares and differences of values up to here stay finite.
pub(super) const LARGEST: f64 = 1e150;

/// Refuses a column that is empty, or that holds what is no finite number up to 1e150.
pub(super) fn check_column(values: &[f64], name: &str) -> Result<()> {
    if values.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "there are no values").on(name));
    }
    let Some(row) = values.iter().position(|value| value.is_nan() || value.abs() > LARGEST) else {
        return Ok(());
    };
    let value = values[row];
    let error = if value.is_finite() {
        Error::new(ErrorKind::OutOfRange, format!("{value:e} is beyond 1e150"))
    } else {
        Error::new(ErrorKind::InvalidValue, format!("{value} is not a finite number"))
    };
    Err(error.on(name).at_row(row as u64))
}

/// The values of a column from the lowest to the highest, with one zero.
pub(super) fn sorted(values: &[f64], name: &str, threads: Threads) -> Result<Vec<f64>> {
    check_column(values, name)?;
    threads.run(|| ascending_on(values, threads.count()))
}

/// Two columns as [`sorted`] gives them, side by side.
pub(super) fn sorted_arms(target: &[f64], control: &[f64], threads: Threads) -> Result<(Vec<f64>, Vec<f64>)> {
    check_column(target, "target")?;
    check_column(control, "control")?;
    // Threads by the share of the rows: with two of them, one for each arm of about the same size.
    let share = threads.count() as f64 / (target.len() + control.len()) as f64;
    let of = |column: &[f64]| (share * column.len() as f64).round() as usize;
    threads.run(|| rayon::join(|| ascending_on(target, of(target)), || ascending_on(control, of(control))))
}

/// Refuses a contrast that a method does not have.
pub(super) fn check_contrast(options: &TestOptions, known: &[Contrast]) -> Result<()> {
    options.check()?;
    if known.contains(&options.contrast) {
        return Ok(());
    }
    let names: Vec<&str> = known.iter().map(|contrast| contrast.name()).collect();
    Err(Error::argument(
        "contrast",
        options.contrast.name(),
        &format!("{} for this method", names.join(" or ")),
    ))
}

/// A result as it is before, or without, an answer: what was asked and the values of the arms; the rest is NaN, the interval the whole line.
pub(super) fn unanswered(
    method: &'static str,
    options: &TestOptions,
    target: f64,
    control: f64,
    status: TestStatus,
    split: SplitCheck,
) -> TestResult {
    let difference = target - control;
    TestResult {
        method,
        contrast: options.contrast,
        alternative: options.alternative,
        alpha: options.alpha,
        null: options.null_value(),
        target,
        control,
        difference,
        lift: difference / control.abs(),
        estimate: f64::NAN,
        standard_error: f64::NAN,
        interval: Interval::unbounded(),
        statistic: f64::NAN,
        degrees_of_freedom: f64::INFINITY,
        p_value: f64::NAN,
        ln_p_value: f64::NAN,
        effect_size: f64::NAN,
        status,
        split,
    }
}

/// The interval of a test whose ends are given; an end that is not there is infinite.
pub(super) fn interval(lower: f64, upper: f64) -> Interval {
    if lower == f64::NEG_INFINITY && upper == f64::INFINITY {
        Interval::unbounded()
    } else {
        Interval::bounded(lower, upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_checked_and_sorted() {
        let error = check_column(&[1.0, f64::NAN], "target").unwrap_err();
        assert_eq!(
            (error.kind(), error.row(), error.argument_name()),
            (ErrorKind::InvalidValue, Some(1), Some("target"))
        );
        assert_eq!(check_column(&[1e151], "target").unwrap_err().kind(), ErrorKind::OutOfRange);
        assert_eq!(check_column(&[], "target").unwrap_err().kind(), ErrorKind::Empty);
        let values = sorted(&[2.0, -0.0, 1.0, 0.0], "target", Threads::Available).unwrap();
        assert_eq!(values.iter().map(|value| value.to_bits()).take(2).sum::<u64>(), 0);
        assert_eq!(values, [0.0, 0.0, 1.0, 2.0]);
    }
}
