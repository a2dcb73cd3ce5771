//! What a fit found, how sure it is, and what is wrong with it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::math::{Maximum, eigenvalues, inverse, normal_quantile};

/// A Hessian whose largest and smallest eigenvalue differ by more leaves combinations of the parameters open.
const ILL_CONDITIONED: f64 = 1e8;
/// Fewer customers than this give unsteady parameters.
const FEW_CUSTOMERS: f64 = 100.0;

/// Something that makes a fit less telling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FitWarning {
    /// The search ended before the gradient vanished.
    NotConverged {
        /// How often the likelihood was computed.
        evaluations: u32,
    },
    /// The likelihood has no maximum inside: a parameter ran to the end of its range.
    Boundary {
        /// Its name.
        parameter: String,
        /// What that means.
        reason: String,
    },
    /// The data say little about some combination of the parameters.
    IllConditioned {
        /// Largest over smallest eigenvalue of the Hessian in log-parameters; infinite if it is not definite.
        condition: f64,
    },
    /// The data do not tell parameters apart.
    NotIdentified {
        /// Which, and what is known instead.
        reason: String,
    },
    /// Fewer than 100 customers.
    FewCustomers {
        /// The sum of the weights.
        customers: f64,
    },
    /// The distribution of the spend has no mean over all customers.
    NoPopulationMean {
        /// The parameter that should be above 1.
        q: f64,
    },
    /// Spend and number of purchases go together, which the model takes for independent.
    SpendCorrelated {
        /// Their correlation.
        correlation: f64,
    },
}

impl FitWarning {
    /// A stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotConverged { .. } => "not_converged",
            Self::Boundary { .. } => "boundary",
            Self::IllConditioned { .. } => "ill_conditioned",
            Self::NotIdentified { .. } => "not_identified",
            Self::FewCustomers { .. } => "few_customers",
            Self::NoPopulationMean { .. } => "no_population_mean",
            Self::SpendCorrelated { .. } => "spend_correlated",
        }
    }
}

impl fmt::Display for FitWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConverged { evaluations } => {
                write!(f, "no maximum was reached in {evaluations} evaluations of the likelihood")
            }
            Self::Boundary { parameter, reason } => {
                write!(f, "{parameter} ran to the end of its range: {reason}")
            }
            Self::IllConditioned { condition } => {
                write!(
                    f,
                    "the data say little about some combination of the parameters (condition {condition:.1e})"
                )
            }
            Self::NotIdentified { reason } => f.write_str(reason),
            Self::FewCustomers { customers } => {
                write!(f, "only {customers} customers: parameters are unsteady below {FEW_CUSTOMERS}")
            }
            Self::NoPopulationMean { q } => {
                write!(f, "q is {q}: spend has no mean over all customers unless q is above 1")
            }
            Self::SpendCorrelated { correlation } => write!(
                f,
                "spend and number of purchases correlate ({correlation:.2}); the model takes them for independent"
            ),
        }
    }
}

/// How a model was estimated.
///
/// Parameters are estimated by their logarithms, coefficients of covariates as they are; `covariance` is that of the estimates
/// themselves, by the delta method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    names: Vec<String>,
    estimates: Vec<f64>,
    /// So many of the estimates are parameters, which are positive; the rest are coefficients.
    parameters: usize,
    customers: f64,
    distinct_rows: u64,
    log_likelihood: f64,
    l2: f64,
    evaluations: u32,
    converged: bool,
    /// Of the logarithms of the parameters and of the coefficients; zero for what a bound holds. `None` if the Hessian is not definite.
    log_covariance: Option<Vec<f64>>,
    held: Vec<bool>,
    condition: Option<f64>,
    warnings: Vec<FitWarning>,
}

/// What [`FitReport::new`] is made from, beside the maximum.
pub(super) struct Fitted {
    pub(super) names: Vec<String>,
    pub(super) estimates: Vec<f64>,
    /// So many estimates were found by their logarithms.
    pub(super) parameters: usize,
    /// The sum of the weights.
    pub(super) customers: f64,
    pub(super) distinct_rows: usize,
    /// Without a penalty.
    pub(super) log_likelihood: f64,
    pub(super) l2: f64,
}

impl FitReport {
    /// A report of a maximum of the log-likelihood over log-parameters and coefficients, with the warnings that every model has.
    pub(super) fn new(fitted: Fitted, maximum: &Maximum) -> Self {
        let size = maximum.point.len();
        let free: Vec<usize> = (0..size).filter(|&i| !maximum.held[i]).collect();
        let information: Vec<f64> =
            free.iter().flat_map(|&i| free.iter().map(move |&j| -maximum.hessian[i * size + j])).collect();
        let values = eigenvalues(&information, free.len());
        let condition = match (values.first(), values.last()) {
            (Some(&least), Some(&most)) if least > 0.0 && most.is_finite() => Some(most / least),
            _ => None,
        };
        let log_covariance = condition.and_then(|_| inverse(&information, free.len())).map(|inverse| {
            let mut full = vec![0.0; size * size];
            for (a, &i) in free.iter().enumerate() {
                for (b, &j) in free.iter().enumerate() {
                    full[i * size + j] = inverse[a * free.len() + b];
                }
            }
            full
        });
        let mut warnings = Vec::new();
        if !maximum.converged {
            warnings.push(FitWarning::NotConverged { evaluations: maximum.evaluations });
        }
        if condition.is_none_or(|condition| condition > ILL_CONDITIONED) {
            warnings.push(FitWarning::IllConditioned { condition: condition.unwrap_or(f64::MAX) });
        }
        if fitted.customers < FEW_CUSTOMERS {
            warnings.push(FitWarning::FewCustomers { customers: fitted.customers });
        }
        Self {
            names: fitted.names,
            estimates: fitted.estimates,
            parameters: fitted.parameters,
            customers: fitted.customers,
            distinct_rows: fitted.distinct_rows as u64,
            log_likelihood: fitted.log_likelihood,
            l2: fitted.l2,
            evaluations: maximum.evaluations,
            converged: maximum.converged,
            log_covariance,
            held: maximum.held.clone(),
            condition,
            warnings,
        }
    }

    pub(super) fn warn(&mut self, warning: FitWarning) {
        self.warnings.push(warning);
    }

    /// The names of the estimates: parameters, then coefficients.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The estimates, in the order of the names.
    pub fn estimates(&self) -> &[f64] {
        &self.estimates
    }

    /// Number of customers: the sum of the weights.
    pub fn customers(&self) -> f64 {
        self.customers
    }

    /// Rows that differ, which is what the likelihood is computed from.
    pub fn distinct_rows(&self) -> u64 {
        self.distinct_rows
    }

    /// The log-likelihood at the estimates, without the penalty.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The penalty that was asked for; 0 for maximum likelihood.
    pub fn l2(&self) -> f64 {
        self.l2
    }

    /// Akaike's information criterion, `2 k - 2 ln L`.
    pub fn aic(&self) -> f64 {
        2.0 * self.estimates.len() as f64 - 2.0 * self.log_likelihood
    }

    /// The Bayesian information criterion, `k ln n - 2 ln L`.
    pub fn bic(&self) -> f64 {
        self.customers.ln() * self.estimates.len() as f64 - 2.0 * self.log_likelihood
    }

    /// How often likelihood and gradient were computed.
    pub fn evaluations(&self) -> u32 {
        self.evaluations
    }

    /// Whether the gradient vanishes at the estimates.
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// Whether the fit converged inside the range of the parameters to something that the data identify.
    pub fn is_sound(&self) -> bool {
        let grave = |warning: &FitWarning| {
            !matches!(warning, FitWarning::FewCustomers { .. } | FitWarning::SpendCorrelated { .. })
        };
        self.converged && !self.warnings.iter().any(grave)
    }

    /// Largest over smallest eigenvalue of the Hessian in log-parameters; `None` if it is not definite.
    pub fn condition(&self) -> Option<f64> {
        self.condition
    }

    /// What makes the fit less telling.
    pub fn warnings(&self) -> &[FitWarning] {
        &self.warnings
    }

    /// The covariance of the estimates, row-major; zero for an estimate that a bound holds, `None` if the likelihood is not
    /// curved in every direction.
    pub fn covariance(&self) -> Option<Vec<f64>> {
        let size = self.estimates.len();
        let slope = |i: usize| if i < self.parameters { self.estimates[i] } else { 1.0 };
        let covariance = self.log_covariance.as_ref()?;
        Some((0..size * size).map(|at| covariance[at] * (slope(at / size) * slope(at % size))).collect())
    }

    /// The covariance of the logarithms of the parameters and of the coefficients.
    pub(super) fn log_covariance(&self) -> Option<&[f64]> {
        self.log_covariance.as_deref()
    }

    /// The standard errors of the estimates; `None` where they are not defined.
    pub fn standard_errors(&self) -> Vec<Option<f64>> {
        let size = self.estimates.len();
        let covariance = self.covariance();
        let error = |i: usize| covariance.as_ref().map(|covariance| covariance[i * size + i].sqrt());
        (0..size).map(|i| error(i).filter(|_| !self.held[i])).collect()
    }

    /// Intervals of the estimates: symmetric in the logarithm for parameters, so that they stay positive, and plain for
    /// coefficients; `None` where they are not defined.
    ///
    /// # Errors
    /// `InvalidArgument` for a confidence level outside (0, 1).
    pub fn confidence_intervals(&self, confidence_level: f64) -> Result<Vec<Option<(f64, f64)>>> {
        let z = two_sided_quantile(confidence_level)?;
        let size = self.estimates.len();
        let interval = |i: usize| {
            let width = z * self.log_covariance.as_ref().filter(|_| !self.held[i])?[i * size + i].sqrt();
            let estimate = self.estimates[i];
            Some(if i < self.parameters {
                (estimate * (-width).exp(), estimate * width.exp())
            } else {
                (estimate - width, estimate + width)
            })
        };
        Ok((0..size).map(interval).collect())
    }

    /// Whether a report that was read from a file fits a model with these parameters.
    pub(super) fn fits(&self, estimates: &[f64]) -> bool {
        let size = self.estimates.len();
        self.estimates == estimates
            && self.names.len() == size
            && self.held.len() == size
            && self.parameters <= size
            && self.log_covariance.as_ref().is_none_or(|covariance| covariance.len() == size * size)
    }
}

/// How many standard errors a symmetric interval reaches on either side.
pub(super) fn two_sided_quantile(confidence_level: f64) -> Result<f64> {
    if confidence_level > 0.0 && confidence_level < 1.0 {
        Ok(normal_quantile(f64::midpoint(1.0, confidence_level)))
    } else {
        Err(Error::argument("confidence_level", confidence_level, "above 0 and below 1 (0.95 for 95 %)"))
    }
}
