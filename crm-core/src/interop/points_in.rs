//! Events of points programmes from record batches, and their ids as arrays.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, LargeStringArray, RecordBatch, StringArray};

use super::arrow_in::{amount_column, column, id_column, integers, time_column, wrong_type};
use crate::customer::{CustomerId, IdKind, IdList};
use crate::error::Result;
use crate::loyalty::EventColumns;

/// The columns of a record batch as events of a points programme, borrowed where their layout allows.
///
/// The columns are `customer_id`, `event_id`, `time` and `kind`, and as far as there are such `points`, `amount`, `reference`, `category`,
/// `tier` and `other_id`. `amount_scale` are the decimal digits of integer amounts.
///
/// # Errors
/// `MissingColumn` for one of the first four, and for a name that stands twice; `WrongType` for a type that is not accepted; `OutOfRange`,
/// `NotUtf8`, as for transactions.
pub fn event_columns(batch: &RecordBatch, amount_scale: i8) -> Result<EventColumns<'_>> {
    let find = |name: &'static str| column(batch, name, name);
    let has = |name: &str| batch.schema_ref().fields().iter().any(|field| field.name() == name);
    let optional = |name: &'static str| has(name).then(|| find(name)).transpose();
    let ids = |name: &'static str| id_column(find(name)?).map_err(|error| error.on(name));
    let times = time_column(find("time")?).map_err(|error| error.on("time"))?;
    let mut events = EventColumns::new(ids("customer_id")?, ids("event_id")?, times, ids("kind")?)?;
    if let Some(array) = optional("points")? {
        let points = integers(array).map_err(|error| error.on("points"))?;
        events = events.with_points(points.ok_or_else(|| wrong_type(array, "integers").on("points"))?)?;
    }
    if let Some(array) = optional("amount")? {
        events =
            events.with_amounts(amount_column(array, amount_scale).map_err(|error| error.on("amount"))?)?;
    }
    if has("reference") {
        events = events.with_references(ids("reference")?)?;
    }
    if has("category") {
        events = events.with_categories(ids("category")?)?;
    }
    if has("tier") {
        events = events.with_tiers(ids("tier")?)?;
    }
    if has("other_id") {
        events = events.with_others(ids("other_id")?)?;
    }
    Ok(events)
}

/// Ids as an array of integers or of text.
pub fn id_array(ids: &IdList) -> ArrayRef {
    if ids.kind() == IdKind::Integer {
        let integer = |id: CustomerId<'_>| match id {
            CustomerId::Integer(id) => id,
            CustomerId::Text(_) => 0,
        };
        return Arc::new(Int64Array::from_iter_values(ids.iter().map(integer)));
    }
    let text = |id| match id {
        CustomerId::Text(id) => id,
        CustomerId::Integer(_) => "",
    };
    let bytes: usize = ids.iter().map(|id| text(id).len()).sum();
    let array: ArrayRef = if i32::try_from(bytes).is_ok() {
        Arc::new(StringArray::from_iter_values(ids.iter().map(text)))
    } else {
        Arc::new(LargeStringArray::from_iter_values(ids.iter().map(text)))
    };
    debug_assert_eq!(array.len(), ids.len());
    array
}
