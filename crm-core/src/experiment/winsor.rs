//! Extreme values moved to bounds that both arms share.
//!
//! Dixon (1960), "Simplified estimation from censored normal samples", Annals of Mathematical Statistics 31(2); Dixon and Tukey (1968), Technometrics 10(1).

use serde::{Deserialize, Serialize};

use super::joint_arm::JointArm;
use super::mean_arm::MeanArm;
use super::measures::Measures;
use super::moments::check_value;
use crate::error::{Error, ErrorKind, Result};

/// The version of the saved form.
const VERSION: u32 = 1;
/// The name of the saved form.
const MODEL: &str = "winsor";
/// A share of the rows this close below a whole number is that number: 0.29 of 100 is 29.
const ROUNDING: f64 = 1e-12;

/// Bounds that values are moved to: a value below the lower bound becomes it, one above the upper bound becomes that.
///
/// A few very large values can hide any effect on a mean. Winsorising takes their size, but not their rows. It must treat both arms alike: bounds come from all
/// arms together, never from each, and stay the same for every batch, so that arms merge. What is compared then is the mean of the *clipped* value: it is a valid
/// test of "no effect", but an effect on the values beyond the bounds is not seen, and what a campaign earned has to be taken from unclipped values.
///
/// ```
/// use crm_core::experiment::{MeanMethod, TestOptions, Winsor, compare_means};
/// let (target, control) = ([0.0, 12.0, 9.0, 950.0], [3.0, 0.0, 8.0, 11.0]);
/// // The highest eighth of all eight values.
/// let winsor = Winsor::fit(&[&target, &control], 0.0, 0.125)?;
/// assert_eq!((winsor.lower(), winsor.upper()), (f64::NEG_INFINITY, 12.0));
/// let clipped = winsor.apply(&target)?;
/// assert_eq!((clipped.values.as_slice(), clipped.above), ([0.0, 12.0, 9.0, 12.0].as_slice(), 1));
/// let (target, control) = (winsor.mean_arm(&target)?, winsor.mean_arm(&control)?);
/// compare_means(&target, &control, MeanMethod::Welch, &TestOptions::default())?;
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Winsor {
    lower: f64,
    upper: f64,
}

/// A column after its extreme values were moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Winsorized {
    /// The values, in the order of the rows.
    pub values: Vec<f64>,
    /// How many were below the lower bound.
    pub below: u64,
    /// How many were above the upper bound.
    pub above: u64,
}

/// Bounds as they lie in a file; a missing one is infinite.
#[derive(Serialize, Deserialize)]
struct Saved {
    model: String,
    version: u32,
    lower: Option<f64>,
    upper: Option<f64>,
}

impl Winsor {
    /// Bounds from elsewhere, such as the last campaign or a rule; infinite for none.
    ///
    /// # Errors
    /// `InvalidArgument` for a bound that is NaN, a lower one above the upper, and an infinite one on the wrong side.
    pub fn new(lower: f64, upper: f64) -> Result<Self> {
        if lower.is_nan() || lower == f64::INFINITY {
            return Err(Error::argument("lower", lower, "a number, or -infinity for no bound"));
        }
        if upper.is_nan() || upper < lower || upper == f64::NEG_INFINITY {
            return Err(Error::argument("upper", upper, &format!("at least the lower bound, {lower}")));
        }
        Ok(Self { lower, upper })
    }

    /// Bounds such that so large a share of all rows lies beyond each: columns are the same value in all arms.
    ///
    /// ```text
    /// x_(1) <= ... <= x_(n) of all columns together:  lower = x_(1 + floor(n lower_share)),  upper = x_(n - floor(n upper_share))
    /// ```
    ///
    /// A share of 0 sets no bound at that end. Tied values are never parted, so that fewer rows may be clipped than the shares say.
    ///
    /// # Errors
    /// `InvalidArgument` for shares outside [0, 1) or that sum to 1 or more, and for shares that leave a single value of several: then nothing would vary;
    /// `Empty` without rows; `InvalidValue` with the column and its row for a value that is NaN or infinite.
    pub fn fit(columns: &[&[f64]], lower_share: f64, upper_share: f64) -> Result<Self> {
        for (name, share) in [("lower_share", lower_share), ("upper_share", upper_share)] {
            if !(0.0..1.0).contains(&share) {
                return Err(Error::argument(name, share, "inside [0, 1)"));
            }
        }
        if lower_share + upper_share >= 1.0 {
            let accepted = format!("below {}, what the lower share leaves", 1.0 - lower_share);
            return Err(Error::argument("upper_share", upper_share, &accepted));
        }
        for (place, column) in columns.iter().enumerate() {
            check_column(&format!("columns[{place}]"), column)?;
        }
        let mut values: Vec<f64> = columns.concat();
        if values.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "there are no values").on("columns"));
        }
        let most = values.len() - 1;
        let rows = |share: f64| (share * values.len() as f64 * (1.0 + ROUNDING)) as usize;
        // Rounding up of the shares may take them past each other.
        let (below, above) = (rows(lower_share).min(most), rows(upper_share).min(most));
        let varies = values.iter().any(|value| *value != values[0]);
        let mut at = |place: usize| *values.select_nth_unstable_by(place, f64::total_cmp).1;
        let lower = if lower_share > 0.0 { at(below) } else { f64::NEG_INFINITY };
        let upper = if upper_share > 0.0 { at(most - above) } else { f64::INFINITY };
        // Without a bound at an end the extreme of that end remains.
        let (least, greatest) = (lower.max(at(0)), upper.min(at(most)));
        if varies && least >= greatest {
            let (name, share) = if upper_share >= lower_share {
                ("upper_share", upper_share)
            } else {
                ("lower_share", lower_share)
            };
            return Err(Error::argument(name, share, "so small that more than one value is left"));
        }
        Ok(Self { lower, upper })
    }

    /// The lower bound; -infinity for none.
    pub fn lower(&self) -> f64 {
        self.lower
    }

    /// The upper bound; infinity for none.
    pub fn upper(&self) -> f64 {
        self.upper
    }

    /// A column with the values beyond a bound moved to it, and how many these were.
    ///
    /// # Errors
    /// `InvalidValue` with the row for a value that is NaN or infinite.
    pub fn apply(&self, values: &[f64]) -> Result<Winsorized> {
        self.apply_to("values", values)
    }

    fn apply_to(&self, name: &str, values: &[f64]) -> Result<Winsorized> {
        check_column(name, values)?;
        let count =
            |beyond: &dyn Fn(f64) -> bool| values.iter().filter(|value| beyond(**value)).count() as u64;
        Ok(Winsorized {
            values: values.iter().map(|value| value.max(self.lower).min(self.upper)).collect(),
            below: count(&|value| value < self.lower),
            above: count(&|value| value > self.upper),
        })
    }

    /// The arm of a column with its extreme values moved.
    ///
    /// # Errors
    /// As [`Winsor::apply`] and [`MeanArm::from_values`].
    pub fn mean_arm(&self, values: &[f64]) -> Result<MeanArm> {
        MeanArm::from_values(&self.apply(values)?.values)
    }

    /// The arm of several columns with the extreme values of the first, the value, moved.
    ///
    /// Denominator and covariates stay as they are; a covariate with extremes of its own gets bounds of its own before.
    ///
    /// # Errors
    /// As [`Winsor::apply`] and [`JointArm::from_measures`].
    pub fn joint_arm(&self, measures: &Measures<'_>) -> Result<JointArm> {
        let value = self.apply_to("value", measures.value())?;
        JointArm::from_measures(&measures.with_value(&value.values))
    }

    /// The bounds as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        let known = |bound: f64| bound.is_finite().then_some(bound);
        let saved = Saved {
            model: MODEL.to_owned(),
            version: VERSION,
            lower: known(self.lower),
            upper: known(self.upper),
        };
        serde_json::to_string(&saved).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// Bounds from their JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is none, or its bounds are not in order; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let saved: Saved = crate::saved::from_json(text, VERSION, &[MODEL])?;
        let (lower, upper) = (saved.lower.unwrap_or(f64::NEG_INFINITY), saved.upper.unwrap_or(f64::INFINITY));
        Self::new(lower, upper).map_err(|error| Error::new(ErrorKind::Corrupt, error.to_string()).on("json"))
    }
}

/// Refuses the first value that is NaN or infinite.
fn check_column(name: &str, values: &[f64]) -> Result<()> {
    let bad = values.iter().position(|value| !value.is_finite());
    bad.map_or(Ok(()), |row| check_value(name, row as u64, values[row]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_values_of_all_arms_together() {
        let target: Vec<f64> = (0..60).map(f64::from).collect();
        let control: Vec<f64> = (60..100).map(f64::from).collect();
        let winsor = Winsor::fit(&[&target, &control], 0.05, 0.29).unwrap();
        assert_eq!((winsor.lower(), winsor.upper()), (5.0, 70.0));
        let (one, other) = (winsor.apply(&target).unwrap(), winsor.apply(&control).unwrap());
        assert_eq!((one.below, one.above, other.below, other.above), (5, 0, 0, 29));
        assert_eq!((one.values[0], other.values[39]), (5.0, 70.0));
        assert_eq!(winsor.mean_arm(&target).unwrap(), MeanArm::from_values(&one.values).unwrap());
        let none = Winsor::fit(&[&target, &control], 0.0, 0.0).unwrap();
        assert_eq!(none.apply(&target).unwrap().values, target);
        assert_eq!((none.lower(), none.upper()), (f64::NEG_INFINITY, f64::INFINITY));
    }

    #[test]
    fn only_the_value_is_clipped() {
        let (value, before) = ([1.0, 2.0, 90.0], [5.0, 100.0, 7.0]);
        let winsor = Winsor::new(f64::NEG_INFINITY, 10.0).unwrap();
        let arm = winsor.joint_arm(&Measures::of(&value).covariate(&before)).unwrap();
        let plain = JointArm::from_measures(&Measures::of(&[1.0, 2.0, 10.0]).covariate(&before)).unwrap();
        assert_eq!(arm, plain);
        let error = winsor.joint_arm(&Measures::of(&[1.0, f64::NAN])).unwrap_err();
        assert_eq!((error.argument_name(), error.row()), (Some("value"), Some(1)));
    }

    #[test]
    fn saved_bounds_come_back() {
        for winsor in
            [Winsor::new(f64::NEG_INFINITY, 0.1).unwrap(), Winsor::new(-3.0, f64::INFINITY).unwrap()]
        {
            assert_eq!(Winsor::from_json(&winsor.to_json().unwrap()).unwrap(), winsor);
        }
        let of = |text: &str| Winsor::from_json(text).unwrap_err().kind();
        assert_eq!(of(r#"{"model": "winsor", "version": 1, "lower": 3, "upper": 2}"#), ErrorKind::Corrupt);
        assert_eq!(of(r#"{"model": "winsor", "version": 9}"#), ErrorKind::Incompatible);
        assert_eq!(of("{}"), ErrorKind::Corrupt);
    }

    #[test]
    fn what_makes_no_sense() {
        let fit = |columns: &[&[f64]], lower: f64, upper: f64| {
            let error = Winsor::fit(columns, lower, upper).unwrap_err();
            (error.kind(), error.argument_name().unwrap().to_owned(), error.row())
        };
        let refused = |argument: &str| (ErrorKind::InvalidArgument, argument.to_owned(), None);
        let some: &[f64] = &[0.0, 0.0, 0.0, 7.0];
        for share in [-0.1, 1.0, f64::NAN] {
            assert_eq!(fit(&[some], share, 0.0), refused("lower_share"));
            assert_eq!(fit(&[some], 0.0, share), refused("upper_share"));
        }
        assert_eq!(fit(&[some], 0.5, 0.5), refused("upper_share"));
        // Three of four did not buy: a quarter less leaves nothing that varies.
        assert_eq!(fit(&[some], 0.0, 0.25), refused("upper_share"));
        assert!(Winsor::fit(&[some], 0.0, 0.2).is_ok() && Winsor::fit(&[&[2.0, 2.0]], 0.0, 0.4).is_ok());
        assert_eq!(fit(&[], 0.0, 0.1), (ErrorKind::Empty, "columns".to_owned(), None));
        let bad = fit(&[some, &[1.0, f64::INFINITY]], 0.0, 0.1);
        assert_eq!(bad, (ErrorKind::InvalidValue, "columns[1]".to_owned(), Some(1)));
        assert!(Winsor::new(f64::NAN, 1.0).is_err() && Winsor::new(2.0, 1.0).is_err());
        assert!(Winsor::new(f64::INFINITY, f64::INFINITY).is_err());
        let error = Winsor::new(0.0, 1.0).unwrap().apply(&[0.0, f64::NAN]).unwrap_err();
        assert_eq!((error.argument_name(), error.row()), (Some("values"), Some(1)));
    }
}
