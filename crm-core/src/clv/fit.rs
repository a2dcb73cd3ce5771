//! Maximum likelihood of the purchase models.

use super::distinct::{Distinct, Group};
use super::kind::{PurchaseKind, Role};
use super::process::Row;
use super::purchase_model::{Effect, PurchaseModel};
use super::report::{FitReport, FitWarning, Fitted};
use super::{BgBb, BgNbd, MbgNbd, ParetoNbd, PurchaseData, with_process};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{Maximum, maximize_near};
use crate::parallel::Threads;

/// How a model is estimated.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FitOptions {
    /// Weight of a penalty on the squares of the log-parameters and coefficients, per customer; times are taken relative to the mean
    /// age, so that the unit changes nothing. 0 (default): maximum likelihood.
    pub l2: f64,
    /// The most evaluations of the likelihood from one start; 1,000 by default.
    pub most_evaluations: u32,
    /// Covariates of the purchase rate.
    pub purchase_covariates: Vec<String>,
    /// Covariates of the dropout.
    pub dropout_covariates: Vec<String>,
    /// Threads to use; the result does not depend on it.
    pub threads: Threads,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            l2: 0.0,
            most_evaluations: 1000,
            purchase_covariates: Vec::new(),
            dropout_covariates: Vec::new(),
            threads: Threads::Available,
        }
    }
}

impl FitOptions {
    /// With a penalty, see [`l2`](Self::l2).
    #[must_use]
    pub fn with_l2(self, l2: f64) -> Self {
        Self { l2, ..self }
    }

    /// With covariates of the purchase rate and of the dropout.
    #[must_use]
    pub fn with_covariates<T: Into<String>>(
        self,
        purchase: impl IntoIterator<Item = T>,
        dropout: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            purchase_covariates: purchase.into_iter().map(Into::into).collect(),
            dropout_covariates: dropout.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// On so many threads.
    #[must_use]
    pub fn on_threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    pub(super) fn check(&self) -> Result<()> {
        if !(self.l2.is_finite() && self.l2 >= 0.0) {
            return Err(Error::argument("l2", self.l2, "a finite weight of 0 or more"));
        }
        if self.most_evaluations == 0 {
            return Err(Error::argument("most_evaluations", 0, "at least 1"));
        }
        Ok(())
    }
}

/// The likelihood of discrete models sums over the opportunities since the last purchase.
const MOST_OPPORTUNITIES: f64 = 1e6;

/// Log-parameters are kept within ±this of 1, or of the mean age.
const LOG_BOUND: f64 = 14.0;
const COEFFICIENT_BOUND: f64 = 50.0;
/// From so many distinct rows on, a sample of them is fitted first.
const SAMPLED: usize = 8192;
/// Shape parameters beyond these mean that customers do not differ, or differ without end.
const LARGE: f64 = 1e3;
const SMALL: f64 = 1e-4;

/// The likelihood of the distinct rows of some data, as a function of log-parameters (times relative to `scale`) and coefficients.
pub(super) struct Objective<'a> {
    pub(super) kind: PurchaseKind,
    pub(super) distinct: &'a Distinct,
    pub(super) effects: &'a [Effect],
    /// For each effect, the position of its covariate in the groups.
    columns: &'a [usize],
    scale: f64,
    l2: f64,
}

impl Objective<'_> {
    fn parameters(&self, point: &[f64], group: &Group) -> [f64; 4] {
        let mut logs: [f64; 4] = std::array::from_fn(|i| point[i]);
        for ((effect, &column), coefficient) in self.effects.iter().zip(self.columns).zip(&point[4..]) {
            logs[effect.parameter()] += effect.sign() * coefficient * group.covariates[column];
        }
        std::array::from_fn(|i| logs[i].exp() * if self.kind.is_time(i) { self.scale } else { 1.0 })
    }

    /// The log-likelihood and its gradient, for weights of the distinct rows.
    fn evaluate(&self, weights: &[f64], point: &[f64], gradient: &mut [f64]) -> f64 {
        let parameters = |group: &Group| self.parameters(point, group);
        let (value, groups) = with_process!(self.kind, P => {
            self.distinct.log_likelihood::<P>(weights, parameters)
        });
        gradient.fill(0.0);
        for (group, parts) in self.distinct.groups.iter().zip(groups) {
            for (sum, part) in gradient.iter_mut().zip(parts) {
                *sum += part;
            }
            for (at, (effect, &column)) in self.effects.iter().zip(self.columns).enumerate() {
                gradient[4 + at] += effect.sign() * group.covariates[column] * parts[effect.parameter()];
            }
        }
        value
    }

    /// The maximum for some weights, from a start; from near it if the Hessian there is known too.
    pub(super) fn maximize(
        &self,
        weights: &[f64],
        start: &[f64],
        hessian: Option<&[f64]>,
        most_evaluations: u32,
    ) -> Maximum {
        let size = start.len();
        let bound = |i: usize| if i < 4 { LOG_BOUND } else { COEFFICIENT_BOUND };
        let upper: Vec<f64> = (0..size).map(bound).collect();
        let lower: Vec<f64> = upper.iter().map(|bound| -bound).collect();
        let strength = self.l2 * weights.iter().sum::<f64>();
        let mut objective = |point: &[f64], gradient: &mut [f64]| {
            let mut value = self.evaluate(weights, point, gradient);
            if strength > 0.0 {
                for (slope, x) in gradient.iter_mut().zip(point) {
                    value -= strength * x * x;
                    *slope -= 2.0 * strength * x;
                }
            }
            value
        };
        maximize_near(&mut objective, start, hessian, &lower, &upper, most_evaluations)
    }

    /// Parameters in their unit, and coefficients.
    pub(super) fn estimates(&self, point: &[f64]) -> Vec<f64> {
        let scale = |i: usize| if self.kind.is_time(i) { self.scale } else { 1.0 };
        let natural = |(i, &x): (usize, &f64)| if i < 4 { x.exp() * scale(i) } else { x };
        point.iter().enumerate().map(natural).collect()
    }

    /// The point of given parameters.
    pub(super) fn point(&self, estimates: &[f64]) -> Vec<f64> {
        let scale = |i: usize| if self.kind.is_time(i) { self.scale } else { 1.0 };
        let point = |(i, &x): (usize, &f64)| if i < 4 { (x / scale(i)).ln() } else { x };
        estimates.iter().enumerate().map(point).collect()
    }
}

/// Calls `work` with the objective of some data.
pub(super) fn with_objective<T>(
    kind: PurchaseKind,
    data: &PurchaseData,
    effects: &[Effect],
    l2: f64,
    work: impl FnOnce(&Objective<'_>) -> T,
) -> Result<T> {
    check(kind, data)?;
    let mut names: Vec<&str> = Vec::new();
    let mut columns = Vec::new();
    for effect in effects {
        let known = names.iter().position(|name| *name == effect.covariate());
        columns.push(known.unwrap_or(names.len()));
        if known.is_none() {
            names.push(effect.covariate());
        }
    }
    let covariates: Vec<&[f64]> = names.iter().map(|name| data.covariate(name)).collect::<Result<_>>()?;
    let distinct = Distinct::new(data, &covariates);
    let (total, ages) = distinct
        .rows()
        .fold((0.0, 0.0), |(total, ages), (row, weight)| (total + weight, ages + weight * row.age));
    let scale = if kind.is_discrete() { 1.0 } else { ages / total };
    Ok(work(&Objective { kind, distinct: &distinct, effects, columns: &columns, scale, l2 }))
}

/// What a likelihood needs beyond rows that are possible.
fn check(kind: PurchaseKind, data: &PurchaseData) -> Result<()> {
    check_opportunities(kind, data)?;
    let counts = |row: usize| data.weights().is_none_or(|weights| weights[row] > 0.0);
    if !(0..data.len()).any(|row| data.row(row).x > 0.0 && counts(row)) {
        let message = "no customer has a repeat purchase: there is nothing to estimate from";
        return Err(Error::new(ErrorKind::InvalidValue, message).on("repeat_purchases"));
    }
    Ok(())
}

/// Opportunities are whole numbers, and at most one purchase falls on each.
pub(super) fn check_opportunities(kind: PurchaseKind, data: &PurchaseData) -> Result<()> {
    if !kind.is_discrete() {
        return Ok(());
    }
    for row in 0..data.len() {
        let Row { x, last, age } = data.row(row);
        for (argument, value) in [("last_purchase_age", last), ("age", age)] {
            if value.fract() != 0.0 {
                let message = format!("{value} is not a whole number of opportunities");
                return Err(Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64));
            }
        }
        if age > MOST_OPPORTUNITIES {
            let message = format!("{age} opportunities are more than {MOST_OPPORTUNITIES}");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("age").at_row(row as u64));
        }
        if x > last {
            let message = format!("{x} purchases do not fit in {last} opportunities");
            return Err(Error::new(ErrorKind::InvalidValue, message)
                .on("repeat_purchases")
                .at_row(row as u64));
        }
    }
    Ok(())
}

pub(super) fn fit(kind: PurchaseKind, data: &PurchaseData, options: &FitOptions) -> Result<PurchaseModel> {
    options.check()?;
    let effects = effects(kind, options)?;
    options.threads.run(|| {
        with_objective(kind, data, &effects, options.l2, |objective| {
            let maximum = best(objective, options.most_evaluations);
            finish(objective, data, options, &maximum)
        })
    })??
}

fn effects(kind: PurchaseKind, options: &FitOptions) -> Result<Vec<Effect>> {
    let mut effects = Vec::new();
    for scaled in kind.scaled() {
        let names = match scaled.role {
            Role::Purchase => &options.purchase_covariates,
            Role::Dropout => &options.dropout_covariates,
        };
        effects.extend(names.iter().map(|name| Effect::new(kind, *scaled, name.clone())));
    }
    let asked = options.purchase_covariates.len() + options.dropout_covariates.len();
    if asked > 0 && kind.scaled().is_empty() {
        let accepted = "empty: this model has no covariates; bg_nbd, mbg_nbd and pareto_nbd have";
        return Err(Error::argument("covariates", format!("{asked} names for {}", kind.name()), accepted));
    }
    for names in [&options.purchase_covariates, &options.dropout_covariates] {
        if let Some((_, name)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(Error::argument("covariates", format!("{name:?} twice"), "different names"));
        }
    }
    Ok(effects)
}

/// The maximum over all rows. With many of them, that of a sample comes first: from there, and with the sample's Hessian, few
/// evaluations of all rows remain.
fn best(objective: &Objective<'_>, most_evaluations: u32) -> Maximum {
    let weights = &objective.distinct.weights;
    if objective.distinct.len() < SAMPLED {
        return best_of_starts(objective, weights, most_evaluations);
    }
    let (sample, share) = sample(weights);
    let near = best_of_starts(objective, &sample, most_evaluations);
    if !near.converged || near.held.contains(&true) {
        return best_of_starts(objective, weights, most_evaluations);
    }
    let hessian: Vec<f64> = near.hessian.iter().map(|entry| entry * share).collect();
    let mut maximum = objective.maximize(weights, &near.point, Some(&hessian), most_evaluations);
    maximum.evaluations += near.evaluations;
    maximum
}

/// Weights of a sample of the rows, and the weight of all relative to theirs: rows of many customers stay, of the others, which stand in
/// the order of their values, every eighth with eight times the weight.
fn sample(weights: &[f64]) -> (Vec<f64>, f64) {
    const EVERY: usize = 8;
    let total: f64 = weights.iter().sum();
    let heavy = 4.0 * total / weights.len() as f64;
    let mut light = 0;
    let pick = |&weight: &f64| {
        if weight > heavy {
            return weight;
        }
        light += 1;
        if light % EVERY == EVERY / 2 { weight * EVERY as f64 } else { 0.0 }
    };
    let sample: Vec<f64> = weights.iter().map(pick).collect();
    let share = total / sample.iter().sum::<f64>();
    (sample, share)
}

/// The maximum from the first start, and from others if that one is at a bound or did not converge.
fn best_of_starts(objective: &Objective<'_>, weights: &[f64], most_evaluations: u32) -> Maximum {
    let size = 4 + objective.effects.len();
    let mut evaluations = 0;
    let mut best: Option<Maximum> = None;
    for start in starts(objective) {
        let mut start = start.to_vec();
        start.resize(size, 0.0);
        let maximum = objective.maximize(weights, &start, None, most_evaluations);
        evaluations += maximum.evaluations;
        let inside = maximum.converged && !maximum.held.contains(&true);
        let better = |best: &Maximum| maximum.value > best.value + 1e-9 * best.value.abs();
        if best.as_ref().is_none_or(better) {
            best = Some(maximum);
        }
        if inside && best.as_ref().is_some_and(|best| best.converged && !best.held.contains(&true)) {
            break;
        }
    }
    let mut best =
        best.unwrap_or_else(|| objective.maximize(weights, &vec![0.0; size], None, most_evaluations));
    best.evaluations = evaluations;
    best
}

/// The method of moments for the rate, then points of ordinary markets.
fn starts(objective: &Objective<'_>) -> Vec<[f64; 4]> {
    let (mut total, mut sum, mut squares, mut time) = (0.0, 0.0, 0.0, 0.0);
    for (row, weight) in objective.distinct.rows() {
        total += weight;
        sum += weight * row.x;
        squares += weight * row.x * row.x;
        time += weight * row.age;
    }
    if objective.kind.is_discrete() {
        let share = (sum / time).clamp(0.01, 0.99);
        let odds = (share / (1.0 - share)).ln();
        return vec![[odds / 2.0, -odds / 2.0, -0.5, 0.5], [0.0; 4], [1.0, 1.0, 1.0, 3.0]];
    }
    let mean = sum / total;
    let variance = squares / total - mean * mean;
    // A negative binomial of these moments; time is counted in mean ages.
    let r = (mean * mean / (variance - mean).max(1e-3 * mean)).clamp(0.05, 20.0).ln();
    let alpha = r - (sum / time * objective.scale).ln();
    match objective.kind {
        PurchaseKind::ParetoNbd => {
            vec![[r, alpha, -0.5, -0.5], [0.0, -(mean.ln()), 0.0, 1.0], [1.0, 2.0, 1.0, 3.0], [0.0; 4]]
        }
        _ => vec![[r, alpha, -0.2, 1.0], [0.0, -(mean.ln()), 0.0, 0.0], [1.0, 2.0, 0.0, 2.0], [0.0; 4]],
    }
}

fn finish(
    objective: &Objective<'_>,
    data: &PurchaseData,
    options: &FitOptions,
    maximum: &Maximum,
) -> Result<PurchaseModel> {
    let kind = objective.kind;
    let names = kind.info().parameters;
    let estimates = objective.estimates(&maximum.point);
    let weights = &objective.distinct.weights;
    let mut gradient = vec![0.0; maximum.point.len()];
    let log_likelihood = objective.evaluate(weights, &maximum.point, &mut gradient);
    if !log_likelihood.is_finite() {
        let message = "the likelihood is not finite at any start: are the ages in the unit given?";
        return Err(Error::new(ErrorKind::InvalidValue, message).on("data"));
    }
    let all_names =
        names.iter().map(|name| (*name).to_owned()).chain(objective.effects.iter().map(Effect::name));
    let fitted = Fitted {
        names: all_names.collect(),
        estimates: estimates.clone(),
        parameters: 4,
        customers: weights.iter().sum(),
        distinct_rows: objective.distinct.len(),
        log_likelihood,
        l2: options.l2,
    };
    let mut report = FitReport::new(fitted, maximum);
    warn(kind, &estimates, maximum, &mut report);
    let coefficients = &estimates[4..];
    let effects = objective.effects.iter().zip(coefficients).map(|(effect, &c)| effect.with(c)).collect();
    let parameters = std::array::from_fn(|i| estimates[i]);
    PurchaseModel::fitted(kind, data.unit(), data.window(), parameters, effects, report)
}

/// What the estimates say about what the data do not.
fn warn(kind: PurchaseKind, estimates: &[f64], maximum: &Maximum, report: &mut FitReport) {
    let names: Vec<String> = report.names().to_vec();
    for (at, name) in names.into_iter().enumerate().filter(|(at, _)| maximum.held[*at]) {
        let end = if maximum.point[at] > 0.0 { "large" } else { "small" };
        let reason =
            format!("the likelihood still grows where it is {end}; the other estimates hold for this value");
        report.warn(FitWarning::Boundary { parameter: name, reason });
    }
    let (first, second) = (estimates[0], estimates[1]);
    let (third, fourth) = (estimates[2], estimates[3]);
    let together = |a: f64, b: f64| (a > LARGE && b > LARGE) || (a < SMALL && b < SMALL);
    let mut not_identified = |reason: String| report.warn(FitWarning::NotIdentified { reason });
    match kind {
        PurchaseKind::BgNbd | PurchaseKind::MbgNbd => {
            if first > LARGE {
                not_identified(format!(
                    "r and alpha grow together: customers do not differ in their rate of purchases, {:.6}",
                    first / second
                ));
            }
            if together(third, fourth) {
                not_identified(format!(
                    "a and b are not told apart: the mean probability of leaving after a purchase, {:.6}, is known, how customers differ in it is not",
                    third / (third + fourth)
                ));
            }
        }
        PurchaseKind::ParetoNbd => {
            if first > LARGE {
                not_identified(format!(
                    "r and alpha grow together: customers do not differ in their rate of purchases, {:.6}",
                    first / second
                ));
            }
            if third > LARGE {
                not_identified(format!(
                    "s and beta grow together: customers do not differ in their rate of leaving, {:.6}",
                    third / fourth
                ));
            }
        }
        PurchaseKind::BgBb => {
            for (names, a, b) in [("alpha and beta", first, second), ("gamma and delta", third, fourth)] {
                if together(a, b) {
                    not_identified(format!(
                        "{names} are not told apart: their mean, {:.6}, is known, how customers differ in it is not",
                        a / (a + b)
                    ));
                }
            }
        }
    }
}
