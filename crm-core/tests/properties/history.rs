//! Histories: order, batches, threads and merging change no bit.

use crm_core::customer::{
    AmountColumn, IdColumn, IngestOptions, Policy, PurchaseHistory, TextOffsets, TimeColumn, Transactions,
    Validity,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::any_log::{batches, exactly, lenient_options, log, sorted};
use crate::log::{Id, Orders, Row, Shape, history, row};
use crate::reference::Reference;

fn assert_same(one: &PurchaseHistory, other: &PurchaseHistory, what: &str) {
    assert!(one == other, "{what}: {one:?}\n{other:?}");
    assert_eq!(one.to_bytes().unwrap(), other.to_bytes().unwrap(), "{what}");
}

proptest! {
    #[test]
    fn order_batches_and_threads_change_no_bit(
        (shape, rows, shuffled) in log(60),
        options in lenient_options(),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
        turn in any::<Index>(),
        threads in 1..=8usize,
    ) {
        let whole = history(&[&rows], shape, &options).unwrap();
        let other = IngestOptions { threads: exactly(threads), ..options };
        let in_order = sorted(&rows);
        // In order up to some row, and shuffled from there on.
        let turn = turn.index(rows.len() + 1);
        let mut mixed = in_order[..turn].to_vec();
        mixed.extend(shuffled.iter().rev().cloned());
        for row in &in_order[..turn] {
            let place = mixed[turn..].iter().position(|other| other == row).unwrap();
            mixed.remove(turn + place);
        }
        let descending: Vec<Row> = in_order.iter().rev().cloned().collect();
        for (what, rows) in
            [("shuffled", &shuffled), ("sorted", &in_order), ("mixed", &mixed), ("descending", &descending)]
        {
            assert_same(&history(&[rows], shape, &other).unwrap(), &whole, what);
            assert_same(&history(&batches(rows, &cuts), shape, &other).unwrap(), &whole, &format!("{what} in batches"));
        }
        let single: Vec<&[Row]> = mixed.chunks(1).chain([&[][..]]).collect();
        assert_same(&history(&single, shape, &other).unwrap(), &whole, "row by row");
    }

    #[test]
    fn history_and_account_are_those_of_the_naive_model((shape, rows, _) in log(60), options in lenient_options()) {
        let (reference, history) = (Reference::new(&rows, shape, &options), history(&[&rows], shape, &options).unwrap());
        reference.check_account(history.account());
        let ids: Vec<Id> = history.customer_ids().iter().map(Id::of).collect();
        prop_assert_eq!(ids, reference.customers.keys().cloned().collect::<Vec<_>>());
        let everything = reference.within(i64::MIN..=i64::MAX);
        prop_assert_eq!(history.customers(), everything.len());
        prop_assert_eq!(history.purchase_days(), everything.values().map(|customer| customer.days().len()).sum::<usize>());
        prop_assert_eq!(history.orders(), everything.values().map(|customer| customer.orders() as u64).sum::<u64>());
        let day = |day: Option<crm_core::customer::Day>| day.map(crm_core::customer::Day::number);
        prop_assert_eq!(day(history.first_day()), reference.used().map(|row| row.day).min());
        prop_assert_eq!(day(history.last_day()), reference.used().map(|row| row.day).max());
        prop_assert_eq!(history.has_amounts(), shape.has_amounts);
    }

    #[test]
    fn merging_is_the_history_of_the_concatenation(
        (shape, rows, _) in log(60),
        options in lenient_options(),
        cuts in prop::collection::vec(any::<Index>(), 2),
        sort in any::<[bool; 3]>(),
    ) {
        let parts: Vec<Vec<Row>> = batches(&rows, &cuts)
            .iter()
            .zip(sort)
            .map(|(part, sort)| if sort { sorted(part) } else { part.to_vec() })
            .collect();
        let of = |rows: &[Row]| history(&[rows], shape, &options).unwrap();
        let [a, b, c] = [0, 1, 2].map(|part| of(&parts[part]));
        let ab = a.merge(&b).unwrap();
        assert_same(&ab, &b.merge(&a).unwrap(), "commutes");
        assert_same(&ab, &of(&parts[..2].concat()), "concatenation of two");
        let abc = ab.merge(&c).unwrap();
        assert_same(&abc, &a.merge(&b.merge(&c).unwrap()).unwrap(), "associates");
        assert_same(&abc, &of(&rows), "concatenation of three");
        for (one, other) in [(PurchaseHistory::empty(), a.clone()), (a.clone(), PurchaseHistory::empty()), (of(&[]), a.clone())] {
            assert_same(&one.merge(&other).unwrap(), &a, "neutral element");
        }
    }

    #[test]
    fn equal_rows_raise_if_asked_to((shape, rows, _) in log(25), options in lenient_options(), cut in any::<Index>()) {
        let raise = IngestOptions { duplicates: Policy::Raise, ..options };
        let reference = Reference::new(&rows, shape, &IngestOptions { duplicates: Policy::Keep, ..raise.clone() });
        let whole = history(&[&rows], shape, &raise);
        prop_assert_eq!(whole.is_err(), reference.has_duplicates);
        let parts = batches(&rows, &[cut]);
        if let (Ok(one), Ok(other)) = (history(&parts[..1], shape, &raise), history(&parts[1..], shape, &raise)) {
            let merged = one.merge(&other);
            prop_assert_eq!(merged.is_err(), reference.has_duplicates);
            if let Ok(merged) = merged {
                assert_same(&merged, &whole.unwrap(), "merged");
            }
        }
    }

    #[test]
    fn every_kind_of_column_says_the_same(
        rows in prop::collection::vec((0..5usize, 0..50i32, -999_999..999_999i64, 0..24i64), 0..40),
    ) {
        let texts = ["b", "王小明", "🛒", "a\0", "a"];
        let ids: Vec<&str> = rows.iter().map(|row| texts[row.0]).collect();
        let days: Vec<i32> = rows.iter().map(|row| row.1).collect();
        let cents: Vec<i64> = rows.iter().map(|row| row.2).collect();
        let floats: Vec<f64> = cents.iter().map(|&cents| cents as f64 / 100.0).collect();
        let decimals: Vec<i128> = cents.iter().map(|&cents| i128::from(cents) * 1000).collect();
        let codes: Vec<i64> = rows.iter().map(|row| row.0 as i64).collect();
        let bytes = ids.concat().into_bytes();
        let mut small = vec![0i32];
        for id in &ids {
            small.push(small[small.len() - 1] + i32::try_from(id.len()).unwrap());
        }
        let large: Vec<i64> = small.iter().map(|&offset| i64::from(offset)).collect();
        let optional: Vec<Option<&str>> = ids.iter().map(|id| Some(*id)).collect();
        let packed = |offsets| IdColumn::Packed { offsets, bytes: &bytes, validity: Validity::All };
        let coded = IdColumn::Coded { codes: (&codes).into(), values: Box::new(IdColumn::Text(&texts)) };
        let id_columns = [
            IdColumn::Text(&ids), IdColumn::OptionalText(optional), packed(TextOffsets::Small(&small)),
            packed(TextOffsets::Large(&large)), coded,
        ];
        let amounts = [
            AmountColumn::Float((&floats).into()), AmountColumn::Scaled((&cents).into(), 2),
            AmountColumn::Decimal((&decimals).into(), 5),
        ];
        let mut histories = Vec::new();
        for ids in &id_columns {
            for amounts in &amounts {
                let log = Transactions::new(ids.clone(), TimeColumn::Day((&days).into()), Some(amounts.clone())).unwrap();
                histories.push(PurchaseHistory::from_transactions(&log, &IngestOptions::default()).unwrap());
            }
        }
        histories.windows(2).for_each(|pair| assert_same(&pair[0], &pair[1], "column kinds"));
    }
}

/// Rows enough for several morsels and parts, from a small generator; customers skewed, days few.
fn many(seed: u64, count: usize, text: bool, orders: bool) -> Vec<Row> {
    let mut state = seed;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let rows = (0..count).map(|_| {
        let customer = (next(20_000) * next(20_000) / 20_000) as i64;
        let id =
            if text { Id::Text(format!("顾客-{customer:o}\0")) } else { Id::Integer(customer - 10_000) };
        let mut row = row(id, next(700) as i32, i128::from(next(50_000)) * 10_000 - 20_000_000);
        row.order = (orders && next(4) > 0).then(|| Id::Integer(next(50) as i64));
        if next(1000) == 0 {
            row.id = None;
        }
        row
    });
    rows.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]
    #[test]
    fn big_batches_change_no_bit(seed in any::<u64>(), threads in 2..=8usize) {
        for (text, orders, duplicates) in
            [(false, false, Policy::Keep), (true, false, Policy::Keep), (true, true, Policy::Exclude), (false, false, Policy::Exclude)]
        {
            let shape = Shape::new(text, if orders { Orders::Integers } else { Orders::Absent });
            let shape = Shape { packed: seed % 3 == 0, ..shape };
            let mut rows = many(seed, 210_000, text, orders);
            if seed % 2 == 0 {
                rows.retain(|row| row.id.is_some());
            }
            let options = |threads| IngestOptions { duplicates, threads: exactly(threads), ..IngestOptions::default() };
            let whole = history(&[&rows], shape, &options(1)).unwrap();
            if duplicates == Policy::Keep && seed % 2 == 0 {
                let reference = Reference::new(&rows, shape, &options(1));
                reference.check_account(whole.account());
                prop_assert_eq!(whole.customers(), reference.customers.len());
            }
            let in_order = sorted(&rows);
            let mut late = in_order.clone();
            late.swap(100_000, 209_000);
            for (what, rows) in [("as given", &rows), ("sorted", &in_order), ("out of order late", &late)] {
                assert_same(&history(&[rows], shape, &options(threads)).unwrap(), &whole, what);
                let batches: Vec<&[Row]> = rows.chunks(73_000).collect();
                assert_same(&history(&batches, shape, &options(threads)).unwrap(), &whole, &format!("{what} in batches"));
            }
            let (one, other) = rows.split_at(90_000);
            let parts = [one, other].map(|rows| history(&[rows], shape, &options(threads)).unwrap());
            assert_same(&parts[1].merge(&parts[0]).unwrap(), &whole, "merged");
        }
    }
}
