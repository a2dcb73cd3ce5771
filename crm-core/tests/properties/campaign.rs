//! Campaigns: the order of rows changes nothing, accounts add up, splits stay as they are when customers come or shares grow, and chance is fair.

use crm_core::campaign::{
    Arm, BucketHash, Comparison, Holdout, RankOrder, Rule, Selected, Selection, Split, TargetTable, TieBreak,
    UpliftCurve, UpliftCurveKind, UpliftScale,
};
use crm_core::customer::{CustomerId, IdColumn, IdList};
use proptest::prelude::*;

/// A customer: id, score, consent, segment.
type Row = (i64, Option<u8>, Option<bool>, Option<u8>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (any::<Option<u8>>(), any::<Option<bool>>(), prop::option::of(0..4_u8));
    prop::collection::btree_map(-50..50_i64, row, 1..60).prop_map(|customers| {
        customers.into_iter().map(|(id, (score, consent, segment))| (id, score, consent, segment)).collect()
    })
}

fn table(rows: &[Row]) -> TargetTable {
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let segments = ["a", "b", "c", "d"];
    TargetTable::new(&IdColumn::Integer((&ids).into()))
        .unwrap()
        .with_numbers(
            "score",
            rows.iter().map(|row| number(row.1.map(|score| f64::from(score % 8)))).collect(),
        )
        .unwrap()
        .with_numbers("consent", rows.iter().map(|row| number(row.2.map(f64::from))).collect())
        .unwrap()
        .with_texts(
            "segment",
            &IdColumn::OptionalText(
                rows.iter().map(|row| row.3.map(|place| segments[usize::from(place)])).collect(),
            ),
        )
        .unwrap()
}

fn plan(quota: u64, each: u64, salted: bool) -> Selection {
    let ties = if salted { TieBreak::Hash("ties".to_owned()) } else { TieBreak::Id };
    let known = IdList::new(&IdColumn::Integer((&vec![1_i64, 7, -3]).into())).unwrap();
    Selection::new()
        .opted_in("consent", "consent")
        .unwrap()
        .rule("score", Rule::compare("score", Comparison::AtLeast, 2.0))
        .unwrap()
        .do_not_contact("list", known)
        .unwrap()
        .rank_by("score", RankOrder::Descending)
        .unwrap()
        .ties(ties)
        .unwrap()
        .segment_quotas("segment", &[("a", 2)], Some(each))
        .unwrap()
        .quota(quota)
        .unwrap()
}

fn selected_ids(rows: &[Row], selected: &Selected) -> Vec<i64> {
    selected.rows().iter().map(|&row| rows[row as usize].0).collect()
}

/// Customers 0, 1, ... in strata.
fn in_strata(strata: &[u8]) -> TargetTable {
    let ids: Vec<i64> = (0..strata.len() as i64).collect();
    let names: Vec<&str> =
        strata.iter().map(|&stratum| ["north", "south", "", "东"][usize::from(stratum)]).collect();
    TargetTable::new(&IdColumn::Integer((&ids).into()))
        .unwrap()
        .with_texts("stratum", &IdColumn::Text(&names))
        .unwrap()
}

proptest! {
    #[test]
    fn selections_ignore_the_order_of_rows_and_lose_nobody(
        rows in rows(), shift in any::<prop::sample::Index>(), quota in 0..30_u64, each in 0..10_u64, salted: bool,
    ) {
        let selected = plan(quota, each, salted).select(&table(&rows)).unwrap();
        prop_assert_eq!(selected.selected() + selected.excluded(), rows.len() as u64);
        prop_assert_eq!(selected.reasons().iter().map(|reason| reason.first).sum::<u64>(), selected.excluded());
        prop_assert!(selected.selected() <= quota);
        for (row, &first) in selected.first_reasons().iter().enumerate() {
            prop_assert_eq!(first < 0, selected.all_reasons(row).is_empty());
            prop_assert_eq!(selected.reason(row), selected.all_reasons(row).first().copied());
        }
        let mut other = rows.clone();
        other.rotate_left(shift.index(rows.len()));
        other.reverse();
        let again = plan(quota, each, salted).select(&table(&other)).unwrap();
        prop_assert_eq!(selected_ids(&rows, &selected), selected_ids(&other, &again));
        prop_assert_eq!(selected.reasons(), again.reasons());
    }

    #[test]
    fn customers_keep_their_arms_when_others_come(ids in prop::collection::hash_set(any::<i64>(), 1..200), more in any::<i64>()) {
        let split = Split::new("s", &[Arm::target("a", 2.0), Arm::control("none", 1.0)]).unwrap();
        let mut ids: Vec<i64> = ids.into_iter().collect();
        let arms = |ids: &Vec<i64>| {
            split.assign(&IdList::new(&IdColumn::Integer(ids.into())).unwrap()).unwrap().arms().to_vec()
        };
        let before = arms(&ids);
        ids.push(more);
        prop_assert_eq!(&before, &arms(&ids)[..before.len()]);
        ids.reverse();
        let mut after = arms(&ids);
        after.reverse();
        prop_assert_eq!(&before, &after[..before.len()]);
    }

    #[test]
    fn customers_leave_only_arms_that_shrink_and_join_only_arms_that_grow(
        weights in prop::collection::vec(0.0..1.0_f64, 3), changes in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64), 1..6),
    ) {
        prop_assume!(weights.iter().sum::<f64>() > 0.01);
        let mut split = Split::new(
            "s", &[Arm::target("a", weights[0]), Arm::target("b", weights[1]), Arm::control("none", weights[2])],
        ).unwrap();
        let ids: Vec<i64> = (0..400).collect();
        let ids = IdList::new(&IdColumn::Integer((&ids).into())).unwrap();
        for (a, b, c) in changes {
            let total = (a + b + c).max(1.0);
            let shares = [a / total, b / total, c / total];
            let (before, old) = (split.assign(&ids).unwrap(), split.shares());
            split = split.with_shares(&shares).unwrap();
            let after = split.assign(&ids).unwrap();
            for (share, wanted) in split.shares().iter().zip(shares) {
                prop_assert!((share - wanted).abs() < 1e-12, "{} {}", share, wanted);
            }
            for (&from, &to) in before.arms().iter().zip(after.arms()).filter(|(from, to)| from != to) {
                let fell = from < 0 || shares[from as usize] < old[from as usize] + 1e-12;
                let rose = to < 0 || shares[to as usize] > old[to as usize] - 1e-12;
                prop_assert!(fell && rose, "{} to {}: {:?} {:?}", from, to, old, shares);
            }
            prop_assert_eq!(&Split::from_json(&split.to_json()).unwrap(), &split);
        }
    }

    #[test]
    fn coverage_within_strata_moves_nobody_between_arms_and_keeps_shares_exact(
        weights in prop::collection::vec(0..5_u8, 3), strata in prop::collection::vec(0..4_u8, 1..150), mut steps in prop::collection::vec(0..=20_u8, 2..5),
    ) {
        prop_assume!(weights.iter().any(|&weight| weight > 0));
        let arm = |place: usize| f64::from(weights[place]);
        let split = Split::new("s", &[Arm::target("a", arm(0)), Arm::target("b", arm(1)), Arm::control("none", arm(2))]).unwrap();
        let table = in_strata(&strata);
        steps.sort_unstable();
        let mut before = vec![-1; strata.len()];
        for step in steps {
            let coverage = f64::from(step) / 20.0;
            let covered = split.clone().with_coverage(coverage).unwrap();
            let after = covered.assign_stratified(&table, &["stratum"]).unwrap();
            for (from, to) in before.iter().zip(after.arms()) {
                prop_assert!(*from < 0 || from == to, "{} to {} at {}", from, to, coverage);
            }
            for stratum in 0..4_u8 {
                let members: Vec<usize> = (0..strata.len()).filter(|&row| strata[row] == stratum).collect();
                for (place, share) in covered.shares().iter().enumerate() {
                    let got = members.iter().filter(|&&row| after.arms()[row] == place as i32).count() as f64;
                    prop_assert!((got - members.len() as f64 * share).abs() < 1.0 + 1e-9, "{} {}", got, share);
                }
            }
            before = after.arms().to_vec();
        }
    }

    #[test]
    fn shares_within_strata_move_only_those_of_arms_that_change(
        strata in prop::collection::vec(0..3_u8, 1..150), changes in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64), 1..5),
    ) {
        let mut split = Split::new("s", &[Arm::target("a", 1.0), Arm::target("b", 1.0), Arm::control("none", 1.0)]).unwrap();
        let table = in_strata(&strata);
        for (a, b, c) in changes {
            let total = (a + b + c).max(1.0);
            let shares = [a / total, b / total, c / total];
            let (before, old) = (split.assign_stratified(&table, &["stratum"]).unwrap(), split.shares());
            split = split.with_shares(&shares).unwrap();
            let after = split.assign_stratified(&table, &["stratum"]).unwrap();
            for (&from, &to) in before.arms().iter().zip(after.arms()).filter(|(from, to)| from != to) {
                let fell = from < 0 || shares[from as usize] < old[from as usize] + 1e-12;
                let rose = to < 0 || shares[to as usize] > old[to as usize] - 1e-12;
                prop_assert!(fell && rose, "{} to {}: {:?} {:?}", from, to, old, shares);
            }
        }
    }

    #[test]
    fn a_holdout_is_the_same_customers_wherever_its_salt_is_used(
        ids in prop::collection::btree_set(any::<i64>(), 1..100), salt in "[a-z]{1,3}", share in 0.0..=1.0_f64, of_split in "[a-z]{1,3}",
    ) {
        let ids: Vec<i64> = ids.into_iter().collect();
        let holdout = Holdout::new(&salt, share).unwrap();
        let split = Split::new(&of_split, &[Arm::target("a", 1.0), Arm::control("none", 1.0)]).unwrap().without(holdout.clone());
        let assigned = split.assign(&IdList::new(&IdColumn::Integer((&ids).into())).unwrap()).unwrap();
        let table = TargetTable::new(&IdColumn::Integer((&ids).into())).unwrap();
        let selected = Selection::new().without("held", holdout.clone()).unwrap().select(&table).unwrap();
        for (row, &id) in ids.iter().enumerate() {
            let held = holdout.holds(CustomerId::Integer(id));
            prop_assert_eq!(assigned.arms()[row] == -3, held);
            prop_assert_eq!(selected.first_reasons()[row] == 0, held);
        }
    }

    #[test]
    fn uplift_curves_ignore_the_order_of_rows(
        rows in prop::collection::vec((0..6_u8, any::<bool>(), -5.0..5.0_f64), 2..60), shift in any::<prop::sample::Index>(),
    ) {
        let curve = |rows: &[(u8, bool, f64)]| {
            let column = |of: fn(&(u8, bool, f64)) -> f64| rows.iter().map(of).collect::<Vec<f64>>();
            let target: Vec<bool> = rows.iter().map(|row| row.1).collect();
            UpliftCurve::new(&column(|row| f64::from(row.0)), &target, &column(|row| row.2))
        };
        prop_assume!(rows.iter().any(|row| row.1) && rows.iter().any(|row| !row.1));
        let mut other = rows.clone();
        other.rotate_left(shift.index(rows.len()));
        let (one, two) = (curve(&rows).unwrap(), curve(&other).unwrap());
        for kind in [UpliftCurveKind::Qini, UpliftCurveKind::Gain] {
            prop_assert_eq!(one.heights(kind), two.heights(kind));
            let area = |curve: &UpliftCurve| curve.score(kind, UpliftScale::Area).unwrap().area;
            prop_assert_eq!(area(&one), area(&two));
        }
        prop_assert!(one.customers().windows(2).all(|pair| pair[0] < pair[1]));
    }
}

/// The chi-square statistic of counts that should be equal.
fn chi_square(counts: &[u64]) -> f64 {
    let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
}

#[test]
fn buckets_are_uniform_under_many_salts() {
    // 500 salts, 2,000 customers, 20 cells: 19 degrees of freedom each. The sum over salts is chi-square with 9,500 degrees of freedom: mean 9500,
    // standard deviation 137.8; bounds at four of them. The largest of 500 is below the quantile at 1 - 1e-6 / 500 (qchisq: 77.6).
    let mut sum = 0.0;
    for salt in 0..500 {
        let salt = format!("campaign-{salt}");
        let mut counts = [0_u64; 20];
        for id in 0..2000 {
            counts[(BucketHash::Xxh3.bucket(&salt, CustomerId::Integer(id)) * 20.0) as usize] += 1;
        }
        let statistic = chi_square(&counts);
        assert!(statistic < 77.6, "{salt}: {statistic}");
        sum += statistic;
    }
    assert!((sum - 9500.0).abs() < 4.0 * 137.8, "{sum}");
}

#[test]
fn neighbouring_salts_deal_independently() {
    // Cells of 4 x 4 quarters of two neighbouring campaigns, 15 degrees of freedom, 300 pairs: 4,500 degrees of freedom in sum, standard
    // deviation 94.9. GrowthBook's first hash fails this.
    let sum_of = |hash: BucketHash| {
        let mut sum = 0.0;
        for campaign in 0..300 {
            let salts = [campaign, campaign + 1].map(|number| format!("campaign-{number}"));
            let mut counts = [0_u64; 16];
            for id in 0..2000 {
                let [one, two] = [&salts[0], &salts[1]]
                    .map(|salt| (hash.bucket(salt, CustomerId::Integer(id)) * 4.0) as usize);
                counts[4 * one + two] += 1;
            }
            sum += chi_square(&counts);
        }
        sum
    };
    let sum = sum_of(BucketHash::Xxh3);
    assert!((sum - 4500.0).abs() < 4.0 * 94.9, "{sum}");
    assert!(sum_of(BucketHash::GrowthbookV1) > 10_000.0);
}

#[test]
fn who_wins_ties_is_dealt_as_planned_by_the_same_salt() {
    // Half of the customers are selected by ties alone, those with the lower numbers, and dealt under the same salt.
    let ids: Vec<i64> = (0..20_000).collect();
    let table = TargetTable::new(&IdColumn::Integer((&ids).into())).unwrap();
    let plan =
        Selection::new().ties(TieBreak::Hash("spring-2026".to_owned())).unwrap().quota(10_000).unwrap();
    let selected =
        plan.without("held", Holdout::new("spring-2026", 0.1).unwrap()).unwrap().select(&table).unwrap();
    let split = Split::new("spring-2026", &[Arm::target("mail", 9.0), Arm::control("none", 1.0)]).unwrap();
    let dealt = split.assign(table.take(selected.rows()).unwrap().ids()).unwrap();
    // Five standard deviations of a binomial count.
    assert!((dealt.counts()[1] as f64 - 1000.0).abs() < 150.0, "{:?}", dealt.counts());
}

#[test]
fn realised_shares_converge() {
    let split = Split::new("s", &[Arm::target("a", 0.7), Arm::target("b", 0.25), Arm::control("none", 0.05)])
        .unwrap();
    for size in [1_000_i64, 10_000, 100_000, 1_000_000] {
        let ids: Vec<i64> = (0..size).collect();
        let assignment = split.assign(&IdList::new(&IdColumn::Integer((&ids).into())).unwrap()).unwrap();
        for (&count, share) in assignment.counts().iter().zip([0.7, 0.25, 0.05]) {
            // Five standard deviations of a binomial share.
            let deviation = (count as f64 / size as f64 - share).abs();
            assert!(
                deviation < 5.0 * (share * (1.0 - share) / size as f64).sqrt(),
                "{size} {share}: {deviation}"
            );
        }
    }
}
