//! Columns that are damaged or do not fit together.

use super::*;

#[test]
fn columns_of_different_length() {
    let two = [1.0, 2.0];
    let error = Transactions::new(ids(), days(), floats(&two)).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "amount", None));
    let error = Transactions::new(ids(), TimeColumn::Day([1, 2].as_slice().into()), None).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "time", None));
    let error = good().with_order_ids(IdColumn::Text(&["a"])).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "order_id", None));
    let flags = [true; 2];
    let error = Transactions::new(IdColumn::Integer(flagged(&IDS, &flags)), days(), None).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "customer_id", None));
    let error = Transactions::new(ids(), TimeColumn::Day(flagged(&DAYS, &flags)), None).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "time", None));
    let error =
        Transactions::new(ids(), days(), Some(AmountColumn::Float(flagged(&AMOUNTS, &flags)))).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "amount", None));
}

#[test]
fn bits_too_few_for_the_rows() {
    for (bytes, offset) in
        [(&[][..], 0), (&[255][..], 6), (&[255][..], usize::MAX), (&[255][..], usize::MAX - 2)]
    {
        let column = Column { values: IDS.as_slice().into(), validity: Validity::Bits { bytes, offset } };
        let error = Transactions::new(IdColumn::Integer(column), days(), None).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "customer_id", None), "{offset}");
    }
    // Bits 5, 6 and 7: the second row is null.
    let validity = Validity::Bits { bytes: &[0b1010_0000], offset: 5 };
    let column = Column { values: IDS.as_slice().into(), validity };
    let log = Transactions::new(IdColumn::Integer(column), days(), None).unwrap();
    let history = PurchaseHistory::from_transactions(&log, &default()).unwrap();
    assert_eq!(history.customer_ids().as_integers(), Some(&[1, 3][..]));
}

#[test]
fn codes_outside_their_dictionary() {
    let names = ["a", "b"];
    for code in [-1, 2, i64::MIN, i64::MAX] {
        let codes = [0, code, 1];
        let column =
            IdColumn::Coded { codes: codes.as_slice().into(), values: Box::new(IdColumn::Text(&names)) };
        let bad = Transactions::new(column.clone(), days(), floats(&AMOUNTS)).unwrap();
        let error = PurchaseHistory::from_transactions(&bad, &default()).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "customer_id", 1), "{code}");
        let bad = good().with_order_ids(column).unwrap();
        let error = PurchaseHistory::from_transactions(&bad, &default()).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "order_id", 1), "{code}");
    }
    // A null row may hold any code.
    let (codes, flags) = ([0, 99, 1], [true, false, true]);
    let column = IdColumn::Coded { codes: flagged(&codes, &flags), values: Box::new(IdColumn::Text(&names)) };
    let log = Transactions::new(column, days(), floats(&AMOUNTS)).unwrap();
    assert_eq!(PurchaseHistory::from_transactions(&log, &default()).unwrap().customers(), 2);
}

#[test]
fn packed_text_that_is_damaged() {
    fn packed<'a>(offsets: TextOffsets<'a>, bytes: &'a [u8]) -> IdColumn<'a> {
        IdColumn::Packed { offsets, bytes, validity: Validity::All }
    }
    fn history(ids: IdColumn<'_>) -> crm_core::Result<PurchaseHistory> {
        let log = Transactions::new(ids, days(), floats(&AMOUNTS))?;
        PurchaseHistory::from_transactions(&log, &default())
    }
    assert_eq!(history(packed(TextOffsets::Small(&[0, 1, 2, 3]), b"abc")).unwrap().customers(), 3);
    let error = history(packed(TextOffsets::Small(&[0, 1, 2, 3]), b"a\xffc")).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::NotUtf8, "customer_id", 1));
    // A character cut in two.
    let error = history(packed(TextOffsets::Small(&[0, 1, 3, 6]), "a王王".as_bytes())).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::NotUtf8, "customer_id", 1));
    for offsets in [[0, 1, 9, 10], [0, 1, 0, 3], [0, 1, -1, 3], [0, 1, i32::MIN, i32::MAX]] {
        let error = history(packed(TextOffsets::Small(&offsets), b"abc")).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Corrupt, "customer_id", 1));
    }
    for offsets in [[0, 1, i64::MAX, i64::MAX], [0, 1, i64::MIN, 3]] {
        let error = history(packed(TextOffsets::Large(&offsets), b"abc")).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Corrupt, "customer_id", 1));
    }
    let none =
        Transactions::new(packed(TextOffsets::Small(&[]), b""), TimeColumn::Day([].as_slice().into()), None);
    assert_eq!(PurchaseHistory::from_transactions(&none.unwrap(), &default()).unwrap().customers(), 0);
}

#[test]
fn instants_need_a_business_time_zone() {
    let times = [0i64, 1, 2];
    let column = TimeColumn::Instant(times.as_slice().into(), TimeResolution::Second);
    let bad = Transactions::new(ids(), column, floats(&AMOUNTS)).unwrap();
    let error = PurchaseHistory::from_transactions(&bad, &default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "time_zone", None));
    let error = BusinessZone::new("Europe/Atlantis").unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "time_zone", None));
}

#[test]
fn batches_with_other_kinds_of_columns() {
    let texts = ["a", "b", "c"];
    let times = [0i64, 1, 2];
    let instants = TimeColumn::Instant(times.as_slice().into(), TimeResolution::Second);
    let options = IngestOptions { time_zone: Some(BusinessZone::UTC), ..default() };
    let text_ids = Transactions::new(IdColumn::Text(&texts), days(), floats(&AMOUNTS)).unwrap();
    let other_time = Transactions::new(ids(), instants, floats(&AMOUNTS)).unwrap();
    let no_amounts = Transactions::new(ids(), days(), None).unwrap();
    let orders = good().with_order_ids(ids()).unwrap();
    for (bad, argument) in
        [(text_ids, "customer_id"), (other_time, "time"), (no_amounts, "amount"), (orders, "order_id")]
    {
        let mut builder = HistoryBuilder::new(options.clone()).unwrap();
        builder.push(&good()).unwrap();
        let error = builder.push(&bad).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Incompatible, argument, None));
        let before = builder.finish().unwrap();
        assert_eq!(before, PurchaseHistory::from_transactions(&good(), &options).unwrap());
        let other = PurchaseHistory::from_transactions(&bad, &options).unwrap();
        for merged in [before.merge(&other), other.merge(&before)] {
            assert_eq!(seen(&merged.unwrap_err()), expected(ErrorKind::Incompatible, argument, None));
        }
    }
}

#[test]
fn histories_read_in_other_ways_do_not_merge() {
    let of = |options: IngestOptions| PurchaseHistory::from_transactions(&good(), &options).unwrap();
    let before = of(default());
    for (argument, options) in [
        ("currency", IngestOptions { currency: Some("EUR".to_owned()), ..default() }),
        ("time_zone", IngestOptions { time_zone: Some(BusinessZone::UTC), ..default() }),
        ("returns", IngestOptions { returns: Policy::Exclude, ..default() }),
        ("zero_amounts", IngestOptions { zero_amounts: Policy::Exclude, ..default() }),
        ("duplicates", IngestOptions { duplicates: Policy::Exclude, ..default() }),
    ] {
        let error = before.merge(&of(options)).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Incompatible, argument, None));
    }
    let threads = IngestOptions { threads: Threads::from_count(2).unwrap(), ..default() };
    assert!(before.merge(&of(threads)).is_ok(), "threads are no part of a history");
}

#[test]
fn a_builder_goes_on_after_an_error_row_by_row() {
    let mut builder = HistoryBuilder::new(default()).unwrap();
    let mut kept = Vec::new();
    for place in 0..60i64 {
        let mut next = row(Id::Integer(place % 7), (place % 11) as i32, i128::from(place) * 1_000_000);
        if place % 3 == 0 {
            next.day = Some(i32::MAX);
            assert!(
                push(&mut builder, &[kept.first().cloned().unwrap_or(next.clone()), next], SHAPE).is_err()
            );
        } else {
            push(&mut builder, std::slice::from_ref(&next), SHAPE).unwrap();
            kept.push(next);
        }
    }
    assert_eq!(builder.finish().unwrap(), history(&[&kept], SHAPE, &default()).unwrap());
}
