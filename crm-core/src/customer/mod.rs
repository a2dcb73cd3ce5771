//! Customers: from rows of transactions to a base of customers as of a date.
//!
//! [`Transactions`] are borrowed columns. A [`HistoryBuilder`] turns batches of them into a [`PurchaseHistory`], one
//! compact index that merges and serialises. From it a [`CustomerBase`] is read as of any date, or a
//! [`CalibrationHoldout`] split.
//!
//! Nothing is dropped silently: a [`RowAccount`] says what became of every row, and [`IngestOptions`] holds a policy for
//! each kind of row that could be left out. Money is exact, in integer micro-units; time is given, never read from the
//! clock.

mod activity;
mod base;
mod builder;
mod cohort;
mod history;
mod id;
mod id_list;
mod intern;
mod ledger;
mod line;
mod money;
mod options;
mod ordered;
mod period;
mod rhythm;
mod scan;
mod sort;
mod split;
mod transaction;
mod zone;

pub use activity::{ActivityRow, Opportunities, PeriodActivity};
pub use base::{BaseAccount, BaseOptions, CustomerBase};
pub use builder::HistoryBuilder;
pub use cohort::{Cohort, CohortAge, CohortBy, CohortTable};
pub use history::PurchaseHistory;
pub(crate) use id::Ids;
pub use id::{CustomerId, CustomerIds, IdKind};
pub use id_list::IdList;
pub use money::{MICROS_PER_UNIT, Money};
pub(crate) use money::{ROW_BOUND, micros_from_f64, micros_from_scaled, parse_micros};
pub use options::{Exclusion, IngestOptions, Policy, RowAccount, RowTotal};
pub use period::{Day, Period, TimeUnit};
pub use rhythm::Rhythm;
pub use split::CalibrationHoldout;
pub(crate) use transaction::RawId;
#[cfg(feature = "arrow")]
pub(crate) use transaction::not_utf8;
pub use transaction::{
    AmountColumn, Column, IdColumn, TextOffsets, TimeColumn, TimeResolution, Transactions, Validity,
};
pub use zone::BusinessZone;
pub(crate) use zone::{DayFinder, MICROS_PER_DAY};
