//! Maps from scores to named segments, and tables about them.

use std::ops::RangeInclusive;

use crm_core::interop;
use crm_core::rfm::{Cell, Migration, Rule, SegmentMap as Map, SegmentSummary, Segments as Assigned};
use crm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::model::RfmScores;
use crate::customer::CustomerBase;
use crate::error::OrRaise;
use crate::integer::{Integer, within};
use crate::table::Table;

/// Name, then lowest and highest recency, frequency and monetary score; no monetary scores are all of them.
type Block = (String, (Integer, Integer), (Integer, Integer), Option<(Integer, Integer)>);
type Scores = (u8, u8, u8);

/// A map from every cell to a segment.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct SegmentMap(Map);

#[pymethods]
impl SegmentMap {
    #[staticmethod]
    fn standard() -> Self {
        Self(Map::standard())
    }

    #[staticmethod]
    #[pyo3(signature = (blocks, bins, first_match, otherwise))]
    fn from_rules(
        py: Python<'_>,
        blocks: Vec<Block>,
        bins: Integer,
        first_match: bool,
        otherwise: Option<&str>,
    ) -> PyResult<Self> {
        let build = || {
            let (bins, rules) = (scores(bins)?, rules(blocks)?);
            match (first_match, otherwise) {
                (true, _) => Map::first_match(bins, &rules, otherwise),
                (false, None) => Map::new(bins, &rules),
                (false, Some(name)) => Err(Error::argument(
                    "otherwise",
                    format!("{name:?}"),
                    "None unless the first matching rule wins",
                )),
            }
        };
        build().or_raise(py).map(Self)
    }

    fn bins(&self) -> u8 {
        self.0.bins()
    }

    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    fn segment_of(&self, recency: u8, frequency: u8, monetary: u8) -> Option<String> {
        self.0.segment_of(Cell { recency, frequency, monetary }).map(str::to_owned)
    }

    fn assign(&self, py: Python<'_>, scores: &RfmScores) -> PyResult<Segments> {
        py.detach(|| self.0.assign(&scores.0)).or_raise(py).map(Segments)
    }
}

fn scores(bins: Integer) -> Result<u8> {
    within("bins", bins, "between 2 and 10")
}

fn rules(blocks: Vec<Block>) -> Result<Vec<Rule>> {
    let range =
        |name: &str, dimension: &str, (low, high): (Integer, Integer)| -> Result<RangeInclusive<u8>> {
            let argument = format!("{name}.{dimension}");
            let end = |score| within(&argument, score, "a score from 1 to bins");
            Ok(end(low)?..=end(high)?)
        };
    let rule = |(name, recency, frequency, monetary): Block| {
        let (recency, frequency) = (range(&name, "recency", recency)?, range(&name, "frequency", frequency)?);
        let monetary = monetary.map(|scores| range(&name, "monetary", scores)).transpose()?;
        let rule = Rule::new(name, recency, frequency);
        Ok(match monetary {
            Some(monetary) => rule.with_monetary(monetary),
            None => rule,
        })
    };
    blocks.into_iter().map(rule).collect()
}

/// Cells that no rule covers, cells that several cover, and segments that no cell is left for.
#[pyfunction]
#[allow(clippy::type_complexity)] // A triple that Python names.
pub(crate) fn audit(
    py: Python<'_>,
    blocks: Vec<Block>,
    bins: Integer,
) -> PyResult<(Vec<Scores>, Vec<(Scores, String, String)>, Vec<String>)> {
    let audit = scores(bins).and_then(|bins| Map::audit(bins, &rules(blocks)?)).or_raise(py)?;
    let cell = |cell: Cell| (cell.recency, cell.frequency, cell.monetary);
    let uncovered = audit.uncovered.into_iter().map(cell).collect();
    let overlapping = audit.overlapping.into_iter().map(|(at, one, other)| (cell(at), one, other)).collect();
    Ok((uncovered, overlapping, audit.never_assigned))
}

/// The segment of every customer of a base.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Segments(Assigned);

#[pymethods]
impl Segments {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    /// As bytes of `uint8`.
    fn codes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.codes())
    }
}

/// Segments in a few numbers each.
#[pyfunction]
pub(crate) fn segment_summary(py: Python<'_>, base: &CustomerBase, segments: &Segments) -> PyResult<Table> {
    let table = || interop::summary_table(&SegmentSummary::new(&base.0, &segments.0)?);
    py.detach(table).or_raise(py).map(Table)
}

/// Customers by their segment at two dates.
#[pyfunction]
pub(crate) fn migration(
    py: Python<'_>,
    earlier: (PyRef<'_, CustomerBase>, PyRef<'_, Segments>),
    later: (PyRef<'_, CustomerBase>, PyRef<'_, Segments>),
) -> PyResult<Table> {
    let (before, after) = ((&earlier.0.0, &earlier.1.0), (&later.0.0, &later.1.0));
    let table = || interop::migration_table(&Migration::new(before, after)?);
    py.detach(table).or_raise(py).map(Table)
}

/// The base with scores and segments.
#[pyfunction]
pub(crate) fn customer_table(
    py: Python<'_>,
    base: &CustomerBase,
    scores: &RfmScores,
    segments: &Segments,
) -> PyResult<Table> {
    py.detach(|| interop::customer_table(&base.0, &scores.0, &segments.0)).or_raise(py).map(Table)
}
