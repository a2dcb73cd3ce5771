//! Amounts and times that cannot be represented.

use super::*;

#[test]
fn amounts_that_are_no_money() {
    for (amount, kind) in [
        (f64::NAN, ErrorKind::InvalidValue),
        (f64::INFINITY, ErrorKind::InvalidValue),
        (f64::NEG_INFINITY, ErrorKind::InvalidValue),
        (9_223_372_036_855.0, ErrorKind::OutOfRange),
        (-9_223_372_036_855.0, ErrorKind::OutOfRange),
        (1e300, ErrorKind::OutOfRange),
        (f64::MIN, ErrorKind::OutOfRange),
    ] {
        let amounts = [1.0, 2.0, amount];
        let bad = Transactions::new(ids(), days(), floats(&amounts)).unwrap();
        check(&bad, &default(), kind, "amount", 2);
        let history = PurchaseHistory::from_transactions(
            &bad,
            &IngestOptions { invalid_amount: Policy::Exclude, ..default() },
        );
        assert_eq!(history.unwrap().account().used(), 2);
    }
    for scale in [-38, -20, -13, 0, 1, 5] {
        let amounts = [1i64, 0, i64::MAX];
        // Small enough for all but the last row, whatever the scale.
        let amounts = if scale < -12 { [0, 0, amounts[2]] } else { amounts };
        let column = AmountColumn::Scaled(amounts.as_slice().into(), scale);
        check(
            &Transactions::new(ids(), days(), Some(column)).unwrap(),
            &default(),
            ErrorKind::OutOfRange,
            "amount",
            2,
        );
    }
    for (value, scale) in [(i128::MAX, 0), (i128::MIN, 6), (i128::MAX, 19), (i128::from(i64::MAX) + 1, 6)] {
        let amounts = [0, value, 0];
        let column = AmountColumn::Decimal(amounts.as_slice().into(), scale);
        check(
            &Transactions::new(ids(), days(), Some(column)).unwrap(),
            &default(),
            ErrorKind::OutOfRange,
            "amount",
            1,
        );
    }
}

/// The bound is symmetric, as documented: -9,223,372,036,854.775808 lies outside it.
#[test]
fn the_smallest_integer_is_out_of_range() {
    let amounts = [0, i64::MIN, 0];
    let scaled = AmountColumn::Scaled(amounts.as_slice().into(), 6);
    let amounts = [0, i128::from(i64::MIN), 0];
    let decimal = AmountColumn::Decimal(amounts.as_slice().into(), 6);
    for column in [scaled, decimal] {
        check(
            &Transactions::new(ids(), days(), Some(column)).unwrap(),
            &default(),
            ErrorKind::OutOfRange,
            "amount",
            1,
        );
    }
}

#[test]
fn scales_that_no_decimal_has() {
    for scale in [-128, -39, 39, 127] {
        let cents = [1i64, 2, 3];
        let decimals = [1i128, 2, 3];
        for column in [
            AmountColumn::Scaled(cents.as_slice().into(), scale),
            AmountColumn::Decimal(decimals.as_slice().into(), scale),
        ] {
            let bad = Transactions::new(ids(), days(), Some(column)).unwrap();
            check(&bad, &default(), ErrorKind::InvalidArgument, "scale", None);
        }
    }
}

#[test]
fn times_outside_the_years_1_to_9999() {
    let exclude = IngestOptions { invalid_time: Policy::Exclude, ..default() };
    for day in [i32::MIN, -719_163, 2_932_897, i32::MAX] {
        let days = [day, 20, 30];
        let bad =
            Transactions::new(ids(), TimeColumn::Day(days.as_slice().into()), floats(&AMOUNTS)).unwrap();
        check(&bad, &default(), ErrorKind::OutOfRange, "time", 0);
        assert_eq!(PurchaseHistory::from_transactions(&bad, &exclude).unwrap().account().used(), 2);
    }
    // First and last value of each resolution within the years 1 to 9999; nanoseconds never leave them.
    let (first, last) = (-719_162i64 * 86_400, 2_932_897i64 * 86_400 - 1);
    for (resolution, factor) in [
        (TimeResolution::Second, 1),
        (TimeResolution::Millisecond, 1_000),
        (TimeResolution::Microsecond, 1_000_000),
    ] {
        let utc = IngestOptions { time_zone: Some(BusinessZone::UTC), ..default() };
        for (kind, options) in
            [(TimeColumn::Local as fn(_, _) -> _, &default()), (TimeColumn::Instant as fn(_, _) -> _, &utc)]
        {
            let column = |values: &'static [i64]| kind(values.into(), resolution);
            let edge: &'static [i64] = vec![first * factor, last * factor + factor - 1, 0].leak();
            let history = PurchaseHistory::from_transactions(
                &Transactions::new(ids(), column(edge), floats(&AMOUNTS)).unwrap(),
                options,
            );
            let history = history.unwrap();
            assert_eq!((history.first_day(), history.last_day()), (Some(Day::MIN), Some(Day::MAX)));
            for value in [first * factor - 1, last * factor + factor, i64::MIN, i64::MAX] {
                let values: &'static [i64] = vec![0, value, 0].leak();
                let bad = Transactions::new(ids(), column(values), floats(&AMOUNTS)).unwrap();
                let error = PurchaseHistory::from_transactions(&bad, options).unwrap_err();
                assert_eq!(
                    seen(&error),
                    expected(ErrorKind::OutOfRange, "time", 1),
                    "{value} {resolution:?}"
                );
                let options = IngestOptions { invalid_time: Policy::Exclude, ..options.clone() };
                assert_eq!(PurchaseHistory::from_transactions(&bad, &options).unwrap().account().used(), 2);
            }
        }
    }
    let extremes = [i64::MIN, -1, i64::MAX];
    let column = TimeColumn::Local(extremes.as_slice().into(), TimeResolution::Nanosecond);
    let history =
        PurchaseHistory::from_transactions(&Transactions::new(ids(), column, None).unwrap(), &default())
            .unwrap();
    // 1677-09-21 and 2262-04-11, as the documentation of NumPy's datetime64[ns] has them.
    assert_eq!(history.first_day().unwrap().to_string(), "1677-09-21");
    assert_eq!(history.last_day().unwrap().to_string(), "2262-04-11");
}

#[test]
fn extreme_instants_in_every_kind_of_zone() {
    for name in ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu"] {
        let options = IngestOptions {
            time_zone: Some(BusinessZone::new(name).unwrap()),
            invalid_time: Policy::Exclude,
            ..default()
        };
        let (first, last) = (-719_162i64 * 86_400, 2_932_897i64 * 86_400);
        for edge in [first, last, i64::MIN, i64::MAX, 0, i64::MIN / 1_000_000, i64::MAX / 1_000_000] {
            for step in [-90_000i64, -1, 0, 1, 90_000] {
                let times = [edge.saturating_add(step), 0, 0];
                let column = TimeColumn::Instant(times.as_slice().into(), TimeResolution::Second);
                let log = Transactions::new(ids(), column, floats(&AMOUNTS)).unwrap();
                assert!(PurchaseHistory::from_transactions(&log, &options).is_ok(), "{name} {edge} {step}");
            }
        }
    }
}

/// With several morsels too, the error is that of the first bad row.
#[test]
fn the_first_bad_row_of_a_big_batch_is_the_one_named() {
    let rows = 200_000usize;
    let ids: Vec<i64> = (0..rows as i64).collect();
    let days = vec![5; rows];
    for (swapped, bad) in
        [(None, [70_000, 150_000]), (Some(10), [20, 150_000]), (Some(69_000), [70_000, 150_000])]
    {
        let mut ids = ids.clone();
        // Out of order before the first bad row: a reader that stops there must not report a later one.
        if let Some(place) = swapped {
            ids.swap(place, place + 1);
        }
        let mut amounts = vec![1.0; rows];
        for row in bad {
            amounts[row] = f64::NAN;
        }
        let ids = IdColumn::Integer((&ids).into());
        let log = Transactions::new(ids, TimeColumn::Day((&days).into()), floats(&amounts)).unwrap();
        for threads in 1..=4 {
            let options = IngestOptions { threads: Threads::from_count(threads).unwrap(), ..default() };
            let error = PurchaseHistory::from_transactions(&log, &options).unwrap_err();
            assert_eq!(
                seen(&error),
                expected(ErrorKind::InvalidValue, "amount", bad[0] as u64),
                "{swapped:?}"
            );
        }
    }
}
