//! A transaction log as a test holds it: plain rows, turned into columns of several kinds.
#![allow(dead_code, unreachable_pub)]

use crm_core::Result;
use crm_core::customer::{
    AmountColumn, BusinessZone, Column, CustomerId, HistoryBuilder, IdColumn, IngestOptions, PurchaseHistory,
    TextOffsets, TimeColumn, TimeResolution, Transactions, Validity,
};

/// An id as a test writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    Integer(i64),
    Text(String),
}

impl Id {
    /// The id that a result shows.
    pub fn of(id: CustomerId<'_>) -> Self {
        match id {
            CustomerId::Integer(id) => Self::Integer(id),
            CustomerId::Text(id) => Self::Text(id.to_owned()),
        }
    }
}

/// One row; amounts in micro-units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: Option<Id>,
    pub day: Option<i32>,
    pub micros: Option<i128>,
    pub order: Option<Id>,
}

/// A row with everything but an order.
pub fn row(id: Id, day: i32, micros: i128) -> Row {
    Row { id: Some(id), day: Some(day), micros: Some(micros), order: None }
}

/// Whether there is a column of order ids, and of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orders {
    Absent,
    Integers,
    Texts,
}

/// How days are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    Day,
    /// Wall-clock seconds, at midnight.
    Local,
    /// Seconds UTC, at midnight; the business is in UTC.
    Instant,
}

/// Kinds of the columns that rows become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub text_ids: bool,
    /// Text in one run of bytes, in which a missing id is an empty one, rather than slices.
    pub packed: bool,
    pub orders: Orders,
    pub times: Times,
    pub has_amounts: bool,
}

impl Shape {
    pub fn new(text_ids: bool, orders: Orders) -> Self {
        Self { text_ids, packed: false, orders, times: Times::Day, has_amounts: true }
    }
}

/// A column of integers or of text with nulls, owned.
pub struct Owned {
    integers: Vec<i64>,
    texts: Vec<Option<String>>,
    offsets: Vec<i64>,
    bytes: Vec<u8>,
    is_text: bool,
    packed: bool,
    present: Vec<bool>,
}

impl Owned {
    fn new(ids: impl Iterator<Item = Option<Id>>, is_text: bool, packed: bool) -> Self {
        let (integers, texts, bytes, present) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut owned = Self { integers, texts, offsets: vec![0], bytes, is_text, packed, present };
        for id in ids {
            owned.present.push(id.is_some());
            match id {
                Some(Id::Integer(value)) => owned.integers.push(value),
                // The value of a null row means nothing.
                None if !is_text => owned.integers.push(i64::MIN),
                Some(Id::Text(text)) => {
                    owned.bytes.extend(text.bytes());
                    owned.texts.push(Some(text));
                }
                None => owned.texts.push(None),
            }
            owned.offsets.push(owned.bytes.len() as i64);
        }
        owned
    }

    /// The column, borrowed.
    pub fn column(&self) -> IdColumn<'_> {
        match (self.is_text, self.packed) {
            (true, true) => {
                let offsets = TextOffsets::Large(&self.offsets);
                IdColumn::Packed { offsets, bytes: &self.bytes, validity: Validity::All }
            }
            (true, false) => IdColumn::OptionalText(self.texts.iter().map(Option::as_deref).collect()),
            (false, _) => IdColumn::Integer(column(self.integers.clone(), &self.present)),
        }
    }
}

/// A column with flags where it needs them.
fn column<T: Clone>(values: Vec<T>, present: &[bool]) -> Column<'_, T> {
    let all = present.iter().all(|&present| present);
    Column { values: values.into(), validity: if all { Validity::All } else { Validity::Flags(present) } }
}

/// The columns of customer ids and of order ids.
pub fn id_columns(rows: &[Row], shape: Shape) -> (Owned, Owned) {
    let ids = Owned::new(rows.iter().map(|row| row.id.clone()), shape.text_ids, shape.packed);
    (ids, Owned::new(rows.iter().map(|row| row.order.clone()), shape.orders == Orders::Texts, shape.packed))
}

/// Pushes rows as one batch.
pub fn push(builder: &mut HistoryBuilder, rows: &[Row], shape: Shape) -> Result<()> {
    let (ids, orders) = id_columns(rows, shape);
    let has_day: Vec<bool> = rows.iter().map(|row| row.day.is_some()).collect();
    let days = || rows.iter().map(|row| row.day.unwrap_or(i32::MAX));
    let seconds = || column(days().map(|day| i64::from(day) * 86_400).collect(), &has_day);
    let times = match shape.times {
        Times::Day => TimeColumn::Day(column(days().collect(), &has_day)),
        Times::Local => TimeColumn::Local(seconds(), TimeResolution::Second),
        Times::Instant => TimeColumn::Instant(seconds(), TimeResolution::Second),
    };
    let has_amount: Vec<bool> = rows.iter().map(|row| row.micros.is_some()).collect();
    // 64 bits wherever they hold the amounts.
    let amounts = || rows.iter().map(|row| row.micros.unwrap_or(0));
    let amounts = match amounts().map(i64::try_from).collect() {
        Ok(narrow) => AmountColumn::Scaled(column(narrow, &has_amount), 6),
        Err(_) => AmountColumn::Decimal(column(amounts().collect(), &has_amount), 6),
    };
    let mut batch = Transactions::new(ids.column(), times, shape.has_amounts.then_some(amounts))?;
    if shape.orders != Orders::Absent {
        batch = batch.with_order_ids(orders.column())?;
    }
    builder.push(&batch)
}

/// The history of batches of rows.
pub fn history(batches: &[&[Row]], shape: Shape, options: &IngestOptions) -> Result<PurchaseHistory> {
    let time_zone = (shape.times == Times::Instant).then_some(BusinessZone::UTC);
    let mut builder = HistoryBuilder::new(IngestOptions { time_zone, ..options.clone() })?;
    for batch in batches {
        push(&mut builder, batch, shape)?;
    }
    builder.finish()
}
