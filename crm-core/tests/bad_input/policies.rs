//! Rows that a policy refuses, and nothing left to compute from.

use super::*;

#[test]
fn missing_values_under_each_policy() {
    let absent = [true, false, true];
    let null_id =
        Transactions::new(IdColumn::Integer(flagged(&IDS, &absent)), days(), floats(&AMOUNTS)).unwrap();
    let null_time =
        Transactions::new(ids(), TimeColumn::Day(flagged(&DAYS, &absent)), floats(&AMOUNTS)).unwrap();
    let null_amount =
        Transactions::new(ids(), days(), Some(AmountColumn::Float(flagged(&AMOUNTS, &absent)))).unwrap();
    let raising = IngestOptions { missing_id: Policy::Raise, ..default() };
    check(&null_id, &raising, ErrorKind::MissingValue, "customer_id", 1);
    check(&null_time, &default(), ErrorKind::MissingValue, "time", 1);
    check(&null_amount, &default(), ErrorKind::MissingValue, "amount", 1);
    let lenient =
        IngestOptions { missing_time: Policy::Exclude, missing_amount: Policy::Exclude, ..default() };
    for log in [&null_id, &null_time, &null_amount] {
        let history = PurchaseHistory::from_transactions(log, &lenient).unwrap();
        assert_eq!((history.account().used(), history.account().read()), (2, 3));
    }
    let texts = ["a", "", "b"];
    let empty_text = Transactions::new(IdColumn::Text(&texts), days(), floats(&AMOUNTS)).unwrap();
    let error = PurchaseHistory::from_transactions(&empty_text, &raising).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::MissingValue, "customer_id", 1));
    assert_eq!(PurchaseHistory::from_transactions(&empty_text, &default()).unwrap().customers(), 2);
}

#[test]
fn rows_that_a_policy_refuses() {
    let amounts = [1.0, 0.0, -1.0];
    let log = Transactions::new(ids(), days(), floats(&amounts)).unwrap();
    check(&log, &IngestOptions { returns: Policy::Raise, ..default() }, ErrorKind::InvalidValue, "amount", 2);
    check(
        &log,
        &IngestOptions { zero_amounts: Policy::Raise, ..default() },
        ErrorKind::InvalidValue,
        "amount",
        1,
    );
    let same = [7i64, 7, 7];
    let day = [5; 3];
    let log = Transactions::new(
        IdColumn::Integer(same.as_slice().into()),
        TimeColumn::Day(day.as_slice().into()),
        floats(&[2.0; 3]),
    );
    let options = IngestOptions { duplicates: Policy::Raise, ..default() };
    let error = PurchaseHistory::from_transactions(&log.unwrap(), &options).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidValue, "duplicates", None));
}

#[test]
fn policies_that_cannot_keep() {
    type Set = fn(&mut IngestOptions);
    let cases: [(&str, Set); 5] = [
        ("missing_id", |options| options.missing_id = Policy::Keep),
        ("missing_time", |options| options.missing_time = Policy::Keep),
        ("invalid_time", |options| options.invalid_time = Policy::Keep),
        ("missing_amount", |options| options.missing_amount = Policy::Keep),
        ("invalid_amount", |options| options.invalid_amount = Policy::Keep),
    ];
    for (name, set) in cases {
        let mut options = default();
        set(&mut options);
        let error = HistoryBuilder::new(options).map(|_| ()).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, name, None));
    }
    let history = PurchaseHistory::from_transactions(&good(), &default()).unwrap();
    let options = BaseOptions { rows_after: Policy::Keep, ..BaseOptions::as_of(Day::MAX) };
    assert_eq!(
        seen(&history.base(options).unwrap_err()),
        expected(ErrorKind::InvalidArgument, "rows_after", None)
    );
    for bad in ["Keep", "drop", ""] {
        let error = Policy::from_name("returns", bad).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "returns", None));
    }
    assert_eq!(Policy::from_code("returns", 3).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn nothing_to_compute_from() {
    let nothing = PurchaseHistory::empty();
    let no_rows = history(&[&[]], SHAPE, &default()).unwrap();
    let guests =
        history(&[&[log::Row { id: None, ..row(Id::Integer(1), 1, 1) }]], SHAPE, &default()).unwrap();
    let only_returns = history(&[&[row(Id::Integer(1), 1, -1)]], SHAPE, &default()).unwrap();
    for history in [nothing, no_rows, guests, only_returns] {
        let error = history.base(BaseOptions::as_of(Day::MAX)).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Empty, "as_of", None));
    }
    let history = PurchaseHistory::from_transactions(&good(), &default()).unwrap();
    let before = BaseOptions::as_of(Day::from_number(9).unwrap());
    assert_eq!(seen(&history.base(before).unwrap_err()), expected(ErrorKind::Empty, "as_of", None));
    let quiet = BaseOptions::as_of(Day::from_number(40).unwrap()).within_days(10);
    assert_eq!(seen(&history.base(quiet).unwrap_err()), expected(ErrorKind::Empty, "as_of", None));
    assert!(history.base(BaseOptions { window_days: Some(11), ..quiet }).is_ok());
    let zero = BaseOptions::as_of(Day::MAX).within_days(0);
    assert_eq!(
        seen(&history.base(zero).unwrap_err()),
        expected(ErrorKind::InvalidArgument, "window_days", None)
    );
}
