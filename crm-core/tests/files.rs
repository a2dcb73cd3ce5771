//! CSV and Parquet files: what is read equals the same rows from columns, and what is broken is named with its line.
#![cfg(feature = "io")]
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use crm_core::customer::Exclusion::{InvalidAmount, InvalidTime, MissingId};
use crm_core::customer::{
    AmountColumn, BaseOptions, Day, IdColumn, IdKind, IngestOptions, Policy, PurchaseHistory, TimeColumn,
    Transactions,
};
use crm_core::interop::{
    ColumnNames, CsvOptions, base_table, read_csv, read_parquet, write_csv, write_parquet,
};
use crm_core::{Error, ErrorKind, Result};

/// A file of its own for each test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, contents: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("crm-files-{}-{name}", std::process::id()));
        std::fs::write(&path, contents).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn csv(name: &str, text: &[u8], options: IngestOptions) -> Result<PurchaseHistory> {
    let file = Scratch::new(name, text);
    read_csv(&file.0, &ColumnNames::default(), &CsvOptions::default(), options, &mut |_| Ok(()))
}

fn refused(name: &str, text: &[u8]) -> Error {
    csv(name, text, IngestOptions::default()).unwrap_err()
}

fn log() -> PurchaseHistory {
    let ids = ["王小明", "a,b", "王小明", "a,b"];
    let (days, amounts) = ([19_782, 19_783, 19_783, 19_790], [12.5, 0.1, -2.25, 30.0]);
    let rows = Transactions::new(
        IdColumn::Text(&ids),
        TimeColumn::Day(days.as_slice().into()),
        Some(AmountColumn::Float(amounts.as_slice().into())),
    );
    PurchaseHistory::from_transactions(&rows.unwrap(), &IngestOptions::default()).unwrap()
}

const LOG: &str = "\u{feff}amount,customer_id,note,time\r\n12.50,王小明,\"two\r\nlines\",2024-02-29\r\n\
    0.1,\"a,b\",,2024-03-01 23:59:59\r\n-2.25,王小明,x,2024-03-01T00:00\r\n30,\"a,b\",x,2024-03-08\r\n";

#[test]
fn csv_reads_what_the_columns_hold() {
    assert_eq!(csv("log.csv", LOG.as_bytes(), IngestOptions::default()).unwrap(), log());
}

#[test]
fn broken_lines_are_named() {
    let head = "customer_id,time,amount\nann,2024-02-29,1\n";
    for (name, line, kind, argument) in [
        ("fields", "bob,2024-02-29\n", ErrorKind::Parse, None),
        ("amount", "bob,2024-02-29,1.x\n", ErrorKind::Parse, Some("amount")),
        ("nan", "bob,2024-02-29,NaN\n", ErrorKind::InvalidValue, Some("amount")),
        ("large", "bob,2024-02-29,1e13\n", ErrorKind::OutOfRange, Some("amount")),
        ("no-amount", "bob,2024-02-29,\n", ErrorKind::MissingValue, Some("amount")),
        ("day", "bob,2023-02-29,1\n", ErrorKind::OutOfRange, Some("time")),
        ("time", "bob,yesterday,1\n", ErrorKind::Parse, Some("time")),
        ("no-time", "bob,,1\n", ErrorKind::MissingValue, Some("time")),
        ("mixed", "bob,2024-02-29T10:00Z,1\n", ErrorKind::Incompatible, Some("time")),
    ] {
        let error = refused(name, format!("{head}{line}").as_bytes());
        assert_eq!(
            (error.kind(), error.line(), error.argument_name()),
            (kind, Some(3), argument),
            "{name}: {error}"
        );
    }
    let error = refused("utf8", b"customer_id,time,amount\nann,2024-02-29,1\nb\xffb,2024-02-29,1\n");
    assert_eq!((error.kind(), error.line()), (ErrorKind::NotUtf8, Some(3)));
    let error = refused("columns", b"customer,time,amount\n");
    assert_eq!((error.kind(), error.argument_name()), (ErrorKind::MissingColumn, Some("customer_id")));
    assert!(error.to_string().contains("customer, time, amount"));
}

#[test]
fn what_a_policy_excludes_is_counted() {
    let options = IngestOptions {
        invalid_amount: Policy::Exclude,
        invalid_time: Policy::Exclude,
        ..IngestOptions::default()
    };
    let text =
        b"customer_id,time,amount\nann,2024-02-29,1\nann,2024-02-30,2\nann,2024-02-29,x\n,2024-02-29,4.5\n";
    let account = csv("policies", text, options).unwrap().account().clone();
    assert_eq!((account.read(), account.used()), (4, 1));
    let excluded = |reason| account.excluded(reason);
    assert_eq!(
        (excluded(InvalidTime).rows, excluded(InvalidTime).amount.to_string()),
        (1, "2.00".to_owned())
    );
    assert_eq!(
        (excluded(InvalidAmount).rows, excluded(MissingId).amount.to_string()),
        (1, "4.50".to_owned())
    );
}

#[test]
fn integer_ids_are_read_as_such_only_when_asked() {
    let file = Scratch::new("ids.csv", b"customer_id,time,amount\n007,2024-02-29,1\n");
    let read = |id_kind| {
        let csv = CsvOptions { id_kind, ..CsvOptions::default() };
        let names = ColumnNames::default();
        let history = read_csv(&file.0, &names, &csv, IngestOptions::default(), &mut |_| Ok(())).unwrap();
        history.customer_ids().get(0).map(|id| id.to_string()).unwrap()
    };
    assert_eq!((read(IdKind::Text), read(IdKind::Integer)), ("007".to_owned(), "7".to_owned()));
}

#[test]
fn tables_come_back_from_parquet_and_truncated_files_are_corrupt() {
    let base = log().base(BaseOptions::as_of(Day::parse("2024-03-31").unwrap())).unwrap();
    let table = base_table(&base).unwrap();
    let file = Scratch::new("base.parquet", b"");
    write_parquet(&table, &file.0).unwrap();
    let names = ColumnNames {
        time: "last_purchase".to_owned(),
        amount: Some("net_amount".to_owned()),
        ..ColumnNames::default()
    };
    let read = |path: &PathBuf| read_parquet(path, &names, IngestOptions::default(), &mut |_| Ok(()));
    let history = read(&file.0).unwrap();
    assert_eq!(history.customers(), 2);
    assert_eq!(history.account().net_amount(), base.total_net_amount());

    let whole = std::fs::read(&file.0).unwrap();
    for length in [0, 3, 100, whole.len() / 2, whole.len() - 1] {
        let part = Scratch::new("part.parquet", &whole[..length]);
        assert_eq!(read(&part.0).unwrap_err().kind(), ErrorKind::Corrupt, "{length} bytes");
    }
    assert_eq!(read(&PathBuf::from("no such file")).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn csv_that_was_written_reads_back() {
    let base = log().base(BaseOptions::as_of(Day::parse("2024-03-31").unwrap())).unwrap();
    let file = Scratch::new("base.csv", b"");
    write_csv(&base_table(&base).unwrap(), &file.0).unwrap();
    let names = ColumnNames {
        time: "last_purchase".to_owned(),
        amount: Some("net_amount".to_owned()),
        ..ColumnNames::default()
    };
    let read =
        read_csv(&file.0, &names, &CsvOptions::default(), IngestOptions::default(), &mut |_| Ok(())).unwrap();
    let ids: Vec<String> = read.customer_ids().iter().map(|id| id.to_string()).collect();
    assert_eq!(ids, ["a,b", "王小明"]);
    assert_eq!(read.account().net_amount(), base.total_net_amount());
}

#[test]
fn reading_stops_when_the_caller_says_so() {
    let file = Scratch::new("stop.csv", LOG.as_bytes());
    let stop = &mut |_| Err(Error::new(ErrorKind::Interrupted, "enough"));
    let outcome =
        read_csv(&file.0, &ColumnNames::default(), &CsvOptions::default(), IngestOptions::default(), stop);
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Interrupted);
}
