//! Large batches of the points ledger: neither threads nor the cuts between batches show in what comes out.

use crm_core::Threads;
use crm_core::loyalty::{PointsEntries, PointsLedger};
use proptest::prelude::*;

use crate::naive_points::{Row, What};
use crate::naive_rules::Rules;
use crate::points_rows::{Raw, apply, first_rows, program, raws, row, rules};

/// Three members each: enough rows for several blocks and threads.
const COPIES: usize = 4_000;
const MEMBERS: usize = 3;

/// Events of three members that the engine accepts in this order.
fn accepted(rules: &Rules, raws: &[Raw]) -> Vec<Row> {
    let mut ledger = PointsLedger::new(program(rules));
    let mut accepted = first_rows();
    apply(&mut ledger, &accepted).unwrap();
    for (number, &raw) in raws.iter().enumerate() {
        let event = row(raw, &accepted, number as i64, MEMBERS, true);
        if apply(&mut ledger, std::slice::from_ref(&event)).is_ok() {
            accepted.push(event);
        }
    }
    accepted
}

/// The same for other members, with ids of their own.
fn copied(event: &Row, copy: usize) -> Row {
    let id = |id: i64| id + 1_000 * copy as i64;
    let what = match event.what.clone() {
        What::Purchase { cents, order, tea } => What::Purchase { cents, order: order.map(id), tea },
        What::Refund { of, cents } => What::Refund { of: id(of), cents },
        What::CancelRedemption(of) => What::CancelRedemption(id(of)),
        What::CancelAccrual(of) => What::CancelAccrual(id(of)),
        What::Merge(other) => What::Merge(other + MEMBERS * copy),
        What::Unmerge(of) => What::Unmerge(id(of)),
        other => other,
    };
    Row { member: event.member + MEMBERS * copy, id: id(event.id), day: event.day, what }
}

/// Every copy's first event, then every copy's second one, and so on; merges of the first ten copies only, as rows between two members are run
/// by themselves.
fn many(template: &[Row]) -> Vec<Row> {
    let stays = |event: &Row| !matches!(event.what, What::Merge(_) | What::Unmerge(_));
    let merged = template.iter().position(|event| !stays(event)).unwrap_or(template.len());
    let copies = |place: usize| if place < merged { 0..COPIES } else { 0..10 };
    let all = template.iter().enumerate();
    all.flat_map(|(place, event)| copies(place).map(|copy| copied(event, copy))).collect()
}

fn run(rules: &Rules, rows: &[Row], threads: usize, most: usize) -> (PointsLedger, PointsEntries) {
    let mut ledger = PointsLedger::new(program(rules));
    ledger.set_threads(Threads::from_count(threads).unwrap());
    let mut entries = PointsEntries::default();
    for rows in rows.chunks(most) {
        entries.append(&apply(&mut ledger, rows).unwrap()).unwrap();
    }
    (ledger, entries)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn threads_and_cuts_do_not_show(rules in rules(), raws in raws(12), wrong in any::<prop::sample::Index>(), copy in 0..COPIES) {
        let template = accepted(&rules, &raws);
        let rows = many(&template);
        prop_assert!(rows.len() >= 2 * COPIES);
        let (mut right, postings) = run(&rules, &rows, 1, rows.len());
        right.verify().unwrap();
        let bytes = right.to_bytes().unwrap();
        for (threads, most) in [(2, rows.len()), (3, rows.len()), (1, 1_000), (2, 5_000)] {
            let (ledger, entries) = run(&rules, &rows, threads, most);
            prop_assert!(entries == postings && ledger == right, "{} threads, batches of {}", threads, most);
            prop_assert_eq!(&ledger.to_bytes().unwrap(), &bytes);
        }
        let mut back = PointsLedger::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&back, &right);

        // Of two rows that are refused the first one is named, and nothing is left of the batch, new members included.
        let day = template.iter().map(|event| event.day).max().unwrap();
        let redeem = |copy: usize, id: i64| Row { member: copy * MEMBERS, id, day, what: What::Redeem(1 << 40) };
        let mut more: Vec<Row> = (0..9_000)
            .map(|place| Row { member: MEMBERS * COPIES + place, id: 9_000_000_000 + place as i64, day, what: What::Join })
            .collect();
        let place = wrong.index(more.len());
        more.insert(place, redeem(copy, 8_000_000_000));
        more.push(redeem(COPIES - 1 - copy, 8_000_000_001));
        let expected = (place + rows.len()) as u64;
        for (ledger, threads) in [(&mut right, 1), (&mut back, 2)] {
            ledger.set_threads(Threads::from_count(threads).unwrap());
            let error = apply(ledger, &more).unwrap_err();
            prop_assert_eq!((error.row(), error.to_string().contains("8000000000")), (Some(expected), true));
            prop_assert_eq!(&ledger.to_bytes().unwrap(), &bytes);
        }
    }
}
