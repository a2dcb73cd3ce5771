//! Where the engine meets other formats and crates: Arrow record batches (feature `arrow`), CSV and Parquet files (feature `io`), linfa (feature
//! `linfa`).
//!
//! The types of the crates used stand only here, and the versions used are re-exported: an Arrow version never becomes
//! part of the engine's other signatures.

#[cfg(feature = "arrow")]
mod arrow_columns;
#[cfg(feature = "arrow")]
mod arrow_in;
#[cfg(feature = "arrow")]
mod arrow_out;
#[cfg(feature = "io")]
mod csv_in;
#[cfg(feature = "io")]
mod files_out;
#[cfg(feature = "arrow")]
mod group_in;
#[cfg(feature = "io")]
mod instant;
#[cfg(feature = "linfa")]
pub mod linfa;
#[cfg(feature = "io")]
mod parquet_in;
#[cfg(feature = "arrow")]
mod points_in;
#[cfg(feature = "arrow")]
mod postings_in;

#[cfg(feature = "arrow")]
pub use arrow_array;
#[cfg(feature = "arrow")]
pub use arrow_schema;

#[cfg(feature = "arrow")]
pub use arrow_columns::{days, id_list, levels};
#[cfg(feature = "arrow")]
pub use arrow_in::{ColumnNames, transactions};
#[cfg(feature = "arrow")]
pub use arrow_out::{
    account_table, base_table, customer_table, migration_table, segment_table, summary_table, value_table,
};
#[cfg(feature = "io")]
pub use csv_in::{CsvOptions, read_csv};
#[cfg(feature = "io")]
pub use files_out::{write_csv, write_parquet};
#[cfg(feature = "arrow")]
pub use group_in::{ArmColumns, Groups, arms_of_batch};
#[cfg(feature = "io")]
pub use parquet_in::read_parquet;
#[cfg(feature = "arrow")]
pub use points_in::{event_columns, id_array};
#[cfg(feature = "arrow")]
pub use postings_in::period_statement;

/// How far reading has come.
#[cfg(feature = "arrow")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows read so far.
    pub rows: u64,
    /// Rows in all, where the source says.
    pub total: Option<u64>,
}

/// Called between batches with the progress; an error it returns ends the reading and is passed on.
#[cfg(feature = "arrow")]
pub type OnProgress<'a> = dyn FnMut(Progress) -> crate::error::Result<()> + 'a;
