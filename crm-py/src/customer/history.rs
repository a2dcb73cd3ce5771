//! Histories from Arrow data, columns and files.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};
use crm_core::customer::{
    BaseOptions, CohortBy, Day, HistoryBuilder, IdKind, Policy, PurchaseHistory as History, TimeUnit,
};
use crm_core::interop::{ColumnNames as Names, CsvOptions, account_table, read_csv, read_parquet};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::activity::{CohortTable, Opportunities, PeriodActivity};
use super::base::{CalibrationHoldout, CustomerBase};
use super::period::Period;
use super::rhythm::Rhythm;
use crate::capsule::{Arrays, arrow_error, check_plain};
use crate::column::{Column, field};
use crate::error::{OrRaise, exception};
use crate::ingest::{ColumnNames, IngestOptions, Watch, scale, threads};
use crate::integer::{Integer, within};
use crate::table::{Table, id_array};

/// Rows of plain columns that are copied at a time.
const PIECE: usize = 1 << 20;

/// Per customer, days with purchases, orders and amounts.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct PurchaseHistory(pub(crate) History);

#[pymethods]
impl PurchaseHistory {
    #[staticmethod]
    #[pyo3(signature = (data, names, options, total, progress))]
    fn from_arrow(
        data: &Bound<'_, PyAny>,
        names: &ColumnNames,
        options: &IngestOptions,
        total: Option<u64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let py = data.py();
        let Some(mut arrays) = Arrays::of("data", data)? else {
            let given = data.get_type().name()?;
            let message = format!(
                "{given} is not accepted: must have the Arrow PyCapsule interface, as tables of pandas, Polars, PyArrow and \
                 DuckDB have; from_columns takes arrays and lists"
            );
            return Err(exception(py, &Error::new(ErrorKind::WrongType, message).on("data")));
        };
        let mut watch = Watch::new(progress, total);
        let history = py.detach(|| {
            let schema = arrays.schema().map_err(|error| error.on("data"))?;
            check_columns(&schema, &names.0)?;
            let mut builder = HistoryBuilder::new(options.0.clone())?;
            // The columns are checked also where there are no rows.
            builder.push_arrow(&RecordBatch::new_empty(Arc::clone(&schema)), &names.0, |_| Ok(()))?;
            while let Some(batch) = arrays.next_batch(&schema).map_err(|error| error.on("data"))? {
                builder.push_arrow(&batch, &names.0, |rows| watch.rows(rows))?;
            }
            builder.finish()
        });
        watch.finish(py, history).map(Self)
    }

    #[staticmethod]
    #[pyo3(signature = (customer_id, time, amount, order_id, amount_scale, options, progress))]
    #[allow(clippy::too_many_arguments)] // One for each column.
    fn from_columns(
        py: Python<'_>,
        customer_id: &Bound<'_, Column>,
        time: &Bound<'_, Column>,
        amount: Option<&Bound<'_, Column>>,
        order_id: Option<&Bound<'_, Column>>,
        amount_scale: Integer,
        options: &IngestOptions,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let names = Names {
            amount: amount.map(|_| "amount".to_owned()),
            order_id: order_id.map(|_| "order_id".to_owned()),
            amount_scale: scale(amount_scale).or_raise(py)?,
            ..Names::default()
        };
        let columns = [
            ("customer_id", Some(customer_id)),
            ("time", Some(time)),
            ("amount", amount),
            ("order_id", order_id),
        ];
        let columns: Vec<_> =
            columns.into_iter().filter_map(|(name, column)| Some((name, column?))).collect();
        let rows = customer_id.len()?;
        for (name, column) in &columns {
            let has = column.len()?;
            if has != rows {
                let message = format!("has {has} rows, but customer_id has {rows}");
                return Err(exception(py, &Error::new(ErrorKind::LengthMismatch, message).on(*name)));
            }
        }
        let mut watch = Watch::new(progress, Some(rows as u64));
        let mut builder = HistoryBuilder::new(options.0.clone()).or_raise(py)?;
        let mut start = 0;
        loop {
            let piece =
                |(name, column): &(&'static str, &Bound<'_, Column>)| -> PyResult<(&'static str, ArrayRef)> {
                    Ok((*name, column.get().piece(py, start, PIECE)?))
                };
            let piece: Vec<_> = columns.iter().map(piece).collect::<PyResult<_>>()?;
            let outcome = py.detach(|| {
                let batch = batch_of(piece)?;
                builder.push_arrow(&batch, &names, |rows| watch.rows(rows))?;
                Ok(batch.num_rows())
            });
            match outcome {
                Ok(read) => start += read,
                Err(error) => return watch.finish(py, Err(error)),
            }
            if start >= rows {
                let history = py.detach(|| builder.finish());
                return watch.finish(py, history).map(Self);
            }
        }
    }

    #[staticmethod]
    #[pyo3(signature = (path, names, delimiter, customer_id_type, options, progress))]
    fn from_csv(
        py: Python<'_>,
        path: PathBuf,
        names: &ColumnNames,
        delimiter: &str,
        customer_id_type: &str,
        options: &IngestOptions,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let csv = || {
            let &[delimiter] = delimiter.as_bytes() else {
                return Err(Error::argument("delimiter", format!("{delimiter:?}"), "one ASCII character"));
            };
            let id_kind = match customer_id_type {
                "text" => IdKind::Text,
                "integer" => IdKind::Integer,
                other => {
                    return Err(Error::argument("customer_id_type", format!("{other:?}"), "text or integer"));
                }
            };
            Ok(CsvOptions { delimiter, id_kind })
        };
        let csv = csv().or_raise(py)?;
        let mut watch = Watch::new(progress, None);
        let history =
            py.detach(|| read_csv(&path, &names.0, &csv, options.0.clone(), &mut |at| watch.report(at)));
        watch.finish(py, history).map(Self)
    }

    #[staticmethod]
    #[pyo3(signature = (path, names, options, progress))]
    fn from_parquet(
        py: Python<'_>,
        path: PathBuf,
        names: &ColumnNames,
        options: &IngestOptions,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let mut watch = Watch::new(progress, None);
        let history =
            py.detach(|| read_parquet(&path, &names.0, options.0.clone(), &mut |at| watch.report(at)));
        watch.finish(py, history).map(Self)
    }

    #[staticmethod]
    fn empty() -> Self {
        Self(History::empty())
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        py.detach(|| History::from_bytes(data)).or_raise(py).map(Self)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.0.to_bytes()).or_raise(py)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        py.detach(|| self.0.merge(&other.0)).or_raise(py).map(Self)
    }

    #[pyo3(signature = (as_of, window_days, time_unit, rows_after, threads))]
    fn base(
        &self,
        py: Python<'_>,
        as_of: &str,
        window_days: Option<Integer>,
        time_unit: &str,
        rows_after: &str,
        threads: Integer,
    ) -> PyResult<CustomerBase> {
        let options = base_options(as_of, window_days, time_unit, rows_after, threads).or_raise(py)?;
        py.detach(|| self.0.base(options)).or_raise(py).map(CustomerBase)
    }

    #[pyo3(signature = (as_of, window_days, time_unit, rows_after, threads))]
    fn rhythm(
        &self,
        py: Python<'_>,
        as_of: &str,
        window_days: Option<Integer>,
        time_unit: &str,
        rows_after: &str,
        threads: Integer,
    ) -> PyResult<Rhythm> {
        let options = base_options(as_of, window_days, time_unit, rows_after, threads).or_raise(py)?;
        py.detach(|| {
            // The rhythm has no ids; they are those of the base.
            let ids = Some(id_array(self.0.base(options)?.customer_ids()));
            Ok(Rhythm { rhythm: self.0.rhythm(options)?, ids })
        })
        .or_raise(py)
    }

    #[pyo3(signature = (calibration_end, holdout_end, window_days, time_unit, threads))]
    fn split(
        &self,
        py: Python<'_>,
        calibration_end: &str,
        holdout_end: &str,
        window_days: Option<Integer>,
        time_unit: &str,
        threads: Integer,
    ) -> PyResult<CalibrationHoldout> {
        let options =
            options(("calibration_end", calibration_end), window_days, time_unit, threads).or_raise(py)?;
        let end = day("holdout_end", holdout_end).or_raise(py)?;
        py.detach(|| self.0.split(options, end)).or_raise(py).map(CalibrationHoldout)
    }

    fn repeat_purchases_by_period(
        &self,
        py: Python<'_>,
        cohort_until: &str,
        period: &Period,
        until: &str,
    ) -> PyResult<PeriodActivity> {
        let cohort_until = day("cohort_until", cohort_until).or_raise(py)?;
        let until = day("until", until).or_raise(py)?;
        py.detach(|| self.0.repeat_purchases_by_period(cohort_until, period.0, until))
            .or_raise(py)
            .map(PeriodActivity)
    }

    fn opportunities(&self, py: Python<'_>, as_of: &str, time_unit: &str) -> PyResult<Opportunities> {
        let as_of = day("as_of", as_of).or_raise(py)?;
        let unit = TimeUnit::from_name(time_unit).or_raise(py)?;
        py.detach(|| self.0.opportunities(as_of, unit)).or_raise(py).map(Opportunities)
    }

    fn cohorts(
        &self,
        py: Python<'_>,
        as_of: &str,
        cohort_by: &str,
        age_period: &Period,
    ) -> PyResult<CohortTable> {
        let as_of = day("as_of", as_of).or_raise(py)?;
        let cohort_by = CohortBy::from_name(cohort_by).or_raise(py)?;
        py.detach(|| self.0.cohorts(as_of, cohort_by, age_period.0)).or_raise(py).map(CohortTable)
    }

    fn customers(&self) -> usize {
        self.0.customers()
    }

    fn purchase_days(&self) -> usize {
        self.0.purchase_days()
    }

    fn orders(&self) -> u64 {
        self.0.orders()
    }

    fn first_day(&self) -> Option<String> {
        self.0.first_day().map(|day| day.to_string())
    }

    fn last_day(&self) -> Option<String> {
        self.0.last_day().map(|day| day.to_string())
    }

    fn currency(&self) -> Option<String> {
        self.0.currency().map(str::to_owned)
    }

    fn time_zone(&self) -> Option<String> {
        self.0.time_zone().map(str::to_owned)
    }

    fn has_amounts(&self) -> bool {
        self.0.has_amounts()
    }

    fn net_amount(&self) -> String {
        self.0.account().net_amount().to_string()
    }

    fn account(&self, py: Python<'_>) -> PyResult<Table> {
        account_table(self.0.account()).or_raise(py).map(Table)
    }
}

fn day(argument: &str, text: &str) -> Result<Day> {
    Day::parse(text).map_err(|error| error.on(argument))
}

/// The options of a base.
pub(crate) fn base_options(
    as_of: &str,
    window_days: Option<Integer>,
    time_unit: &str,
    rows_after: &str,
    threads: Integer,
) -> Result<BaseOptions> {
    let options = options(("as_of", as_of), window_days, time_unit, threads)?;
    Ok(BaseOptions { rows_after: Policy::from_name("rows_after", rows_after)?, ..options })
}

fn options(
    as_of: (&str, &str),
    window_days: Option<Integer>,
    time_unit: &str,
    count: Integer,
) -> Result<BaseOptions> {
    let window_days = window_days.map(|days| within("window_days", days, "between 1 and 4294967295"));
    Ok(BaseOptions {
        window_days: window_days.transpose()?,
        time_unit: TimeUnit::from_name(time_unit)?,
        threads: threads(count)?,
        ..BaseOptions::as_of(day(as_of.0, as_of.1)?)
    })
}

/// Refuses extension types in the columns that are read; columns that are missing are left to the engine.
fn check_columns(schema: &Schema, names: &Names) -> Result<()> {
    let columns = [
        ("customer_id", Some(&names.customer_id)),
        ("time", Some(&names.time)),
        ("amount", names.amount.as_ref()),
        ("order_id", names.order_id.as_ref()),
    ];
    let columns = columns.into_iter().filter_map(|(argument, name)| Some((argument, name?)));
    for (argument, name) in columns {
        schema
            .fields()
            .iter()
            .filter(|field| field.name() == name)
            .try_for_each(|field| check_plain(argument, field))?;
    }
    Ok(())
}

/// The rows that all pieces have.
fn batch_of(pieces: Vec<(&'static str, ArrayRef)>) -> Result<RecordBatch> {
    let rows = pieces.iter().map(|(_, array)| array.len()).min().unwrap_or(0);
    let fields: Vec<Field> = pieces.iter().map(|(name, array)| field(name, array)).collect();
    let arrays = pieces.into_iter().map(|(_, array)| array.slice(0, rows)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| arrow_error(&error))
}
