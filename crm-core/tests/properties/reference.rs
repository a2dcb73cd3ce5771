//! The naive model: rows in vectors, sums in 128 bits, every statistic by its definition.

use std::collections::{BTreeMap, BTreeSet};

use crm_core::customer::{Day, Exclusion, IngestOptions, Money, Policy, RowAccount};

use crate::log::{Id, Row, Shape};

/// A row that is used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Used {
    pub(crate) day: i32,
    pub(crate) micros: i128,
    pub(crate) order: Option<Id>,
}

/// The used rows of each customer, and how many rows of which amount were left out for which reason.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    pub(crate) customers: BTreeMap<Id, Vec<Used>>,
    pub(crate) excluded: BTreeMap<&'static str, (u64, i128)>,
    pub(crate) read: u64,
    pub(crate) has_duplicates: bool,
}

impl Reference {
    pub(crate) fn new(rows: &[Row], shape: Shape, options: &IngestOptions) -> Self {
        let mut reference = Self { read: rows.len() as u64, ..Self::default() };
        for row in rows {
            let amount = if shape.has_amounts { row.micros } else { Some(0) };
            let valid = |micros: i128| (-i128::from(i64::MAX)..=i128::from(i64::MAX)).contains(&micros);
            let day = row.day.filter(|&day| Day::from_number(day).is_ok());
            let reason = match (&row.id, row.day, amount) {
                (None, ..) => Some(Exclusion::MissingId),
                (_, None, _) => Some(Exclusion::MissingTime),
                _ if day.is_none() => Some(Exclusion::InvalidTime),
                (_, _, None) => Some(Exclusion::MissingAmount),
                (_, _, Some(micros)) if !valid(micros) => Some(Exclusion::InvalidAmount),
                (_, _, Some(0)) if shape.has_amounts && options.zero_amounts == Policy::Exclude => {
                    Some(Exclusion::ZeroAmount)
                }
                (_, _, Some(micros)) if micros < 0 && options.returns == Policy::Exclude => {
                    Some(Exclusion::Return)
                }
                _ => None,
            };
            if let Some(reason) = reason {
                reference.exclude(reason, amount.filter(|&micros| valid(micros)).unwrap_or(0));
                continue;
            }
            let used = Used { day: day.unwrap(), micros: amount.unwrap(), order: row.order.clone() };
            let rows = reference.customers.entry(row.id.clone().unwrap()).or_default();
            if rows.contains(&used) {
                reference.has_duplicates = true;
                if options.duplicates == Policy::Exclude {
                    reference.exclude(Exclusion::Duplicate, used.micros);
                    continue;
                }
            }
            rows.push(used);
        }
        reference
    }

    fn exclude(&mut self, reason: Exclusion, micros: i128) {
        let total = self.excluded.entry(reason.name()).or_default();
        *total = (total.0 + 1, total.1 + micros);
    }

    pub(crate) fn used(&self) -> impl Iterator<Item = &Used> {
        self.customers.values().flatten()
    }

    /// The rows of each customer whose day lies within a range.
    pub(crate) fn within(&self, range: std::ops::RangeInclusive<i64>) -> BTreeMap<&Id, Customer> {
        let inside = |rows: &Vec<Used>| Customer {
            rows: rows.iter().filter(|row| range.contains(&i64::from(row.day))).cloned().collect(),
        };
        self.customers.iter().map(|(id, rows)| (id, inside(rows))).collect()
    }

    pub(crate) fn check_account(&self, account: &RowAccount) {
        let total = |purchases: bool| {
            let rows = || self.used().filter(move |row| (row.micros >= 0) == purchases);
            (rows().count() as u64, Money::from_micros(rows().map(|row| row.micros).sum()))
        };
        assert_eq!((account.purchases.rows, account.purchases.amount), total(true));
        assert_eq!((account.returns.rows, account.returns.amount), total(false));
        for reason in Exclusion::ALL {
            let (rows, micros) = self.excluded.get(reason.name()).copied().unwrap_or_default();
            let seen = account.excluded(reason);
            assert_eq!((seen.rows, seen.amount), (rows, Money::from_micros(micros)), "{}", reason.name());
        }
        assert_eq!(account.read(), self.read);
        assert_eq!(account.used(), self.used().count() as u64);
        assert_eq!(account.net_amount(), total(true).1 + total(false).1);
    }
}

/// The rows of one customer in some time.
#[derive(Debug)]
pub(crate) struct Customer {
    rows: Vec<Used>,
}

impl Customer {
    fn purchases(&self) -> impl Iterator<Item = &Used> {
        self.rows.iter().filter(|row| row.micros >= 0)
    }

    fn returns(&self) -> impl Iterator<Item = &Used> {
        self.rows.iter().filter(|row| row.micros < 0)
    }

    pub(crate) fn days(&self) -> BTreeSet<i32> {
        self.purchases().map(|row| row.day).collect()
    }

    pub(crate) fn orders(&self) -> usize {
        let named: BTreeSet<&Id> = self.purchases().filter_map(|row| row.order.as_ref()).collect();
        named.len() + self.purchases().filter(|row| row.order.is_none()).count()
    }

    pub(crate) fn purchase_micros(&self) -> i128 {
        self.purchases().map(|row| row.micros).sum()
    }

    pub(crate) fn first_day_micros(&self) -> i128 {
        let first = self.days().first().copied();
        self.purchases().filter(|row| Some(row.day) == first).map(|row| row.micros).sum()
    }

    pub(crate) fn return_rows(&self) -> usize {
        self.returns().count()
    }

    pub(crate) fn return_micros(&self) -> i128 {
        self.returns().map(|row| row.micros).sum()
    }

    pub(crate) fn net_micros(&self) -> i128 {
        self.purchase_micros() + self.return_micros()
    }
}
