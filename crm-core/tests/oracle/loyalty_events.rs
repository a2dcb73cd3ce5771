//! Columns of events of a points programme, as the shared cases write them.

use crm_core::customer::{AmountColumn, Column, IdColumn, TimeColumn, Validity};
use crm_core::loyalty::EventColumns;
use serde_json::Value;

pub(crate) fn column<'a>(events: &'a Value, name: &str) -> &'a Vec<Value> {
    events[name].as_array().unwrap()
}

pub(crate) fn texts<'a>(events: &'a Value, name: &str) -> IdColumn<'a> {
    IdColumn::OptionalText(column(events, name).iter().map(Value::as_str).collect())
}

pub(crate) fn days(events: &Value, name: &str) -> Vec<i32> {
    column(events, name).iter().map(|day| i32::try_from(day.as_i64().unwrap()).unwrap()).collect()
}

/// Hands on the events of a case; amounts are in hundredths.
pub(crate) fn with_events<T>(events: &Value, run: impl FnOnce(&EventColumns<'_>) -> T) -> T {
    let flags = |name: &str| column(events, name).iter().map(Value::is_i64).collect::<Vec<bool>>();
    let values = |name: &str| {
        column(events, name).iter().map(|value| value.as_i64().unwrap_or(0)).collect::<Vec<i64>>()
    };
    let (with_points, with_amount, with_reference) = (flags("points"), flags("amount"), flags("reference"));
    let given = |name, flags| Column { values: values(name).into(), validity: Validity::Flags(flags) };
    let days = days(events, "day");
    let batch = EventColumns::new(
        texts(events, "customer_id"),
        IdColumn::Integer(Column { values: values("event_id").into(), validity: Validity::All }),
        TimeColumn::Day((&days).into()),
        texts(events, "kind"),
    );
    let batch = batch.and_then(|batch| batch.with_points(given("points", &with_points)));
    let batch =
        batch.and_then(|batch| batch.with_amounts(AmountColumn::Scaled(given("amount", &with_amount), 2)));
    let batch =
        batch.and_then(|batch| batch.with_references(IdColumn::Integer(given("reference", &with_reference))));
    let batch = batch.and_then(|batch| batch.with_categories(texts(events, "category")));
    let batch = batch.and_then(|batch| batch.with_tiers(texts(events, "tier")));
    run(&batch.and_then(|batch| batch.with_others(texts(events, "other_id"))).unwrap())
}
