//! Histories from Arrow streams, CSV and Parquet files.

use std::ffi::{c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::customer::{HistoryBuilder, IdKind};
use crm_core::interop::{ColumnNames, CsvOptions, Progress, read_csv, read_parquet};
use crm_core::{Error, ErrorKind, Result};

use super::history::crm_history;
use super::options::crm_ingest_options;
use super::transactions::scale;
use crate::arrow::Stream;
use crate::guard::guard;
use crate::handle::Out;
use crate::pointer::{choice, optional_text, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// The kind of customer ids.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_id_kind {
    /// Integers of 64 bits.
    Integer = 0,
    /// UTF-8 text.
    Text = 1,
}

/// Which columns hold what. Fill with `crm_columns_init`, then change what differs. Texts are copied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_columns {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The customer id: integers or text (default "customer_id").
    pub customer_id: *const c_char,
    /// The time: a date or a timestamp (default "time").
    pub time: *const c_char,
    /// The amount: floats, integers or decimals (default "amount"); NULL for a log without amounts.
    pub amount: *const c_char,
    /// The order id, if lines belong to orders; NULL (default) for none.
    pub order_id: *const c_char,
    /// Decimal digits of integer amounts: 0 (default) for whole units, 2 for cents.
    pub amount_scale: i32,
    /// Must be 0.
    pub reserved: i32,
}

/// How a CSV file is written. Fill with `crm_csv_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_csv_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The ASCII character between fields (default ',').
    pub delimiter: i32,
    /// A `crm_id_kind`: text (default; "007" stays "007") or integers.
    pub id_kind: i32,
}

sized_structs!(crm_columns, crm_csv_options);

impl crm_columns {
    fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            customer_id: c"customer_id".as_ptr(),
            time: c"time".as_ptr(),
            amount: c"amount".as_ptr(),
            order_id: ptr::null(),
            amount_scale: 0,
            reserved: 0,
        }
    }

    unsafe fn take(columns: *const Self) -> Outcome<ColumnNames> {
        if columns.is_null() {
            return Ok(ColumnNames::default());
        }
        // SAFETY: the caller gives a struct of the size that it says, with terminated texts.
        unsafe {
            let given = sized::read("columns", columns, Self::new())?;
            if given.reserved != 0 {
                return Err(Error::argument("reserved", given.reserved, "0").into());
            }
            Ok(ColumnNames {
                customer_id: text("columns.customer_id", given.customer_id)?.to_owned(),
                time: text("columns.time", given.time)?.to_owned(),
                amount: optional_text("columns.amount", given.amount)?.map(str::to_owned),
                order_id: optional_text("columns.order_id", given.order_id)?.map(str::to_owned),
                amount_scale: scale(given.amount_scale)?,
            })
        }
    }
}

impl crm_csv_options {
    fn new() -> Self {
        let defaults = CsvOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            delimiter: i32::from(defaults.delimiter),
            id_kind: match defaults.id_kind {
                IdKind::Integer => crm_id_kind::Integer as i32,
                IdKind::Text => crm_id_kind::Text as i32,
            },
        }
    }

    unsafe fn take(options: *const Self) -> Outcome<CsvOptions> {
        if options.is_null() {
            return Ok(CsvOptions::default());
        }
        // SAFETY: the caller gives a struct of the size that it says.
        let given = unsafe { sized::read("csv", options, Self::new()) }?;
        let ascii = u8::try_from(given.delimiter).ok().filter(u8::is_ascii);
        Ok(CsvOptions {
            delimiter: ascii
                .ok_or_else(|| Error::argument("delimiter", given.delimiter, "an ASCII character"))?,
            id_kind: choice("id_kind", given.id_kind, &[IdKind::Integer, IdKind::Text])?,
        })
    }
}

/// Called between batches with the rows read so far, the rows in all (0 if the source does not say) and the pointer that
/// the caller gave along; a result other than 0 ends the reading with `CRM_STATUS_INTERRUPTED`.
///
/// It runs on the caller's thread, must return (no `longjmp`, no exception), and must not use the handles of the call.
pub type crm_progress = Option<unsafe extern "C" fn(rows: u64, total: u64, user: *mut c_void) -> c_int>;

fn ask(progress: crm_progress, user: *mut c_void, rows: u64, total: u64) -> Result<()> {
    let Some(callback) = progress else { return Ok(()) };
    // SAFETY: the caller gave the function, and the pointer for it.
    if unsafe { callback(rows, total, user) } == 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Interrupted, format!("stopped by the progress callback after {rows} rows")))
}

/// Fills column names with their defaults; `struct_size` is `sizeof *columns`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_columns_init(columns: *mut crm_columns, struct_size: usize) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("columns", columns, struct_size, crm_columns::new()) })
}

/// Fills CSV options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_csv_options_init(
    options: *mut crm_csv_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_csv_options::new()) })
}

/// The history of a table that comes as an Arrow C stream, without a copy where its types allow.
///
/// The stream is taken over, read and released, whether the call succeeds or not; afterwards `stream->release` is NULL.
/// NULL columns and options are the defaults; `progress` may be NULL, and `user` is what it is called with.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a stream that was released before, `CRM_STATUS_MISSING_COLUMN`,
/// `CRM_STATUS_WRONG_TYPE`, `CRM_STATUS_IO` with the message of a producer that fails, and as
/// `crm_history_builder_push` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_from_arrow_stream(
    stream: *mut FFI_ArrowArrayStream,
    columns: *const crm_columns,
    options: *const crm_ingest_options,
    progress: crm_progress,
    user: *mut c_void,
    out: *mut *mut crm_history,
) -> crm_status {
    // SAFETY: the caller gives a stream as its interface demands, structs of the sizes that they say and a place, or
    // null.
    guard(|| unsafe {
        // First of all, so that the stream is released whatever else is wrong.
        let stream = Stream::take(stream);
        let out = Out::new("out", out)?;
        let mut stream = stream?;
        let names = crm_columns::take(columns)?;
        let mut builder = HistoryBuilder::new(crm_ingest_options::take(options)?)?;
        while let Some(batch) = stream.next()? {
            builder.push_arrow(&batch, &names, |rows| ask(progress, user, rows, 0))?;
        }
        out.put(builder.finish()?);
        Ok(())
    })
}

/// The history of a CSV file (UTF-8, RFC 4180, with a header line). NULL columns, CSV options and options are the
/// defaults; `progress` may be NULL, and `user` is what it is called with. `path` is UTF-8.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`. Fails with
/// `CRM_STATUS_IO` if the file cannot be read, `CRM_STATUS_MISSING_COLUMN`, and `CRM_STATUS_PARSE` or
/// `CRM_STATUS_NOT_UTF8` with the line in `crm_last_error_line()`; otherwise as `crm_history_builder_push`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_from_csv(
    path: *const c_char,
    columns: *const crm_columns,
    csv: *const crm_csv_options,
    options: *const crm_ingest_options,
    progress: crm_progress,
    user: *mut c_void,
    out: *mut *mut crm_history,
) -> crm_status {
    // SAFETY: the caller gives terminated texts, structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let path = Path::new(text("path", path)?);
        let (names, csv) = (crm_columns::take(columns)?, crm_csv_options::take(csv)?);
        let options = crm_ingest_options::take(options)?;
        let mut tell = |at: Progress| ask(progress, user, at.rows, at.total.unwrap_or(0));
        out.put(read_csv(path, &names, &csv, options, &mut tell)?);
        Ok(())
    })
}

/// The history of a Parquet file; only the columns asked for are read. NULL columns and options are the defaults;
/// `progress` may be NULL, and `user` is what it is called with. `path` is UTF-8.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`. Fails with
/// `CRM_STATUS_IO` if the file cannot be opened, `CRM_STATUS_CORRUPT` if it is damaged or truncated,
/// `CRM_STATUS_MISSING_COLUMN`, `CRM_STATUS_WRONG_TYPE`, and as `crm_history_builder_push` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_from_parquet(
    path: *const c_char,
    columns: *const crm_columns,
    options: *const crm_ingest_options,
    progress: crm_progress,
    user: *mut c_void,
    out: *mut *mut crm_history,
) -> crm_status {
    // SAFETY: the caller gives terminated texts, structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let path = Path::new(text("path", path)?);
        let names = crm_columns::take(columns)?;
        let options = crm_ingest_options::take(options)?;
        let mut tell = |at: Progress| ask(progress, user, at.rows, at.total.unwrap_or(0));
        out.put(read_parquet(path, &names, options, &mut tell)?);
        Ok(())
    })
}
