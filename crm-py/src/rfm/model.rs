//! Fitted cut points and scores.

use crm_core::rfm::{
    Binning, Closed, FrequencyMeasure, LowerBounds, MonetaryMeasure, Nesting, RfmModel as Model, RfmOptions,
    RfmScores as Scores, Weights,
};
use crm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::customer::CustomerBase;
use crate::error::OrRaise;
use crate::integer::{Integer, within};
use crate::table::bytes;

type Bounds = (Vec<f64>, Vec<f64>, Vec<f64>);

/// A fitted model.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RfmModel(Model);

#[pymethods]
impl RfmModel {
    /// Fits cut points to a base; `bounds` are those of recency, frequency and monetary value.
    #[staticmethod]
    #[pyo3(signature = (base, bins, binning, closed, bounds, nesting, frequency, monetary, weights))]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn fit(
        py: Python<'_>,
        base: &CustomerBase,
        bins: Integer,
        binning: &str,
        closed: &str,
        bounds: Option<Bounds>,
        nesting: &str,
        frequency: &str,
        monetary: &str,
        weights: (f64, f64, f64),
    ) -> PyResult<Self> {
        let options = || {
            let (recency_weight, frequency_weight, monetary_weight) = weights;
            Ok(RfmOptions {
                binning: self::binning(binning, bins, self::closed(closed)?, bounds)?,
                nesting: self::nesting(nesting)?,
                frequency: FrequencyMeasure::from_name(frequency)?,
                monetary: MonetaryMeasure::from_name(monetary)?,
                weights: Weights {
                    recency: recency_weight,
                    frequency: frequency_weight,
                    monetary: monetary_weight,
                },
            })
        };
        let options = options().or_raise(py)?;
        py.detach(|| Model::fit(&base.0, &options)).or_raise(py).map(Self)
    }

    fn score(&self, py: Python<'_>, base: &CustomerBase) -> PyResult<RfmScores> {
        py.detach(|| self.0.score(&base.0)).or_raise(py).map(RfmScores)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Model::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }

    fn bins(&self) -> u8 {
        self.0.bins()
    }

    fn binning(&self) -> &'static str {
        match self.0.options().binning {
            Binning::Quantiles { .. } => "quantiles",
            Binning::Bounds(_) => "bounds",
            _ => "mid_rank",
        }
    }

    fn closed(&self) -> &'static str {
        match self.0.options().binning {
            Binning::Quantiles { closed: Closed::Left, .. } => "left",
            _ => "right",
        }
    }

    fn bounds(&self) -> Option<Bounds> {
        match &self.0.options().binning {
            Binning::Bounds(bounds) => {
                Some((bounds.recency_days.clone(), bounds.frequency.clone(), bounds.monetary.clone()))
            }
            _ => None,
        }
    }

    fn nesting(&self) -> &'static str {
        match self.0.options().nesting {
            Nesting::Independent => "independent",
            Nesting::Nested => "nested",
        }
    }

    fn frequency(&self) -> String {
        self.0.options().frequency.name()
    }

    fn monetary(&self) -> &'static str {
        self.0.options().monetary.name()
    }

    fn weights(&self) -> (f64, f64, f64) {
        let weights = self.0.options().weights;
        (weights.recency, weights.frequency, weights.monetary)
    }

    fn as_of(&self) -> String {
        self.0.as_of().to_string()
    }

    fn data_start(&self) -> String {
        self.0.data_start().to_string()
    }

    fn window_days(&self) -> Option<u32> {
        self.0.window_days()
    }

    fn customers(&self) -> u64 {
        self.0.customers()
    }

    fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(ToString::to_string).collect()
    }

    fn recency_cuts(&self) -> Vec<Option<f64>> {
        self.0.recency_cuts()
    }

    fn frequency_cuts(&self) -> Option<Vec<Option<f64>>> {
        self.0.frequency_cuts().map(<[_]>::to_vec)
    }

    fn monetary_cuts(&self) -> Option<Vec<Option<f64>>> {
        self.0.monetary_cuts().map(<[_]>::to_vec)
    }
}

fn binning(name: &str, bins: Integer, closed: Closed, bounds: Option<Bounds>) -> Result<Binning> {
    let scores = || within("bins", bins, "between 2 and 10");
    let binning = match name {
        "mid_rank" => Binning::MidRank { bins: scores()? },
        "quantiles" => Binning::Quantiles { bins: scores()?, closed },
        "bounds" => {
            let Some((recency_days, frequency, monetary)) = bounds else {
                return Err(Error::argument("bounds", "None", "given where binning is bounds"));
            };
            return Ok(Binning::Bounds(LowerBounds { recency_days, frequency, monetary }));
        }
        _ => {
            return Err(Error::argument("binning", format!("{name:?}"), "mid_rank, quantiles or bounds"));
        }
    };
    match bounds {
        None => Ok(binning),
        Some(_) => Err(Error::argument("binning", format!("{name:?}"), "bounds where bounds are given")),
    }
}

fn closed(name: &str) -> Result<Closed> {
    match name {
        "left" => Ok(Closed::Left),
        "right" => Ok(Closed::Right),
        _ => Err(Error::argument("closed", format!("{name:?}"), "left or right")),
    }
}

fn nesting(name: &str) -> Result<Nesting> {
    match name {
        "independent" => Ok(Nesting::Independent),
        "nested" => Ok(Nesting::Nested),
        _ => Err(Error::argument("nesting", format!("{name:?}"), "independent or nested")),
    }
}

/// Scores of a base, in the order of its customers.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RfmScores(pub(crate) Scores);

#[pymethods]
impl RfmScores {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn bins(&self) -> u8 {
        self.0.bins()
    }

    /// As bytes of `uint8`.
    fn recency<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.recency())
    }

    /// As bytes of `uint8`.
    fn frequency<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.frequency())
    }

    /// As bytes of `uint8`.
    fn monetary<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.monetary())
    }

    /// As bytes of `float64`.
    fn composite<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, (0..self.0.len()).map(|customer| self.0.composite(customer)).collect::<Vec<f64>>())
    }
}
