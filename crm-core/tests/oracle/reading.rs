//! Reading public data: a file of the folder that `CRM_TEST_DATA` names, or of the repository.

use std::io::Read;
use std::path::Path;

use crm_core::customer::{CustomerBase, CustomerId, Day, IngestOptions, PurchaseHistory};

use crate::log::{Id, Orders, Row, Shape, history, row};

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// A file of public test data, or `None` after a word on why.
pub(crate) fn data(name: &str) -> Option<Box<dyn Read>> {
    let Some(folder) = std::env::var_os("CRM_TEST_DATA").filter(|folder| !folder.is_empty()) else {
        println!("skipped: CRM_TEST_DATA does not name the folder with {name}");
        return None;
    };
    match std::fs::File::open(Path::new(&folder).join(name)) {
        Ok(file) => Some(Box::new(flate2::read::GzDecoder::new(file))),
        Err(error) => {
            println!("skipped: CRM_TEST_DATA has no {name}: {error}");
            None
        }
    }
}

/// A log from CSV text; ids are integers if all of them are.
pub(crate) fn read(source: impl Read, id: &str, date: &str, amount: Option<&str>) -> (Vec<Row>, Shape) {
    let mut reader = csv::Reader::from_reader(source);
    let headers = reader.headers().unwrap().clone();
    let place = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (id, date, amount) = (place(id), place(date), amount.map(place));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let text_ids = records.iter().any(|record| record[id].parse::<i64>().is_err());
    let rows = records.iter().map(|record| {
        let name = &record[id];
        let id = if text_ids { Id::Text(name.to_owned()) } else { Id::Integer(name.parse().unwrap()) };
        let micros = amount.map_or(0, |amount| micros(&record[amount]));
        row(id, day(&record[date]).number(), micros)
    });
    (rows.collect(), Shape { has_amounts: amount.is_some(), ..Shape::new(text_ids, Orders::Absent) })
}

/// Micro-units of a small amount, some of which are printed as 118.22999999999999.
pub(crate) fn micros(text: &str) -> i128 {
    (text.parse::<f64>().unwrap() * 1e6).round() as i128
}

pub(crate) fn build((rows, shape): &(Vec<Row>, Shape), options: &IngestOptions) -> PurchaseHistory {
    history(&[rows], *shape, options).unwrap()
}

pub(crate) fn place(base: &CustomerBase, id: CustomerId<'_>) -> usize {
    base.customer_ids().iter().position(|other| other == id).unwrap()
}
