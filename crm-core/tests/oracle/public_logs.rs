//! Facts of public transaction logs, and the statistics that the literature prints.

use std::path::Path;

use crm_core::customer::{BaseOptions, CustomerId, Exclusion, IngestOptions, Policy, TimeUnit};

use crate::log::{Row, Shape};
use crate::reading::{build, data, day, place, read};

pub(crate) fn cdnow_sample() -> (Vec<Row>, Shape) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/cdnow/transactions.csv");
    read(std::fs::File::open(path).unwrap(), "customer_id", "date", Some("dollar_value"))
}

#[test]
fn cdnow_sample_is_that_of_the_literature() {
    let log = cdnow_sample();
    let history = build(&log, &IngestOptions::default());
    assert_eq!((history.account().read(), history.account().used()), (6919, 6919));
    assert_eq!((history.customers(), history.orders(), history.purchase_days()), (2357, 6919, 6919 - 223));
    assert_eq!((history.first_day(), history.last_day()), (Some(day("1997-01-01")), Some(day("1998-06-30"))));
    let without = build(&log, &IngestOptions { zero_amounts: Policy::Exclude, ..IngestOptions::default() });
    assert_eq!(without.account().excluded(Exclusion::ZeroAmount).rows, 8);
    // Fader, Hardie and Lee (2005): 2,457 repeat transactions in weeks 1 to 39, 1,882 in weeks 40 to 78.
    let weeks_39 = BaseOptions::as_of(day("1997-09-30")).in_unit(TimeUnit::Week);
    let split = history.split(weeks_39, day("1998-06-30")).unwrap();
    let base = split.calibration();
    assert_eq!(base.len(), 2357);
    assert_eq!((0..base.len()).map(|customer| base.repeat_purchases(customer)).sum::<u32>(), 2457);
    assert_eq!(split.purchase_days().iter().sum::<u32>(), 1882);
    assert_eq!(split.holdout_length(), 39.0);
    // Gamma-Gamma: 946 customers with a repeat purchase.
    assert_eq!((0..base.len()).filter(|&customer| base.repeat_purchases(customer) > 0).count(), 946);
    assert!(base.first_purchase().iter().all(|&first| first <= day("1997-03-25").number()));
}

#[test]
fn cdnow_sample_customers_are_those_of_the_published_summary() {
    let Some(summary) = data("cdnow_sample_summary.csv.gz") else {
        return;
    };
    let history = build(&cdnow_sample(), &IngestOptions::default());
    let base = history.base(BaseOptions::as_of(day("1997-09-30")).in_unit(TimeUnit::Week)).unwrap();
    let mut reader = csv::Reader::from_reader(summary);
    assert_eq!(
        reader.headers().unwrap(),
        vec!["customer_id", "frequency", "recency_weeks", "T_weeks", "mean_repeat_value"]
    );
    let mut customers = 0;
    for record in reader.records().map(Result::unwrap) {
        let customer = place(&base, CustomerId::Integer(record[0].parse().unwrap()));
        let printed = |column: usize| record[column].parse::<f64>().unwrap();
        assert_eq!(f64::from(base.repeat_purchases(customer)), printed(1), "{record:?}");
        // Printed to two digits, halves in either direction.
        for (value, column) in [
            (base.last_purchase_age(customer), 2),
            (base.age(customer), 3),
            (base.mean_repeat_amount(customer), 4),
        ] {
            assert!((value - printed(column)).abs() <= 0.005 + 1e-9, "{value} {record:?}");
        }
        customers += 1;
    }
    assert_eq!((customers, base.len()), (2357, 2357));
}

#[test]
fn cdnow_master() {
    let Some(file) = data("cdnow_master.csv.gz") else {
        return;
    };
    let log = read(file, "customer_id", "date", Some("dollar_value"));
    let history = build(&log, &IngestOptions::default());
    assert_eq!((history.account().read(), history.customers(), history.orders()), (69_659, 23_570, 69_659));
    assert_eq!(history.purchase_days(), 69_659 - 2_068);
    assert_eq!(history.account().net_amount().to_string(), "2500315.63");
    let base = history.base(BaseOptions::as_of(day("1998-06-30"))).unwrap();
    assert_eq!(base.orders().iter().filter(|&&orders| orders == 1).count(), 11_908);
    assert_eq!(base.total_net_amount().micros(), 2_500_315_630_000);
    assert_eq!(*base.first_purchase().iter().max().unwrap(), day("1997-03-25").number());
    let without = build(&log, &IngestOptions { zero_amounts: Policy::Exclude, ..IngestOptions::default() });
    assert_eq!(without.account().excluded(Exclusion::ZeroAmount).rows, 80);
    // The calibration period keeps everybody: all buy first by March.
    let split = history
        .split(BaseOptions::as_of(day("1997-09-30")).in_unit(TimeUnit::Week), day("1998-06-30"))
        .unwrap();
    assert_eq!(split.calibration().len(), 23_570);
}

#[test]
fn apparel() {
    let Some(file) = data("apparel_transactions.csv.gz") else {
        return;
    };
    let log = read(file, "customer_id", "date", Some("price"));
    let history = build(&log, &IngestOptions::default());
    assert_eq!(
        (history.account().used(), history.customers(), history.purchase_days()),
        (3187, 600, 3187 - 4)
    );
    assert_eq!((history.first_day(), history.last_day()), (Some(day("2005-01-02")), Some(day("2010-12-20"))));
    let base = history.base(BaseOptions::as_of(day("2010-12-20"))).unwrap();
    assert!(base.first_purchase().iter().all(|&first| first == day("2005-01-02").number()));
    let without = build(&log, &IngestOptions { zero_amounts: Policy::Exclude, ..IngestOptions::default() });
    assert_eq!(without.account().excluded(Exclusion::ZeroAmount).rows, 4);
}

#[test]
fn grocery_has_no_amounts() {
    let Some(file) = data("grocery_elog.csv.gz") else {
        return;
    };
    let log = read(file, "customer_id", "date", None);
    let history = build(&log, &IngestOptions::default());
    assert_eq!(
        (history.account().used(), history.customers(), history.purchase_days()),
        (10_483, 1525, 10_483)
    );
    assert_eq!((history.first_day(), history.last_day()), (Some(day("2006-01-01")), Some(day("2007-12-30"))));
    assert!(!history.has_amounts());
    let base = history.base(BaseOptions::as_of(day("2007-12-30"))).unwrap();
    assert_eq!(base.orders().iter().filter(|&&orders| orders == 1).count(), 555);
    assert_eq!(base.orders().iter().max(), Some(&112));
    // No duplicates: leaving them out leaves out nothing.
    let once = build(&log, &IngestOptions { duplicates: Policy::Exclude, ..IngestOptions::default() });
    assert_eq!((once.account().used(), once.account().excluded(Exclusion::Duplicate).rows), (10_483, 0));
}
