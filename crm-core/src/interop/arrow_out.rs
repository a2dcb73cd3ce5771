//! Results as Arrow record batches.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int8Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::clv::LifetimeValues;
use crate::customer::{CustomerBase, CustomerIds, Exclusion, Money, RowAccount, RowTotal};
use crate::error::{Error, ErrorKind, Result};
use crate::rfm::{Migration, RfmScores, SegmentSummary, Segments};
use crate::segment::SegmentAssignment;

/// Columns as they are collected for a table.
struct Table {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl Table {
    fn new() -> Self {
        Self { fields: Vec::new(), columns: Vec::new() }
    }

    fn add(&mut self, name: &str, column: impl arrow_array::Array + 'static) {
        self.fields.push(Field::new(name, column.data_type().clone(), column.is_nullable()));
        self.columns.push(Arc::new(column));
    }

    fn integers(&mut self, name: &str, values: impl Iterator<Item = i64>) {
        self.add(name, Int64Array::from_iter_values(values));
    }

    fn floats(&mut self, name: &str, values: impl Iterator<Item = f64>) {
        self.add(name, Float64Array::from_iter_values(values));
    }

    fn optional_floats(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        self.fields.push(Field::new(name, DataType::Float64, true));
        self.columns.push(Arc::new(values.collect::<Float64Array>()));
    }

    fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        self.add(name, StringArray::from_iter_values(values));
    }

    fn finish(self) -> Result<RecordBatch> {
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.columns)
            .map_err(|error| arrow_error(&error))
    }
}

pub(super) fn arrow_error(error: &ArrowError) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
}

fn ids(table: &mut Table, ids: CustomerIds<'_>) {
    if let Some(values) = ids.as_integers() {
        return table.add("customer_id", Int64Array::from(values.to_vec()));
    }
    let (offsets, text) = ids.text_parts();
    let bytes = text.as_bytes().to_vec();
    // Offsets of a text column ascend from 0 to the length of the text, at boundaries of characters.
    if i32::try_from(text.len()).is_ok() {
        let offsets: Vec<i32> = offsets.iter().map(|&offset| offset as i32).collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        table.add("customer_id", StringArray::new(offsets, bytes.into(), None));
    } else {
        let offsets: Vec<i64> = offsets.iter().map(|&offset| offset as i64).collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        table.add("customer_id", LargeStringArray::new(offsets, bytes.into(), None));
    }
}

/// The customer base, a row a customer: `customer_id`, `first_purchase`, `last_purchase`, `orders`, `purchase_days`,
/// `purchase_amount`, `return_amount`, `net_amount`, `time_since_last_purchase`, `repeat_purchases`, `last_purchase_age`, `age`,
/// `mean_repeat_amount`; the amounts are absent if the log has none.
///
/// # Errors
/// `Io` if memory runs out.
pub fn base_table(base: &CustomerBase) -> Result<RecordBatch> {
    let mut table = Table::new();
    add_base(&mut table, base);
    table.finish()
}

/// The customer base with scores and segments: as [`base_table`], then `recency_score`, `frequency_score`, `monetary_score`,
/// `rfm_score` (the composite) and `segment`.
///
/// # Errors
/// `LengthMismatch` if scores or segments are those of another number of customers.
pub fn customer_table(base: &CustomerBase, scores: &RfmScores, segments: &Segments) -> Result<RecordBatch> {
    for (name, length) in [("scores", scores.len()), ("segments", segments.len())] {
        if length != base.len() {
            let message = format!("has {length} customers, but the base has {}", base.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
        }
    }
    let mut table = Table::new();
    add_base(&mut table, base);
    for (name, column) in [
        ("recency_score", scores.recency()),
        ("frequency_score", scores.frequency()),
        ("monetary_score", scores.monetary()),
    ] {
        table.add(name, Int8Array::from_iter_values(column.iter().map(|&score| score as i8)));
    }
    table.floats("rfm_score", (0..scores.len()).map(|customer| scores.composite(customer)));
    table.texts("segment", (0..segments.len()).map(|customer| segments.name(customer)));
    table.finish()
}

fn add_base(table: &mut Table, base: &CustomerBase) {
    let all = || 0..base.len();
    ids(table, base.customer_ids());
    table.add("first_purchase", Date32Array::from(base.first_purchase().to_vec()));
    table.add("last_purchase", Date32Array::from(base.last_purchase().to_vec()));
    table.integers("orders", base.orders().iter().map(|&orders| i64::from(orders)));
    table.integers("purchase_days", base.purchase_days().iter().map(|&days| i64::from(days)));
    if base.has_amounts() {
        table.floats("purchase_amount", all().map(|customer| base.purchase_amount(customer).to_f64()));
        table.floats("return_amount", all().map(|customer| base.return_amount(customer).to_f64()));
        table.floats("net_amount", all().map(|customer| base.net_amount(customer).to_f64()));
    }
    table.floats("time_since_last_purchase", all().map(|customer| base.time_since_last_purchase(customer)));
    table.integers("repeat_purchases", all().map(|customer| i64::from(base.repeat_purchases(customer))));
    table.floats("last_purchase_age", all().map(|customer| base.last_purchase_age(customer)));
    table.floats("age", all().map(|customer| base.age(customer)));
    if base.has_amounts() {
        table.floats("mean_repeat_amount", all().map(|customer| base.mean_repeat_amount(customer)));
    }
}

/// What each customer is worth: `customer_id`, `p_alive`, `discounted_purchases`, `expected_spend` and `value`.
///
/// # Errors
/// `LengthMismatch` if the values are those of other customers.
pub fn value_table(base: &CustomerBase, values: &LifetimeValues) -> Result<RecordBatch> {
    if values.value.len() != base.len() {
        let message = format!("has {} rows where the base has {}", values.value.len(), base.len());
        return Err(Error::new(ErrorKind::LengthMismatch, message).on("values"));
    }
    let mut table = Table::new();
    ids(&mut table, base.customer_ids());
    for (name, column) in [
        ("p_alive", &values.p_alive),
        ("discounted_purchases", &values.discounted_purchases),
        ("expected_spend", &values.expected_spend),
        ("value", &values.value),
    ] {
        table.floats(name, column.iter().copied());
    }
    table.finish()
}

/// Which segment each customer belongs to: `customer_id`, `label`, `segment` (its name), `distance`, `next_label`, `next_segment`,
/// `next_distance` and `border`.
///
/// # Errors
/// `LengthMismatch` if the segments are those of other customers; `OutOfRange` for a segment beyond the names.
pub fn segment_table(
    base: &CustomerBase,
    names: &[String],
    segments: &SegmentAssignment,
) -> Result<RecordBatch> {
    if segments.labels.len() != base.len() {
        let message = format!("has {} rows where the base has {}", segments.labels.len(), base.len());
        return Err(Error::new(ErrorKind::LengthMismatch, message).on("segments"));
    }
    for labels in [&segments.labels, &segments.next_labels] {
        if let Some(row) = labels.iter().position(|&label| label as usize >= names.len()) {
            let message = format!("{} is not below {}, the number of names", labels[row], names.len());
            return Err(Error::new(ErrorKind::OutOfRange, message).on("segments").at_row(row as u64));
        }
    }
    let mut table = Table::new();
    ids(&mut table, base.customer_ids());
    let name = |label: &u32| names[*label as usize].as_str();
    table.integers("label", segments.labels.iter().map(|&label| i64::from(label)));
    table.texts("segment", segments.labels.iter().map(name));
    table.floats("distance", segments.distances.iter().copied());
    table.integers("next_label", segments.next_labels.iter().map(|&label| i64::from(label)));
    table.texts("next_segment", segments.next_labels.iter().map(name));
    table.floats("next_distance", segments.next_distances.iter().copied());
    table.floats("border", segments.border.iter().copied());
    table.finish()
}

/// What became of every row: `what` (`read`, `purchases`, `returns`, then every reason for leaving rows out), `rows` and
/// `amount`.
///
/// # Errors
/// `Io` if memory runs out.
pub fn account_table(account: &RowAccount) -> Result<RecordBatch> {
    let excluded: Vec<(&str, RowTotal)> =
        Exclusion::ALL.iter().map(|&reason| (reason.name(), account.excluded(reason))).collect();
    let left_out: Money = excluded.iter().map(|(_, total)| total.amount).sum();
    let read = RowTotal { rows: account.read(), amount: account.net_amount() + left_out };
    let rows: Vec<(&str, RowTotal)> =
        [("read", read), ("purchases", account.purchases), ("returns", account.returns)]
            .into_iter()
            .chain(excluded)
            .collect();
    let mut table = Table::new();
    table.texts("what", rows.iter().map(|(what, _)| *what));
    table.integers("rows", rows.iter().map(|(_, total)| total.rows as i64));
    table.floats("amount", rows.iter().map(|(_, total)| total.amount.to_f64()));
    table.finish()
}

/// One row a segment: `segment`, `customers`, `customer_share`, `net_amount`, `amount_share`,
/// `mean_days_since_last_purchase`, `mean_orders`, `mean_net_amount`; means of empty segments are null.
///
/// # Errors
/// `Io` if memory runs out.
pub fn summary_table(summary: &SegmentSummary) -> Result<RecordBatch> {
    let rows = || summary.rows().iter();
    let mut table = Table::new();
    table.texts("segment", rows().map(|row| row.segment.as_str()));
    table.integers("customers", rows().map(|row| row.customers as i64));
    table.floats("customer_share", rows().map(|row| row.customer_share));
    table.floats("net_amount", rows().map(|row| row.net_amount.to_f64()));
    table.floats("amount_share", rows().map(|row| row.amount_share));
    table.optional_floats(
        "mean_days_since_last_purchase",
        rows().map(|row| row.mean_days_since_last_purchase),
    );
    table.optional_floats("mean_orders", rows().map(|row| row.mean_orders));
    table.optional_floats("mean_net_amount", rows().map(|row| row.mean_net_amount));
    table.finish()
}

/// Moves between segments in long form: `from`, `to`, `customers`. Null stands for not being in the base of that date.
///
/// # Errors
/// `Io` if memory runs out.
pub fn migration_table(migration: &Migration) -> Result<RecordBatch> {
    let (rows, columns) = (migration.from_names().len() + 1, migration.to_names().len() + 1);
    let cells = || (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)));
    let mut table = Table::new();
    let mut names = |name: &str, values: Vec<Option<&str>>| {
        table.fields.push(Field::new(name, DataType::Utf8, true));
        table.columns.push(Arc::new(StringArray::from(values)));
    };
    names("from", cells().map(|(row, _)| migration.from_names().get(row).map(String::as_str)).collect());
    names("to", cells().map(|(_, column)| migration.to_names().get(column).map(String::as_str)).collect());
    table.integers("customers", cells().map(|(row, column)| migration.count(row, column) as i64));
    table.finish()
}
