//! Transactions from Parquet files, streamed.

use std::path::Path;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::arrow_in::{ColumnNames, transactions};
use super::csv_in::file_error;
use super::{OnProgress, Progress};
use crate::customer::{HistoryBuilder, IngestOptions, PurchaseHistory};
use crate::error::{Error, ErrorKind, Result};

/// Rows of one batch: bounds the memory that decoded columns take.
const BATCH: usize = 1 << 18;

/// The purchase history of a Parquet file; only the columns asked for are read.
///
/// # Errors
/// `Io` if the file cannot be opened; `Corrupt` if it is damaged or truncated; `MissingColumn` and `WrongType` before any row
/// is read; those of [`HistoryBuilder::push`]; whatever `on_progress` returns.
pub fn read_parquet(
    path: &Path,
    names: &ColumnNames,
    options: IngestOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<PurchaseHistory> {
    let file = std::fs::File::open(path).map_err(|error| file_error(path, &error))?;
    let corrupt = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Corrupt, format!("{}: {error}", path.display())).on("path")
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| corrupt(&error))?;
    // Names and types are checked on a table without rows, against all columns that the file has.
    transactions(&RecordBatch::new_empty(builder.schema().clone()), names)?;
    let wanted =
        [Some(&names.customer_id), Some(&names.time), names.amount.as_ref(), names.order_id.as_ref()];
    let fields = builder.schema().fields().iter().enumerate();
    let roots: Vec<usize> = fields
        .filter(|(_, field)| wanted.iter().flatten().any(|name| *name == field.name()))
        .map(|(root, _)| root)
        .collect();
    let total = u64::try_from(builder.metadata().file_metadata().num_rows()).ok();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH).build().map_err(|error| corrupt(&error))?;
    let mut history = HistoryBuilder::new(options)?;
    for batch in reader {
        let batch = batch.map_err(|error| corrupt(&error))?;
        history.push_arrow(&batch, names, |rows| on_progress(Progress { rows, total }))?;
    }
    history.finish()
}
