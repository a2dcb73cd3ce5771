//! Postings of points ledgers from record batches, for statements of periods.

use arrow_array::RecordBatch;

use super::arrow_in::{column, id_column, integers, time_column, wrong_type};
use crate::customer::{Column, CustomerId, IdColumn, RawId, TimeColumn, TimeResolution};
use crate::error::{Error, ErrorKind, Result};
use crate::loyalty::{EntryKind, PeriodStatement, PointsBalance, Posting};

/// The statement of a member for a period, as [`PeriodStatement::over`], from postings as tables: the columns `customer_id`, `kind`, `time`,
/// `points`, `available_change`, `pending_change` and `owed_change`, others are not looked at.
///
/// # Errors
/// `MissingColumn`; `WrongType`, also for times that are no instants; `MissingValue` and `InvalidArgument`, for a kind that is none, with the row.
pub fn period_statement(
    batches: &[&RecordBatch],
    customer: CustomerId<'_>,
    from: i64,
    until: i64,
) -> Result<PeriodStatement> {
    let (mut postings, mut before) = (Vec::new(), 0);
    for batch in batches {
        let columns = PostingColumns::new(batch)?;
        for row in 0..batch.num_rows() {
            let place = before + row;
            let posting = columns.of(customer, row).map_err(|error| error.at_row(place as u64))?;
            postings.extend(posting.map(|posting| (place, posting)));
        }
        before += batch.num_rows();
    }
    Ok(PeriodStatement::of(postings, from, until))
}

struct PostingColumns<'a> {
    customers: IdColumn<'a>,
    kinds: IdColumn<'a>,
    times: Column<'a, i64>,
    resolution: TimeResolution,
    /// Points, and the changes of the available, pending and owed ones.
    numbers: [Column<'a, i64>; 4],
}

const NUMBERS: [&str; 4] = ["points", "available_change", "pending_change", "owed_change"];

impl<'a> PostingColumns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self> {
        let ids = |name: &str| id_column(column(batch, name, name)?).map_err(|error| error.on(name));
        let array = column(batch, "time", "time")?;
        let TimeColumn::Instant(times, resolution) = time_column(array).map_err(|error| error.on("time"))?
        else {
            return Err(wrong_type(array, "instants").on("time"));
        };
        let whole = |name: &str| {
            let array = column(batch, name, name)?;
            let values = integers(array).map_err(|error| error.on(name))?;
            values.ok_or_else(|| wrong_type(array, "integers").on(name))
        };
        let [points, available, pending, owed] = NUMBERS.map(whole);
        let numbers = [points?, available?, pending?, owed?];
        Ok(Self { customers: ids("customer_id")?, kinds: ids("kind")?, times, resolution, numbers })
    }

    /// The posting of a row, if it is one of a customer.
    fn of(&self, customer: CustomerId<'_>, row: usize) -> Result<Option<Posting>> {
        let is_of = match (self.customers.get(row).map_err(|error| error.on("customer_id"))?, customer) {
            (RawId::Integer(id), CustomerId::Integer(customer)) => id == customer,
            (RawId::Text(id), CustomerId::Text(customer)) => id == customer,
            _ => false,
        };
        if !is_of {
            return Ok(None);
        }
        let missing = |name: &str| Error::new(ErrorKind::MissingValue, "the value is missing").on(name);
        let kind = match self.kinds.get(row).map_err(|error| error.on("kind"))? {
            RawId::Text(name) => EntryKind::from_name(name)?,
            RawId::Integer(code) => EntryKind::from_code(i32::try_from(code).unwrap_or(-1))?,
            RawId::Missing => return Err(missing("kind")),
        };
        let time = self.times.get(row).and_then(|time| self.resolution.to_micros(time));
        let number = |place: usize| self.numbers[place].get(row).ok_or_else(|| missing(NUMBERS[place]));
        let change = PointsBalance { available: number(1)?, pending: number(2)?, owed: number(3)? };
        let time = time.ok_or_else(|| missing("time"))?;
        Ok(Some(Posting { time, kind, points: number(0)?, change }))
    }
}
