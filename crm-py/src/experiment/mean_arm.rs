//! Statistics of one arm of an experiment on means.

use crm_core::experiment::{JointArm as Joint, MeanArm as Arm, Measures, cohens_d as d, hedges_g as g};
use crm_core::{Error, Result};
use pyo3::prelude::*;

use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// Count, mean, squares and skewness of a value.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct MeanArm(pub(super) Arm);

#[pymethods]
impl MeanArm {
    #[staticmethod]
    fn from_values(py: Python<'_>, argument: &str, values: &Column) -> PyResult<Self> {
        let values = values.numbers(py, argument, Accept::Truths)?;
        py.detach(|| Arm::from_values(&values).map_err(|error| error.on(argument))).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_moments(
        py: Python<'_>,
        count: Integer,
        mean: f64,
        variance: f64,
        skewness: Option<f64>,
    ) -> PyResult<Self> {
        let build = || -> Result<Arm> {
            let arm = Arm::from_moments(counted(count)?, mean, variance)?;
            skewness.map_or(Ok(arm), |skewness| arm.with_skewness(skewness))
        };
        build().or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_sums(
        py: Python<'_>,
        count: Integer,
        sum: f64,
        sum_of_squares: f64,
        shift: f64,
    ) -> PyResult<Self> {
        let build = || -> Result<Arm> { Arm::from_sums(counted(count)?, sum, sum_of_squares, shift) };
        build().or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_conversions(py: Python<'_>, conversions: Integer, trials: Integer) -> PyResult<Self> {
        let build = || -> Result<Arm> {
            let conversions = within("conversions", conversions, "at least 0")?;
            Arm::from_conversions(conversions, within("trials", trials, "at least 0")?)
        };
        build().or_raise(py).map(Self)
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let mut merged = self.0;
        merged.merge(&other.0).or_raise(py)?;
        Ok(Self(merged))
    }

    fn count(&self) -> u64 {
        self.0.count()
    }

    fn mean(&self) -> f64 {
        self.0.mean()
    }

    fn m2(&self) -> f64 {
        self.0.m2()
    }

    fn variance(&self) -> f64 {
        self.0.variance()
    }

    fn standard_error(&self) -> f64 {
        self.0.standard_error()
    }

    fn skewness(&self) -> f64 {
        self.0.skewness()
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Arm::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}

fn counted(count: Integer) -> Result<u64> {
    within("count", count, "at least 0")
}

/// Cohen's d.
#[pyfunction]
pub(crate) fn cohens_d(target: &MeanArm, control: &MeanArm) -> f64 {
    d(&target.0, &control.0)
}

/// Hedges' g.
#[pyfunction]
pub(crate) fn hedges_g(target: &MeanArm, control: &MeanArm) -> f64 {
    g(&target.0, &control.0)
}

/// Numbers of several columns, which live as long as the measures of them.
pub(super) struct Numbers {
    value: arrow_buffer::ScalarBuffer<f64>,
    denominator: Option<arrow_buffer::ScalarBuffer<f64>>,
    covariates: Vec<arrow_buffer::ScalarBuffer<f64>>,
}

impl Numbers {
    pub(super) fn of(
        py: Python<'_>,
        value: &Column,
        denominator: Option<&Column>,
        covariates: &[PyRef<'_, Column>],
    ) -> PyResult<Self> {
        let name = |place: usize| match covariates.len() {
            1 => "covariate".to_owned(),
            _ => format!("covariate {place}"),
        };
        let covariates = covariates.iter().enumerate();
        Ok(Self {
            value: value.numbers(py, "value", Accept::Truths)?,
            denominator: denominator
                .map(|column| column.numbers(py, "denominator", Accept::Truths))
                .transpose()?,
            covariates: covariates
                .map(|(place, column)| column.numbers(py, &name(place), Accept::Truths))
                .collect::<PyResult<_>>()?,
        })
    }

    pub(super) fn measures(&self) -> Measures<'_> {
        let mut measures = Measures::of(&self.value);
        if let Some(denominator) = &self.denominator {
            measures = measures.denominator(denominator);
        }
        self.covariates.iter().fold(measures, |measures, covariate| measures.covariate(covariate))
    }
}

/// Count, means and products of several columns.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct JointArm(pub(super) Joint);

impl JointArm {
    /// The place of a column that there is.
    fn place(&self, argument: &str, column: Integer) -> Result<usize> {
        let most = self.0.columns().saturating_sub(1);
        let accepted = format!("the number of a column, from 0 to {most}");
        within(argument, &column, &accepted).and_then(|place: usize| {
            if place <= most { Ok(place) } else { Err(Error::argument(argument, column, &accepted)) }
        })
    }
}

#[pymethods]
impl JointArm {
    #[staticmethod]
    fn from_columns(
        py: Python<'_>,
        value: &Column,
        denominator: Option<&Column>,
        covariates: Vec<PyRef<'_, Column>>,
    ) -> PyResult<Self> {
        let numbers = Numbers::of(py, value, denominator, &covariates)?;
        py.detach(|| Joint::from_measures(&numbers.measures())).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_moments(
        py: Python<'_>,
        denominator: bool,
        count: Integer,
        means: Vec<f64>,
        covariances: Vec<f64>,
    ) -> PyResult<Self> {
        let build =
            || -> Result<Joint> { Joint::from_moments(denominator, counted(count)?, &means, &covariances) };
        build().or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_sums(
        py: Python<'_>,
        denominator: bool,
        count: Integer,
        sums: Vec<f64>,
        products: Vec<f64>,
        shifts: Vec<f64>,
    ) -> PyResult<Self> {
        let build =
            || -> Result<Joint> { Joint::from_sums(denominator, counted(count)?, &sums, &products, &shifts) };
        build().or_raise(py).map(Self)
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let mut merged = self.0.clone();
        merged.merge(&other.0).or_raise(py)?;
        Ok(Self(merged))
    }

    fn count(&self) -> u64 {
        self.0.count()
    }

    fn has_denominator(&self) -> bool {
        self.0.has_denominator()
    }

    fn covariates(&self) -> usize {
        self.0.covariates()
    }

    fn value(&self) -> MeanArm {
        MeanArm(self.0.value())
    }

    /// The arm of one column: the value, the denominator if there is one, covariates.
    fn column(&self, py: Python<'_>, column: Integer) -> PyResult<MeanArm> {
        self.place("column", column).or_raise(py).map(|column| MeanArm(self.0.column(column)))
    }

    fn covariance(&self, py: Python<'_>, first: Integer, second: Integer) -> PyResult<f64> {
        let (first, second) = (self.place("first", first), self.place("second", second));
        Ok(self.0.covariance(first.or_raise(py)?, second.or_raise(py)?))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Joint::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}
