//! The native half of the Python module `crm`: pointers to arrays, exceptions and threads.
//!
//! Every class here is wrapped by a typed one in `python/crm`, which is the interface; names and arguments follow it.
// Arguments come from Python as values, not as references.
#![allow(clippy::needless_pass_by_value)]

mod capsule;
mod column;
mod error;
mod ingest;
mod table;

mod customer;
mod rfm;

/// The native half of `crm`.
#[pyo3::pymodule]
mod _crm {
    #[pymodule_export]
    use crate::column::Column;
    #[pymodule_export]
    use crate::customer::{CalibrationHoldout, CustomerBase, PurchaseHistory};
    #[pymodule_export]
    use crate::error::error_kinds;
    #[pymodule_export]
    use crate::ingest::{ColumnNames, IngestOptions};
    #[pymodule_export]
    use crate::rfm::{
        RfmModel, RfmScores, SegmentMap, Segments, audit, customer_table, migration, segment_summary,
    };
    #[pymodule_export]
    use crate::table::Table;
}
