//! The points programme and its ledger.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;
use crm_core::customer::{CustomerId, Money};
use crm_core::interop::{event_columns, id_array, period_statement};
use crm_core::loyalty::{
    Breakage, Decimal, EventColumns, LoyaltyProgram as CoreProgram, MemberStatement, PointsBalance,
    PointsEntries, PointsLedger as CoreLedger, PointsLiability as CoreLiability, PointsRevenue,
    PriceAllocation,
};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt};

use crate::capsule::arrow_error;
use crate::column::{Column, field};
use crate::error::{OrRaise, exception};
use crate::ingest::{scale, threads};
use crate::integer::{Integer, all_within, too_wide};
use crate::table::{Columns, Table};

/// The rules of a points programme.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct LoyaltyProgram(pub(super) CoreProgram);

#[pymethods]
impl LoyaltyProgram {
    #[new]
    fn new(py: Python<'_>, rules: &str) -> PyResult<Self> {
        CoreProgram::from_json(rules).or_raise(py).map(Self)
    }

    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// The first instant of a day, in microseconds.
    fn start_of(&self, py: Python<'_>, day: &str) -> PyResult<i64> {
        self.0.start_of(day).or_raise(py)
    }
}

/// The points of many members.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct PointsLedger(Mutex<CoreLedger>);

impl PointsLedger {
    fn ledger(&self) -> MutexGuard<'_, CoreLedger> {
        // A ledger is as before or as after each call, even if one should have panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instant that never comes is none.
fn instant(time: i64) -> Option<i64> {
    (time != i64::MAX && time != i64::MIN).then_some(time)
}

fn entries_table(py: Python<'_>, entries: &PointsEntries) -> PyResult<Table> {
    let changes = entries.changes();
    Columns::new()
        .integers("row", entries.rows.iter().copied())
        .array("customer_id", id_array(&entries.customer_ids))
        .array("event_id", id_array(&entries.event_ids))
        .texts("kind", entries.kinds.iter().map(|kind| kind.name()))
        .instants("time", entries.times.iter().map(|&time| Some(time)))
        .integers("points", entries.points.iter().copied())
        .integers("available_change", changes.available)
        .integers("pending_change", changes.pending)
        .integers("owed_change", changes.owed)
        .array("lot_id", id_array(&entries.lot_ids))
        .instants("earned_at", entries.earned_at.iter().map(|&time| Some(time)))
        .instants("expires_at", entries.expires_at.iter().map(|&time| instant(time)))
        .truths("correction", entries.corrections.iter().copied())
        .finish(py)
}

#[pymethods]
impl PointsLedger {
    #[new]
    fn new(program: &LoyaltyProgram) -> Self {
        Self(Mutex::new(CoreLedger::new(program.0.clone())))
    }

    fn set_threads(&self, py: Python<'_>, threads: Integer) -> PyResult<()> {
        let threads = self::threads(threads).or_raise(py)?;
        self.ledger().set_threads(threads);
        Ok(())
    }

    /// Columns by name, all of one length.
    fn apply(
        &self,
        py: Python<'_>,
        columns: Vec<(String, PyRef<'_, Column>)>,
        amount_scale: Integer,
    ) -> PyResult<Table> {
        let scale = scale(amount_scale).or_raise(py)?;
        let batches = batches(py, &columns)?;
        let entries = py.detach(|| -> Result<PointsEntries> {
            let events = batches.iter().map(|batch| event_columns(batch, scale));
            self.ledger().apply_all(&events.collect::<Result<Vec<EventColumns<'_>>>>()?)
        });
        entries_table(py, &entries.or_raise(py)?)
    }

    fn advance(&self, py: Python<'_>, to: i64) -> PyResult<Table> {
        let entries = py.detach(|| self.ledger().advance(to)).or_raise(py)?;
        entries_table(py, &entries)
    }

    fn balances(&self, py: Python<'_>, as_of: i64) -> PyResult<Table> {
        let found = py.detach(|| self.ledger().balances(as_of)).or_raise(py)?;
        let holders = found.customer_ids.take(&found.holders);
        Columns::new()
            .array("customer_id", id_array(&found.customer_ids))
            .integers("available", found.available)
            .integers("pending", found.pending)
            .integers("owed", found.owed)
            .instants("next_expiry_at", found.next_expiry_at.iter().map(|&time| instant(time)))
            .integers("next_expiry_points", found.next_expiry_points)
            .array("holder_id", id_array(&holders))
            .finish(py)
    }

    /// What a member has, as a dictionary and a table of lots.
    fn statement<'py>(
        &self,
        py: Python<'py>,
        customer: &Bound<'py, PyAny>,
        as_of: i64,
    ) -> PyResult<(Bound<'py, PyDict>, Table)> {
        let statement: MemberStatement =
            with_id(customer, |id| self.ledger().statement(id, as_of))?.or_raise(py)?;
        let about = PyDict::new(py);
        about.set_item("tier", &statement.tier)?;
        about.set_item("available", statement.available)?;
        about.set_item("pending", statement.pending)?;
        about.set_item("owed", statement.owed)?;
        let totals = PyDict::new(py);
        for (name, points) in statement.totals.named() {
            totals.set_item(name, points)?;
        }
        about.set_item("totals", totals)?;
        let lots = Columns::new()
            .array("lot_id", id_array(&statement.lot_ids))
            .integers("points", statement.points)
            .instants("earned_at", statement.earned_at.iter().map(|&time| Some(time)))
            .instants("available_at", statement.available_at.iter().map(|&time| instant(time)))
            .instants("expires_at", statement.expires_at.iter().map(|&time| instant(time)))
            .finish(py)?;
        Ok((about, lots))
    }

    fn liability(
        &self,
        py: Python<'_>,
        as_of: i64,
        value_per_point: &str,
        breakage: Option<&str>,
    ) -> PyResult<PointsLiability> {
        let ask = || {
            let breakage = match breakage {
                None => Breakage::Matured,
                Some(text) => Breakage::Given(decimal("breakage", text)?),
            };
            self.ledger().liability(as_of, money("value_per_point", value_per_point)?, breakage)
        };
        py.detach(ask).or_raise(py).map(PointsLiability)
    }

    fn verify(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.ledger().verify()).or_raise(py)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.ledger().to_bytes()).or_raise(py)?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        CoreLedger::from_bytes(bytes).or_raise(py).map(|ledger| Self(Mutex::new(ledger)))
    }

    fn program(&self) -> LoyaltyProgram {
        LoyaltyProgram(self.ledger().program().clone())
    }

    fn rows(&self) -> u64 {
        self.ledger().rows()
    }

    fn __len__(&self) -> usize {
        self.ledger().len()
    }
}

/// The liability for points, by month.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct PointsLiability(CoreLiability);

#[pymethods]
impl PointsLiability {
    fn months(&self, py: Python<'_>) -> PyResult<Table> {
        let found = &self.0;
        let expected = found.expected_micros.iter();
        Columns::new()
            .day_numbers("month", found.month.iter().copied())
            .integers("earned", found.earned.iter().copied())
            .integers("redeemed", found.redeemed.iter().copied())
            .integers("expired", found.expired.iter().copied())
            .integers("reversed", found.reversed.iter().copied())
            .integers("outstanding", found.outstanding.iter().copied())
            .floats("expected", expected.map(|&micros| Money::from_micros(micros).to_f64()))
            .floats("liability", found.liability.iter().map(|value| value.to_f64()))
            .finish(py)
    }

    fn total(&self) -> f64 {
        self.0.total().to_f64()
    }

    fn breakage(&self) -> f64 {
        self.0.breakage_micros as f64 / 1e6
    }

    /// What is deferred of the amounts of the months, as texts.
    fn deferred(&self, py: Python<'_>, allocated: Vec<String>) -> PyResult<Vec<String>> {
        let amounts = allocated
            .iter()
            .enumerate()
            .map(|(row, amount)| money("allocated", amount).map_err(|error| error.at_row(row as u64)));
        let deferred = amounts.collect::<Result<Vec<Money>>>().and_then(|amounts| self.0.deferred(&amounts));
        Ok(deferred.or_raise(py)?.iter().map(Money::to_string).collect())
    }
}

/// Opening and closing balances, the kinds of postings with their points, and the places of the postings.
type Period = ([i64; 3], [i64; 3], Vec<(&'static str, i64)>, Vec<usize>);

/// What happened to a member between two instants, from tables of postings.
#[pyfunction]
pub(crate) fn points_period(
    py: Python<'_>,
    entries: Vec<PyRef<'_, Table>>,
    customer: &Bound<'_, PyAny>,
    from_: i64,
    until: i64,
) -> PyResult<Period> {
    let batches: Vec<&RecordBatch> = entries.iter().map(|table| &table.0).collect();
    let found = with_id(customer, |id| period_statement(&batches, id, from_, until))?.or_raise(py)?;
    let balances = |of: PointsBalance| [of.available, of.pending, of.owed];
    let kinds = found.kinds.iter().map(|kind| kind.name()).zip(found.points).collect();
    Ok((balances(found.opening), balances(found.closing), kinds, found.places))
}

/// Hands on the id of a customer, an integer or a text.
fn with_id<T>(
    customer: &Bound<'_, PyAny>,
    with: impl FnOnce(CustomerId<'_>) -> Result<T>,
) -> PyResult<Result<T>> {
    if let Ok(id) = customer.extract::<i64>() {
        return Ok(with(CustomerId::Integer(id)));
    }
    if let Ok(id) = customer.extract::<String>() {
        return Ok(with(CustomerId::Text(&id)));
    }
    if let Ok(number) = customer.cast::<PyInt>() {
        return Ok(Err(too_wide("customer_id", &number.extract()?)));
    }
    let message = format!("{} is not accepted: must be an integer or a text", customer.get_type().name()?);
    Ok(Err(Error::new(ErrorKind::WrongType, message).on("customer_id")))
}

/// Columns as record batches: as many rows at a time as lie together in each.
pub(super) fn batches(py: Python<'_>, columns: &[(String, PyRef<'_, Column>)]) -> PyResult<Vec<RecordBatch>> {
    let lengths = columns.iter().map(|(_, column)| column.length(py)).collect::<PyResult<Vec<usize>>>()?;
    let rows = lengths.first().copied().unwrap_or(0);
    if let Some(place) = lengths.iter().position(|&length| length != rows) {
        let message = format!("has {} rows, but {} has {rows}", lengths[place], columns[0].0);
        return Err(exception(py, &Error::new(ErrorKind::LengthMismatch, message).on(&columns[place].0)));
    }
    let (mut batches, mut start) = (Vec::new(), 0);
    loop {
        let pieces = columns.iter().map(|(_, column)| column.piece(py, start, rows - start));
        let mut pieces: Vec<ArrayRef> = pieces.collect::<PyResult<_>>()?;
        let together = pieces.iter().map(|piece| piece.len()).min().unwrap_or(0);
        for piece in &mut pieces {
            *piece = piece.slice(0, together);
        }
        let fields: Vec<_> =
            columns.iter().zip(&pieces).map(|((name, _), piece)| field(name, piece)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(together));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), pieces, &options);
        batches.push(batch.map_err(|error| arrow_error(&error)).or_raise(py)?);
        start += together;
        if start >= rows || together == 0 {
            return Ok(batches);
        }
    }
}

pub(super) fn decimal(name: &str, text: &str) -> Result<Decimal> {
    Decimal::parse(text).ok_or_else(|| Error::argument(name, text, "a decimal number within ±9223372036854"))
}

pub(super) fn money(name: &str, text: &str) -> Result<Money> {
    decimal(name, text).map(|value| Money::from_micros(value.micros().into()))
}

/// The parts of a price for the goods and for the points.
#[pyfunction]
pub(crate) fn allocate_price(
    py: Python<'_>,
    price: &str,
    products_alone: &str,
    points_alone: &str,
) -> PyResult<(String, String)> {
    let split = || -> Result<PriceAllocation> {
        PriceAllocation::new(
            money("price", price)?,
            money("products_alone", products_alone)?,
            money("points_alone", points_alone)?,
        )
    };
    split().or_raise(py).map(|split| (split.products.to_string(), split.points.to_string()))
}

/// Revenue, revenue so far and what is deferred, period by period, as texts.
#[pyfunction]
pub(crate) fn recognize_points(
    py: Python<'_>,
    allocated: &str,
    redeemed: Vec<Integer>,
    expected: Vec<Integer>,
) -> PyResult<(Vec<String>, Vec<String>, Vec<String>)> {
    let recognize = || -> Result<PointsRevenue> {
        let redeemed: Vec<i64> = all_within("redeemed", redeemed, "a number of points")?;
        let expected: Vec<i64> = all_within("expected", expected, "a number of points")?;
        PointsRevenue::recognize(money("allocated", allocated)?, &redeemed, &expected)
    };
    let found = recognize().or_raise(py)?;
    let texts = |amounts: &[Money]| amounts.iter().map(Money::to_string).collect();
    Ok((texts(&found.revenue), texts(&found.cumulative), texts(&found.liability)))
}
