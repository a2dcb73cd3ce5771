//! Group-sequential tests: boundaries for looks at growing data.
//!
//! Jennison and Turnbull (2000), "Group Sequential Methods with Applications to Clinical Trials", chapters 2, 7, 8 and 19.

use serde::{Deserialize, Serialize};

use super::sequential_paths::{FARTHEST_Z, Paths};
use super::shape_boundary::shape_boundary;
use super::stopping_boundary::StoppingBoundary;
use super::test_options::{Alternative, check_alpha};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{normal_quantile, normal_upper, root_between};

/// Looks closer than this fraction of the information are refused: the recursion would need millions of nodes.
const CLOSEST: f64 = 1e-6;
/// Looks that a design may have.
const MOST_LOOKS: usize = 10_000;
/// Errors of one side below this cannot be told from none.
const LEAST_ALPHA: f64 = 1e-100;

/// What a group-sequential test is asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupSequentialOptions {
    /// The shape of the boundary or the rule by which it spends.
    pub boundary: StoppingBoundary,
    /// The parameter of Wang-Tsiatis, the power family or Hwang-Shih-De Cani; `None` is the boundary's default.
    pub parameter: Option<f64>,
    /// The error over all looks, of both sides together if two-sided; inside (0, 1).
    pub alpha: f64,
    /// Which deviations count. Two-sided boundaries are symmetric, and each side spends half of alpha.
    pub alternative: Alternative,
    /// Whether the last look is the end whatever its information: what is left of alpha is spent there.
    pub ended: bool,
    /// Non-binding futility: the error of the second kind that is spent on giving up early; one-sided tests only.
    pub futility: Option<Futility>,
}

/// A lower boundary at which it is not worth going on; crossing it may be ignored without harm to alpha.
///
/// Under `drift`, paths below the boundary have probability `beta` in all, spent over the looks by `boundary` and `parameter`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Futility {
    /// How beta is spent; one of the spending functions.
    pub boundary: StoppingBoundary,
    /// The parameter of the spending function; `None` is its default.
    pub parameter: Option<f64>,
    /// The error of the second kind; above 0, below 1 - alpha.
    pub beta: f64,
    /// The mean of z at information 1 if the effect is the one hoped for; `None` is the one at which the power is 1 - beta, which needs
    /// the looks up to information 1.
    pub drift: Option<f64>,
}

impl Default for GroupSequentialOptions {
    fn default() -> Self {
        Self {
            boundary: StoppingBoundary::default(),
            parameter: None,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            ended: false,
            futility: None,
        }
    }
}

impl GroupSequentialOptions {
    /// The parameter in force.
    pub fn parameter_value(&self) -> f64 {
        self.parameter.unwrap_or_else(|| self.boundary.default_parameter())
    }

    /// The error of one side.
    pub(super) fn side_alpha(&self) -> f64 {
        if self.alternative == Alternative::TwoSided { 0.5 * self.alpha } else { self.alpha }
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for a level outside (0, 1) or below 1e-100, a parameter that the boundary cannot take, and futility of a two-sided
    /// test, by a shape instead of a spending function, or with a beta that is not between 0 and 1 - alpha.
    pub fn check(&self) -> Result<()> {
        check_alpha(self.alpha)?;
        if self.alpha < LEAST_ALPHA {
            return Err(Error::argument("alpha", self.alpha, "at least 1e-100"));
        }
        self.boundary.check(self.parameter_value())?;
        let one_sided = self.alternative != Alternative::TwoSided;
        if one_sided && !self.boundary.spends() && self.alpha > 0.5 {
            return Err(Error::argument("alpha", self.alpha, "at most 0.5 for a one-sided shape"));
        }
        let Some(futility) = &self.futility else { return Ok(()) };
        if self.alternative == Alternative::TwoSided {
            return Err(Error::argument("alternative", "two_sided", "greater or less with futility"));
        }
        if !futility.boundary.spends() {
            return Err(Error::argument("futility", futility.boundary.name(), "a spending function"));
        }
        futility
            .boundary
            .check(futility.parameter.unwrap_or_else(|| futility.boundary.default_parameter()))?;
        if !(futility.beta > 0.0 && futility.beta < 1.0 - self.alpha) {
            return Err(Error::argument("beta", futility.beta, "above 0 and below 1 - alpha"));
        }
        match futility.drift {
            Some(drift) if !(drift > 0.0 && drift <= FARTHEST_Z) => {
                Err(Error::argument("drift", drift, "above 0, at most 37"))
            }
            _ => Ok(()),
        }
    }
}

/// A group-sequential test at given looks: critical values whose crossing has probability alpha in all.
///
/// At look k with information fraction `t_k`, the null is rejected if `|z_k|` (one-sided: `z_k` or `-z_k`) exceeds `critical_values[k]`.
/// Critical values satisfy `P(z_1 within, ..., z_{k-1} within, z_k beyond) = spent_k - spent_{k-1}` under the null, by numerical integration
/// to about 1e-10. With a spending function, looks need not be planned: each takes the information at hand, and critical values of
/// earlier looks stay what they were.
///
/// ```
/// use crm_core::experiment::{GroupSequential, GroupSequentialOptions};
/// let test = GroupSequential::new(&[0.5, 1.0], &GroupSequentialOptions::default())?;
/// // Lan and DeMets (1983): 2.963 and 1.969.
/// assert!((test.critical_values()[0] - 2.9626).abs() < 1e-4);
/// assert!((test.critical_values()[1] - 1.9686).abs() < 1e-4);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Jennison and Turnbull (2000), chapter 19; Lan and `DeMets` (1983), Biometrika 70(3).
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSequential {
    pub(super) options: GroupSequentialOptions,
    pub(super) information: Vec<f64>,
    pub(super) critical_values: Vec<f64>,
    pub(super) alpha_spent: Vec<f64>,
    pub(super) futility_values: Vec<f64>,
    pub(super) futility_drift: f64,
}

impl GroupSequential {
    /// Boundaries for looks at the given information fractions, rising, by at least 1e-6.
    ///
    /// Fractions are of the information planned in all (for example the share of the planned customers). Shapes
    /// (O'Brien-Fleming, Pocock, Wang-Tsiatis) need all looks, the last at 1. Spending functions take the looks so far; a last fraction above 1 is
    /// fine, and alpha is then spent.
    ///
    /// # Errors
    /// `Empty` without a look; `InvalidArgument` for options that make no sense, fractions that do not rise or are not above 0, more than 10,000
    /// looks, and a shape whose last look is not at 1.
    pub fn new(information: &[f64], options: &GroupSequentialOptions) -> Result<Self> {
        options.check()?;
        check_information(information, options)?;
        let mut test = Self {
            options: *options,
            information: information.to_vec(),
            critical_values: Vec::new(),
            alpha_spent: Vec::new(),
            futility_values: Vec::new(),
            futility_drift: f64::NAN,
        };
        if options.boundary.spends() {
            test.spend();
        } else {
            test.shape();
        }
        test.give_up()?;
        Ok(test)
    }

    /// Looks at equal steps of information up to 1.
    ///
    /// # Errors
    /// As [`GroupSequential::new`].
    pub fn equally_spaced(looks: usize, options: &GroupSequentialOptions) -> Result<Self> {
        if looks > MOST_LOOKS {
            return Err(too_many(looks));
        }
        let information: Vec<f64> = (1..=looks).map(|look| look as f64 / looks as f64).collect();
        Self::new(&information, options)
    }

    /// What was asked.
    pub fn options(&self) -> &GroupSequentialOptions {
        &self.options
    }

    /// The information fraction of each look.
    pub fn information(&self) -> &[f64] {
        &self.information
    }

    /// What z must exceed at each look (its modulus if two-sided, -z for `Less`); infinite where too little may be spent.
    pub fn critical_values(&self) -> &[f64] {
        &self.critical_values
    }

    /// The error spent up to each look, of both sides together if two-sided.
    pub fn alpha_spent(&self) -> &[f64] {
        &self.alpha_spent
    }

    /// The p-value that a test at this look alone would have at the critical value.
    pub fn nominal_alpha(&self) -> Vec<f64> {
        let sides = if self.options.alternative == Alternative::TwoSided { 2.0 } else { 1.0 };
        self.critical_values.iter().map(|&z| sides * normal_upper(z)).collect()
    }

    /// What z must reach at each look for going on (-z for `Less`); -infinity without futility.
    pub fn futility_values(&self) -> &[f64] {
        &self.futility_values
    }

    /// The drift under which beta is spent: given, or found such that the power is 1 - beta; NaN without futility.
    pub fn futility_drift(&self) -> f64 {
        self.futility_drift
    }

    /// Where paths end below: at the mirror image if two-sided, else nowhere, for futility does not bind.
    pub(super) fn lower(&self, upper: f64) -> f64 {
        if self.options.alternative == Alternative::TwoSided { -upper } else { f64::NEG_INFINITY }
    }

    fn spend(&mut self) {
        let alpha = self.options.side_alpha();
        let parameter = self.options.parameter_value();
        let sides = self.options.alpha / alpha;
        let mut paths = Paths::new(0.0);
        let mut spent = 0.0;
        for (look, &time) in self.information.iter().enumerate() {
            let last = look + 1 == self.information.len();
            let goal = if last && self.options.ended {
                alpha
            } else {
                self.options.boundary.spent(alpha, time, parameter)
            };
            let tail = goal - spent;
            let start = if tail > 0.0 { -normal_quantile(tail.min(0.5)) } else { f64::INFINITY };
            let mut score = f64::INFINITY;
            if start < FARTHEST_Z {
                score = paths.score_above(time, tail, start * time.sqrt());
                spent = goal;
            }
            self.critical_values.push(score / time.sqrt());
            self.alpha_spent.push(sides * spent);
            if let Some(&next) = self.information.get(look + 1) {
                paths.advance(time, self.lower(score), score, next);
            }
        }
    }

    /// P(crossing above) of each look under a drift, for boundaries of z; `below` are lower boundaries of z.
    pub(super) fn crossings(
        &self,
        drift: f64,
        above: impl Fn(usize) -> f64,
        below: impl Fn(usize) -> f64,
    ) -> Vec<(f64, f64)> {
        let mut paths = Paths::new(drift);
        let mut crossed = Vec::with_capacity(self.information.len());
        for (look, &time) in self.information.iter().enumerate() {
            let unit = time.sqrt();
            let (high, low) = (above(look) * unit, below(look) * unit);
            let under = if low.is_finite() { paths.below(time, low) } else { 0.0 };
            crossed.push((paths.above(time, high).0, under));
            if let Some(&next) = self.information.get(look + 1) {
                paths.advance(time, low, high, next);
            }
        }
        crossed
    }

    fn shape(&mut self) {
        let alpha = self.options.side_alpha();
        let exponent = self.options.boundary.exponent(self.options.parameter_value());
        let two_sided = self.options.alternative == Alternative::TwoSided;
        let (critical_values, spent) = shape_boundary(&self.information, exponent, alpha, two_sided);
        let sides = self.options.alpha / alpha;
        let mut sum = 0.0;
        self.alpha_spent = spent
            .iter()
            .map(|tail| {
                sum += tail;
                sides * sum
            })
            .collect();
        self.critical_values = critical_values;
    }

    fn give_up(&mut self) -> Result<()> {
        let Some(futility) = self.options.futility else {
            self.futility_values = vec![f64::NEG_INFINITY; self.information.len()];
            return Ok(());
        };
        let complete = self.options.ended || self.information.last().is_some_and(|&time| time >= 1.0);
        self.futility_drift = match futility.drift {
            Some(drift) => drift,
            None if complete => {
                let short = |drift: f64| self.beta_spending(drift, &futility).1 - futility.beta;
                root_between(short, 1e-3, FARTHEST_Z)
            }
            None => {
                let accepted = "given unless the last look is at information 1";
                return Err(Error::argument("drift", "none", accepted));
            }
        };
        self.futility_values = self.beta_spending(self.futility_drift, &futility).0;
        if complete {
            // At the last look every path ends on one side or the other.
            let last = self.futility_values.len() - 1;
            self.futility_values[last] = self.critical_values[last];
        }
        Ok(())
    }

    /// Lower boundaries of z under a drift, and P(ending below) in all if the last look is the end.
    fn beta_spending(&self, drift: f64, futility: &Futility) -> (Vec<f64>, f64) {
        let parameter = futility.parameter.unwrap_or_else(|| futility.boundary.default_parameter());
        // Seen from below: the mirror image of the paths, with the boundaries exchanged.
        let mut paths = Paths::new(-drift);
        let (mut values, mut spent, mut ended) = (Vec::new(), 0.0, 0.0);
        for (look, &time) in self.information.iter().enumerate() {
            let unit = time.sqrt();
            let critical = self.critical_values[look] * unit;
            let last = look + 1 == self.information.len();
            ended = spent + paths.above(time, -critical).0;
            let tail = futility.boundary.spent(futility.beta, time, parameter) - spent;
            let mut score = critical;
            if tail <= 0.0 {
                score = f64::NEG_INFINITY;
            } else if ended - spent > tail {
                let start = -drift * time - normal_quantile(tail.min(0.5)) * unit;
                score = -paths.score_above(time, tail, start);
                spent += tail;
            } else {
                spent = ended;
            }
            values.push(score / unit);
            if !last {
                let next = self.information[look + 1];
                // Nothing goes on between boundaries that meet; a hair's breadth keeps the recursion defined.
                let high = (-score).max(-critical + 1e-9 * unit);
                paths.advance(time, -critical, high, next);
            }
        }
        (values, ended)
    }
}

fn too_many(looks: usize) -> Error {
    Error::argument("information", looks, "at most 10,000 looks")
}

fn check_information(information: &[f64], options: &GroupSequentialOptions) -> Result<()> {
    if information.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "there is no look").on("information"));
    }
    if information.len() > MOST_LOOKS {
        return Err(too_many(information.len()));
    }
    let mut before = 0.0;
    for (row, &time) in information.iter().enumerate() {
        if !(time.is_finite() && time >= before + CLOSEST && time <= 1e6) {
            let accepted = "above the look before by at least 1e-6, and at most 1e6";
            return Err(Error::argument("information", time, accepted).at_row(row as u64));
        }
        before = time;
    }
    if !options.boundary.spends() && (before - 1.0).abs() > 1e-9 {
        let row = information.len() as u64 - 1;
        return Err(
            Error::argument("information", before, "1 at the last look of a planned shape").at_row(row)
        );
    }
    Ok(())
}
