//! The laws of the points ledger, and its agreement with one record for each point.

use std::collections::BTreeMap;

use crm_core::loyalty::{EntryKind, PointsEntries, PointsLedger};
use proptest::prelude::*;

use crate::naive_points::{Row, State, What, World};
use crate::naive_rules::{NEVER, Rules};
use crate::points_rows::{apply, first_rows, program, raws, row, rules};

const MEMBERS: usize = 3;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What postings add up to: by member the available, pending and owed points; by kind the points.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sums {
    balances: BTreeMap<u32, [i64; 3]>,
    kinds: BTreeMap<i32, i64>,
}

impl Sums {
    fn add(&mut self, entries: &PointsEntries) {
        let changes = entries.changes();
        for place in 0..entries.len() {
            let balances = self.balances.entry(entries.members[place]).or_default();
            balances[0] += changes.available[place];
            balances[1] += changes.pending[place];
            balances[2] += changes.owed[place];
            *self.kinds.entry(entries.kinds[place] as i32).or_default() += entries.points[place];
        }
    }

    fn of(&self, kind: EntryKind) -> i64 {
        self.kinds.get(&(kind as i32)).copied().unwrap_or(0)
    }
}

/// The place of each member in the ledger.
fn places(ledger: &PointsLedger) -> Vec<Option<usize>> {
    let balances = ledger.balances(60_000 * MICROS_PER_DAY).ok();
    let ids = balances.map(|balances| balances.customer_ids);
    let place = |member: usize| {
        ids.as_ref().and_then(|ids| ids.iter().position(|id| id.to_string() == member.to_string()))
    };
    (0..MEMBERS).map(place).collect()
}

/// Compares everything that can be seen of both at the start of a day.
fn agree(ledger: &PointsLedger, world: &World, day: i32) -> std::result::Result<(), TestCaseError> {
    let balances = ledger.balances(i64::from(day) * MICROS_PER_DAY).unwrap();
    for (place, id) in balances.customer_ids.iter().enumerate() {
        let member: usize = id.to_string().parse().unwrap();
        let counted =
            (world.count(member, State::Active), world.count(member, State::Pending), world.debt[member]);
        prop_assert_eq!((balances.available[place], balances.pending[place], balances.owed[place]), counted);
        let held = world
            .points
            .iter()
            .filter(|point| point.owner == member && matches!(point.state, State::Pending | State::Active));
        let next = held.clone().map(|point| point.expires).min().unwrap_or(NEVER);
        let lapsing =
            if next == NEVER { 0 } else { held.filter(|point| point.expires == next).count() as i64 };
        let at = if next == NEVER { i64::MAX } else { i64::from(next) * MICROS_PER_DAY };
        prop_assert_eq!((balances.next_expiry_at[place], balances.next_expiry_points[place]), (at, lapsing));
        prop_assert_eq!(world.root(member), {
            let holder = balances.customer_ids.get(balances.holders[place] as usize).unwrap();
            holder.to_string().parse::<usize>().unwrap()
        });
    }
    Ok(())
}

/// What all postings say of all points, up to the newest event of each account.
fn postings_agree(sums: &Sums, world: &World) -> std::result::Result<(), TestCaseError> {
    let count = |is: fn(State) -> bool| world.points.iter().filter(|point| is(point.state)).count() as i64;
    prop_assert_eq!(sums.of(EntryKind::Earned), world.points.len() as i64);
    let spent = sums.of(EntryKind::Redeemed) - sums.of(EntryKind::Restored);
    prop_assert_eq!(spent, count(|state| matches!(state, State::Spent(_))));
    prop_assert_eq!(sums.of(EntryKind::Expired), count(|state| matches!(state, State::Expired(_))));
    prop_assert_eq!(sums.of(EntryKind::Reversed), count(|state| state == State::Reversed));
    prop_assert_eq!(sums.of(EntryKind::Settled), count(|state| state == State::Settled));
    prop_assert_eq!((sums.of(EntryKind::Owed), sums.of(EntryKind::Forgiven)), (world.owed, world.forgiven));
    prop_assert_eq!(sums.of(EntryKind::Sent), sums.of(EntryKind::Received));
    prop_assert_eq!(sums.of(EntryKind::DebtSent), sums.of(EntryKind::DebtReceived));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60_000))]

    /// After every event the engine has what the counting of single points has, refuses what cannot be and then stays as it
    /// was, keeps the laws of conservation, and posts what it did. Replayed at once, or from what was saved, it has the same bits.
    #[test]
    fn single_points_agree_after_every_event(rules in rules(), raws in raws(18), later in 0..70i32) {
        let program = program(&rules);
        let mut ledger = PointsLedger::new(program.clone());
        let (mut accepted, mut sums): (Vec<Row>, Sums) = (Vec::new(), Sums::default());
        accepted.extend(first_rows());
        let mut posted = apply(&mut ledger, &accepted).unwrap();
        sums.add(&posted);
        let (mut tried, mut first_refused) = (accepted.clone(), None);
        let mut world = World::run(&rules, MEMBERS, &accepted, accepted[0].day).unwrap();
        for (number, &raw) in raws.iter().enumerate() {
            let event = row(raw, &accepted, number as i64, MEMBERS, true);
            let newest = accepted.iter().map(|row| row.day).max().unwrap_or(event.day).max(event.day);
            let mut more = accepted.clone();
            more.push(event.clone());
            let right = if world.takes_time_of(&rules, &event) { World::run(&rules, MEMBERS, &more, newest) } else { None };
            let before = ledger.clone();
            tried.push(event.clone());
            match (apply(&mut ledger, std::slice::from_ref(&event)), right) {
                (Ok(entries), Some(after)) => {
                    sums.add(&entries);
                    posted.append(&entries).unwrap();
                    (world, accepted) = (after, more);
                }
                (Err(error), None) => {
                    prop_assert_eq!(error.row(), Some(ledger.rows()), "{}", error);
                    prop_assert!(error.to_string().contains(&event.id.to_string()), "{}", error);
                    prop_assert_eq!(&ledger, &before);
                    first_refused.get_or_insert(tried.len() as u64 - 1);
                }
                (engine, right) => {
                    return Err(TestCaseError::fail(format!(
                        "{event:?} after {accepted:?}: the engine {:?}, single points {}",
                        engine.map(|entries| entries.points),
                        if right.is_some() { "take it" } else { "refuse it" },
                    )));
                }
            }
            prop_assert!(ledger.verify().is_ok(), "{:?}", ledger.verify());
            if let Some(newest) = accepted.iter().map(|row| row.day).max() {
                agree(&ledger, &world, newest)?;
            }
        }
        let day = accepted.iter().map(|row| row.day).max().unwrap_or(20_000) + later;
        agree(&ledger, &World::run(&rules, MEMBERS, &accepted, day).unwrap(), day)?;

        let mut at_once = PointsLedger::new(program);
        if let Some(row) = first_refused {
            // Whatever else is wrong further down, with other members too.
            prop_assert_eq!(apply(&mut at_once, &tried).unwrap_err().row(), Some(row));
            prop_assert!(at_once.is_empty() && at_once.rows() == 0);
        }
        let half = accepted.len() / 2;
        let mut entries_at_once = apply(&mut at_once, &accepted[..half]).unwrap();
        let mut at_once = PointsLedger::from_bytes(&at_once.to_bytes().unwrap()).unwrap();
        entries_at_once.append(&apply(&mut at_once, &accepted[half..]).unwrap()).unwrap();
        prop_assert_eq!(&entries_at_once, &posted);
        prop_assert_eq!(&at_once.to_bytes().unwrap(), &ledger_after(&ledger, &accepted).to_bytes().unwrap());

        sums.add(&ledger.advance(i64::from(day) * MICROS_PER_DAY).unwrap());
        ledger.verify().unwrap();
        postings_agree(&sums, &World::run(&rules, MEMBERS, &accepted, day).unwrap())?;
        let balances = ledger.balances(i64::from(day) * MICROS_PER_DAY).unwrap();
        for place in 0..ledger.len() {
            let posted = sums.balances.get(&(place as u32)).copied().unwrap_or_default();
            prop_assert_eq!(posted, [balances.available[place], balances.pending[place], balances.owed[place]]);
        }
    }
}

/// The ledger itself: refused rows do not count.
fn ledger_after<'l>(ledger: &'l PointsLedger, accepted: &[Row]) -> &'l PointsLedger {
    assert_eq!(ledger.rows(), accepted.len() as u64);
    ledger
}

/// Events without merges that the engine accepts in the order of their days.
fn accepted_in_order(rules: &Rules, raws: &[crate::points_rows::Raw]) -> Vec<Row> {
    let mut ledger = PointsLedger::new(program(rules));
    let mut accepted = first_rows();
    apply(&mut ledger, &accepted).unwrap();
    for (number, &raw) in raws.iter().enumerate() {
        let raw = (raw.0, raw.1 % 200, raw.2, raw.3, raw.4);
        let event = row(raw, &accepted, number as i64, MEMBERS, false);
        if apply(&mut ledger, std::slice::from_ref(&event)).is_ok() {
            accepted.push(event);
        }
    }
    accepted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Where events may be backdated, the order in which they arrive does not matter: balances, totals and the sums of all
    /// postings are those of the order of time.
    #[test]
    fn the_order_of_arrival_does_not_matter(rules in rules(), raws in raws(10), swaps in prop::collection::vec(any::<u8>(), 6)) {
        let rules = Rules { backdating_days: 400, ..rules };
        let accepted = accepted_in_order(&rules, &raws);
        // Events of one day keep their order, and so do those of which one needs the other.
        let mut shuffled = accepted.clone();
        for (step, &swap) in swaps.iter().enumerate() {
            if shuffled.len() > 1 {
                let place = usize::from(swap) % (shuffled.len() - 1);
                if shuffled[place].day != shuffled[place + 1].day || shuffled[place].member != shuffled[place + 1].member {
                    shuffled.swap(place, place + 1);
                }
                let _ = step;
            }
        }
        let mut in_order = PointsLedger::new(program(&rules));
        let mut right = Sums::default();
        right.add(&apply(&mut in_order, &accepted).unwrap());
        let (mut ledger, mut sums) = (PointsLedger::new(program(&rules)), Sums::default());
        for event in &shuffled {
            match apply(&mut ledger, std::slice::from_ref(event)) {
                Ok(entries) => sums.add(&entries),
                // What needs an event that has not arrived yet is refused, and then there is nothing to compare.
                Err(_) => return Ok(()),
            }
        }
        ledger.verify().unwrap();
        let day = accepted.iter().map(|row| row.day).max().unwrap_or(20_000);
        let at = i64::from(day + 50) * MICROS_PER_DAY;
        let (one, two) = (ledger.balances(at).unwrap(), in_order.balances(at).unwrap());
        for (place, id) in one.customer_ids.iter().enumerate() {
            let other = two.customer_ids.iter().position(|other| other == id).unwrap();
            prop_assert_eq!(
                (one.available[place], one.pending[place], one.owed[place], one.next_expiry_at[place]),
                (two.available[other], two.pending[other], two.owed[other], two.next_expiry_at[other])
            );
        }
        prop_assert_eq!(sums.kinds.iter().filter(|kind| *kind.1 != 0).collect::<Vec<_>>(),
            right.kinds.iter().filter(|kind| *kind.1 != 0).collect::<Vec<_>>());
    }

    /// A merge that is taken back at once leaves every balance as it was, whoever owed what, and which of two members is
    /// merged into the other does not matter for what they have together.
    #[test]
    fn unmerge_undoes_merge_and_merging_commutes(rules in rules(), raws in raws(12), later in 0..30i32) {
        let accepted = accepted_in_order(&rules, &raws);
        let mut ledger = PointsLedger::new(program(&rules));
        apply(&mut ledger, &accepted).unwrap();
        let day = accepted.iter().map(|row| row.day).max().unwrap_or(20_000) + later;
        let at = i64::from(day) * MICROS_PER_DAY;
        let known = places(&ledger);
        let (Some(one), Some(two)) = (known[0], known[1]) else { return Ok(()) };
        let merge = |into: usize, other: usize| Row { member: into, id: 1000, day, what: What::Merge(other) };
        let before = ledger.balances(at).unwrap();
        let (mut there, mut back) = (ledger.clone(), ledger.clone());
        apply(&mut there, &[merge(0, 1)]).unwrap();
        apply(&mut back, &[merge(1, 0)]).unwrap();
        let (a, b) = (there.balances(at).unwrap(), back.balances(at).unwrap());
        prop_assert_eq!((a.available[one], a.pending[one], a.owed[one]), (b.available[two], b.pending[two], b.owed[two]));
        prop_assert_eq!((a.available[two], a.pending[two], a.owed[two]), (0, 0, 0));
        let net = |balances: &crm_core::loyalty::PointsBalances, place: usize| balances.available[place] - balances.owed[place];
        prop_assert_eq!(net(&a, one), net(&before, one) + net(&before, two));
        // Through the one that was merged away, as a card that is still used.
        let undo = Row { member: 1, id: 1001, day, what: What::Unmerge(1000) };
        apply(&mut there, &[undo]).unwrap();
        there.verify().unwrap();
        prop_assert_eq!(there.balances(at).unwrap(), before);
        let far = i64::from(day + 100) * MICROS_PER_DAY;
        prop_assert_eq!(there.balances(far).unwrap(), ledger.balances(far).unwrap());
    }
}

/// The laws above are worth what their cases reach: every kind of event is taken and refused, every kind of posting is made, and
/// earlier postings are corrected.
#[test]
fn the_cases_reach_every_event_and_every_posting() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let strategy = (rules(), raws(18));
    let (mut taken, mut refused) = (BTreeMap::<String, u32>::new(), BTreeMap::<String, u32>::new());
    let (mut kinds, mut corrections, mut backdated) = (BTreeMap::<i32, u32>::new(), 0, 0);
    for _ in 0..3000 {
        let (rules, raws) = strategy.new_tree(&mut runner).unwrap().current();
        let mut ledger = PointsLedger::new(program(&rules));
        let mut accepted = first_rows();
        apply(&mut ledger, &accepted).unwrap();
        for (number, &raw) in raws.iter().enumerate() {
            let event = row(raw, &accepted, number as i64, MEMBERS, true);
            let name = format!("{:?}", event.what).split([' ', '(']).next().unwrap().to_owned();
            match apply(&mut ledger, std::slice::from_ref(&event)) {
                Ok(entries) => {
                    *taken.entry(name).or_default() += 1;
                    corrections += entries.corrections.iter().filter(|&&correction| correction).count();
                    backdated += u32::from(
                        accepted.iter().any(|row| row.member == event.member && row.day > event.day),
                    );
                    for &kind in &entries.kinds {
                        *kinds.entry(kind as i32).or_default() += 1;
                    }
                    accepted.push(event);
                }
                Err(_) => *refused.entry(name).or_default() += 1,
            }
        }
    }
    let least = |counts: &BTreeMap<String, u32>| counts.values().copied().min().unwrap();
    assert!(taken.len() == 11 && least(&taken) > 20, "{taken:?}");
    assert!(refused.len() >= 10 && least(&refused) > 5, "{refused:?}");
    assert!(kinds.len() == EntryKind::ALL.len(), "{kinds:?}");
    assert!(corrections > 100 && backdated > 300, "{corrections} {backdated}");
}
