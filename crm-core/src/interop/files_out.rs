//! Tables as CSV and Parquet files.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int8Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::csv_in::file_error;
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};

/// Writes a table as CSV with a header line (RFC 4180, UTF-8, lines end with a line feed). Numbers are written so that they
/// read back to the same bits, nulls as empty fields.
///
/// # Errors
/// `Io` if the file cannot be written; `WrongType` for a column that is not one of the engine's.
pub fn write_csv(table: &RecordBatch, path: &Path) -> Result<()> {
    let fail = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => file_error(path, &error),
        kind => Error::new(ErrorKind::Io, format!("{}: {kind:?}", path.display())).on("path"),
    };
    let columns: Vec<Box<dyn Fn(usize) -> String + '_>> =
        table.columns().iter().map(|column| cell(column.as_ref())).collect::<Result<_>>()?;
    let file = File::create(path).map_err(|error| file_error(path, &error))?;
    let mut writer = csv::Writer::from_writer(std::io::BufWriter::with_capacity(1 << 18, file));
    writer.write_record(table.schema_ref().fields().iter().map(|field| field.name())).map_err(fail)?;
    for row in 0..table.num_rows() {
        for column in &columns {
            writer.write_field(column(row)).map_err(fail)?;
        }
        writer.write_record(None::<&[u8]>).map_err(fail)?;
    }
    writer.flush().map_err(|error| file_error(path, &error))
}

/// How a column's rows are written.
fn cell(array: &dyn Array) -> Result<Box<dyn Fn(usize) -> String + '_>> {
    fn present<'a>(
        array: &'a dyn Array,
        show: impl Fn(usize) -> String + 'a,
    ) -> Box<dyn Fn(usize) -> String + 'a> {
        Box::new(move |row| if array.is_null(row) { String::new() } else { show(row) })
    }
    Ok(match array.data_type() {
        DataType::Int64 => present(array, |row| array.as_primitive::<Int64Type>().value(row).to_string()),
        DataType::Int8 => present(array, |row| array.as_primitive::<Int8Type>().value(row).to_string()),
        DataType::Float64 => present(array, |row| array.as_primitive::<Float64Type>().value(row).to_string()),
        DataType::Utf8 => present(array, |row| array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => present(array, |row| array.as_string::<i64>().value(row).to_owned()),
        DataType::Date32 => present(array, |row| {
            Day::from_number(array.as_primitive::<Date32Type>().value(row))
                .map_or(String::new(), |day| day.to_string())
        }),
        other => {
            return Err(
                Error::new(ErrorKind::WrongType, format!("{other} cannot be written as CSV")).on("table")
            );
        }
    })
}

/// Writes a table as Parquet, compressed with Zstandard.
///
/// # Errors
/// `Io` if the file cannot be written.
pub fn write_parquet(table: &RecordBatch, path: &Path) -> Result<()> {
    let fail = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Io, format!("{}: {error}", path.display())).on("path")
    };
    let file = File::create(path).map_err(|error| file_error(path, &error))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(parquet::basic::ZstdLevel::default()))
        .build();
    let mut writer =
        ArrowWriter::try_new(file, table.schema(), Some(properties)).map_err(|error| fail(&error))?;
    writer.write(table).map_err(|error| fail(&error))?;
    writer.close().map(|_| ()).map_err(|error| fail(&error))
}
