//! Laws of measured campaigns: groups are campaigns of their own, nobody is lost, verdict and interval agree, money follows the difference.

use crm_core::campaign::{
    Arm, ArmCost, CampaignEffect, CampaignMetric, CampaignOutcomes, CampaignReport, MeasureOptions, TopShare,
    UpliftCurve,
};
use crm_core::customer::IdColumn;
use crm_core::experiment::{Alternative, Interval, IntervalKind, MultiplicityMethod, TestOptions};
use proptest::prelude::*;
use proptest::sample::select;

/// Arm (3 is none), group, response, revenue, what was there before.
type Row = (usize, usize, bool, f64, f64);

const ARMS: [&str; 4] = ["mail", "post", "control", ""];
const GROUPS: [&str; 3] = ["north", "south", ""];

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let revenue = prop_oneof![Just(0.0), (0..9_u8).prop_map(f64::from), 0.0..900.0_f64];
    prop::collection::vec((0..4_usize, 0..3_usize, any::<bool>(), revenue, -3.0..3.0_f64), 3..60)
        .prop_filter("a control and a target", |rows| {
            rows.iter().any(|row| row.0 == 2) && rows.iter().any(|row| row.0 < 2)
        })
}

fn outcomes(rows: &[Row], covariate: bool) -> CampaignOutcomes {
    let arms: Vec<&str> = rows.iter().map(|row| ARMS[row.0]).collect();
    let groups: Vec<&str> = rows.iter().map(|row| GROUPS[row.1]).collect();
    let column = |of: fn(&Row) -> f64| rows.iter().map(of).collect::<Vec<f64>>();
    let planned = [Arm::target("mail", 2.0), Arm::target("post", 1.0), Arm::control("control", 1.0)];
    let outcomes = CampaignOutcomes::new(&IdColumn::Text(&arms), &planned)
        .unwrap()
        .with_metric(CampaignMetric::Response, &column(|row| f64::from(u8::from(row.2))))
        .unwrap()
        .with_metric(CampaignMetric::Revenue, &column(|row| row.3))
        .unwrap()
        .with_groups("region", &IdColumn::Text(&groups))
        .unwrap()
        .with_before("before", &column(|row| row.4))
        .unwrap();
    if covariate { outcomes.with_covariate(&column(|row| row.4)).unwrap() } else { outcomes }
}

fn options() -> impl Strategy<Value = MeasureOptions> {
    (select(Alternative::ALL), select(MultiplicityMethod::ALL.to_vec()), select(vec![0.05, 0.2, 0.5]))
        .prop_map(|(alternative, multiplicity, alpha)| MeasureOptions {
            alternative,
            multiplicity,
            alpha,
            ..MeasureOptions::default()
        })
}

fn effect<'a>(
    report: &'a CampaignReport,
    group: &str,
    arm: &str,
    metric: CampaignMetric,
) -> Option<&'a CampaignEffect> {
    report.effects.iter().find(|effect| {
        effect.grouping == "region" && effect.group == group && effect.arm == arm && effect.metric == metric
    })
}

fn near(one: f64, other: f64) -> bool {
    one == other || (one.is_nan() && other.is_nan()) || (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

fn holds(outer: &Interval, inner: &Interval) -> bool {
    outer.kind == IntervalKind::Unbounded
        || inner.kind == IntervalKind::Bounded
            && outer.lower <= inner.lower + 1e-9
            && outer.upper >= inner.upper - 1e-9
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_group_is_a_campaign_of_its_own(rows in rows(), options in options(), covariate in any::<bool>()) {
        let whole = outcomes(&rows, covariate).measure(&options).unwrap();
        for (place, group) in GROUPS.iter().enumerate() {
            let within: Vec<Row> = rows.iter().filter(|row| row.1 == place).copied().collect();
            let comparable = |arm| within.iter().any(|row| row.0 == 2) && within.iter().any(|row| row.0 == arm);
            let alone = within.iter().any(|row| row.0 == 2).then(|| outcomes(&within, covariate).measure(&options).unwrap());
            for arm in [0, 1] {
                for metric in [CampaignMetric::Response, CampaignMetric::Revenue] {
                    let found = effect(&whole, group, ARMS[arm], metric);
                    prop_assert_eq!(found.is_some(), comparable(arm));
                    let (Some(found), Some(alone)) = (found, &alone) else { continue };
                    let expected = alone.overall(ARMS[arm], metric).unwrap();
                    prop_assert_eq!((found.customers, found.control_customers), (expected.customers, expected.control_customers));
                    prop_assert!(near(found.result.estimate, expected.result.estimate), "{found:?} {expected:?}");
                    prop_assert!(near(found.result.p_value, expected.result.p_value), "{found:?} {expected:?}");
                    prop_assert!(near(found.incremental.estimate, expected.incremental.estimate), "{found:?}");
                }
            }
        }
    }

    #[test]
    fn nobody_is_lost_and_verdicts_agree(rows in rows(), options in options(), covariate in any::<bool>(), shift in any::<prop::sample::Index>()) {
        let report = outcomes(&rows, covariate).measure(&options).unwrap();
        let placed: u64 = report.arms.iter().map(|arm| arm.customers).sum();
        prop_assert_eq!(placed + report.outside, rows.len() as u64);
        for (place, arm) in ARMS[..2].iter().enumerate() {
            let compared: u64 = report.effects.iter()
                .filter(|effect| effect.grouping == "region" && effect.arm == *arm && effect.metric == CampaignMetric::Response)
                .map(|effect| effect.customers)
                .sum();
            let alone: usize = rows.iter()
                .filter(|row| row.0 == place && report.empty.iter().any(|cell| cell.arm == *arm && cell.grouping == "region" && cell.group == GROUPS[row.1]))
                .count();
            prop_assert_eq!(compared + alone as u64, report.arms[place].customers);
        }
        for effect in &report.effects {
            let test = &effect.result;
            let tie = (test.p_value - test.alpha).abs() <= 1e-9 * test.alpha;
            prop_assert!(tie || test.rejects() == (test.p_value <= test.alpha), "{effect:?}");
            prop_assert!(test.p_value.is_nan() == effect.adjusted_p_value.is_nan(), "{effect:?}");
            prop_assert!(test.p_value.is_nan() || effect.adjusted_p_value >= test.p_value, "{effect:?}");
            prop_assert!(holds(&effect.simultaneous_interval, &test.interval), "{effect:?}");
            prop_assert!(near(effect.incremental.estimate, effect.customers as f64 * test.difference));
            let lift = effect.lift_interval;
            // At a level of a half a one-sided interval ends at the estimate, but for rounding.
            let within = lift.lower <= test.lift + 1e-9 * test.lift.abs() && test.lift <= lift.upper + 1e-9 * test.lift.abs();
            // Corrected for skewness it is about a median, which may lie up to a standard error from the estimate.
            let tail = if test.alternative == Alternative::TwoSided { 0.5 * test.alpha } else { test.alpha };
            let narrow = test.method == "skewness_corrected" && tail > 0.158;
            prop_assert!(test.lift.is_nan() || lift.kind != IntervalKind::Bounded || within || narrow, "{effect:?}");
            prop_assert!(tie || test.control == 0.0 || lift.contains(0.0) != test.rejects(), "{effect:?}");
        }
        // The order of the rows moves nothing but the last digits of means.
        let mut other = rows.clone();
        other.rotate_left(shift.index(rows.len()));
        let again = outcomes(&other, covariate).measure(&options).unwrap();
        prop_assert_eq!(&again.empty, &report.empty);
        prop_assert_eq!(again.effects.len(), report.effects.len());
        for (one, two) in report.effects.iter().zip(&again.effects) {
            prop_assert_eq!((&one.group, &one.arm, one.metric), (&two.group, &two.arm, two.metric));
            prop_assert!(near(one.result.estimate, two.result.estimate), "{one:?} {two:?}");
            prop_assert!(one.metric != CampaignMetric::Response || one.result.p_value.to_bits() == two.result.p_value.to_bits());
        }
    }

    #[test]
    fn money_follows_the_difference(rows in rows(), covariate in any::<bool>(), fixed in 0.0..50.0_f64, per_contact in 0.01..3.0_f64, per_response in 0.0..5.0_f64, margin in 0.05..1.0_f64) {
        let cost = ArmCost { fixed, per_contact, per_response, margin };
        let report = outcomes(&rows, covariate).measure(&MeasureOptions::default().cost(cost)).unwrap();
        for found in &report.returns {
            let effect = report.effects.iter().find(|effect| {
                (&effect.grouping, &effect.group, &effect.arm, effect.metric) == (&found.grouping, &found.group, &found.arm, CampaignMetric::Revenue)
            }).unwrap();
            let members: Vec<&Row> = rows.iter()
                .filter(|row| ARMS[row.0] == found.arm && (found.grouping.is_empty() || GROUPS[row.1] == found.group))
                .collect();
            let all = rows.iter().filter(|row| ARMS[row.0] == found.arm).count();
            let responses = members.iter().filter(|row| row.2).count();
            let paid = fixed * members.len() as f64 / all as f64 + per_contact * members.len() as f64 + per_response * responses as f64;
            let money = &found.returned;
            prop_assert_eq!(money.contacts, members.len() as u64);
            prop_assert!(near(money.cost, paid), "{found:?}");
            prop_assert!(near(money.profit.estimate, margin * effect.incremental.estimate - paid), "{found:?}");
            prop_assert!(near(money.roi.estimate, money.profit.estimate / paid), "{found:?}");
            prop_assert!(near(money.break_even_mean, paid / margin / members.len() as f64), "{found:?}");
            // What pays is what lies above the break-even: profit and return on cost are read off one test.
            let pays = money.profit.interval.lower > 1e-6;
            prop_assert!(!pays || money.break_even.interval.lower > money.break_even_mean, "{found:?}");
            prop_assert!(near(money.break_even.difference, effect.result.difference), "{found:?}");
            let size = money.profit.estimate.abs().max(1.0);
            let tie = [money.profit.interval.lower, money.profit.interval.upper].iter().any(|end| end.abs() < 1e-9 * size);
            prop_assert!(tie || money.break_even.rejects() != money.profit.interval.contains(0.0), "{found:?}");
            prop_assert!(tie || money.break_even.rejects() != money.roi.interval.contains(0.0), "{found:?}");
            prop_assert!(money.roi.interval.contains(money.roi.estimate), "{found:?}");
            let (back, roi) = (money.revenue_per_cost, money.roi);
            prop_assert!(near(margin * back.estimate, roi.estimate + 1.0), "{found:?}");
            prop_assert!(near(margin * back.interval.lower, roi.interval.lower + 1.0), "{found:?}");
            // The rate that pays is a rate or above all rates.
            let rate = found.break_even_rate;
            if rate.estimate.is_finite() {
                prop_assert!(rate.interval.lower >= 0.0 && rate.interval.contains(rate.estimate), "{found:?}");
            }
        }
        let total: f64 = report.returns.iter().filter(|found| found.grouping.is_empty()).map(|found| found.returned.cost).sum();
        let of_groups: f64 = report.returns.iter().filter(|found| !found.grouping.is_empty()).map(|found| found.returned.cost).sum();
        prop_assert!(of_groups <= total * (1.0 + 1e-12), "{of_groups} {total}");
    }

    #[test]
    fn next_to_no_cost_of_responses_is_none(rows in rows(), options in options(), covariate in any::<bool>()) {
        let measured = |per_response: f64| {
            let cost = ArmCost { per_contact: 1.0, per_response, ..ArmCost::default() };
            outcomes(&rows, covariate).measure(&MeasureOptions { alternative: options.alternative, alpha: options.alpha, ..MeasureOptions::default() }.cost(cost)).unwrap().returns
        };
        for (none, some) in measured(0.0).iter().zip(&measured(1e-12)) {
            let (one, two) = (&none.returned.break_even, &some.returned.break_even);
            prop_assert!(one.p_value.is_nan() || (one.p_value - two.p_value).abs() < 1e-6, "{none:?} {some:?}");
        }
    }

    #[test]
    fn balance_is_blind_to_units_and_complete(rows in rows(), scale in 0.01..100.0_f64, shift in -50.0..50.0_f64) {
        prop_assume!((0..3).all(|arm| rows.iter().any(|row| row.0 == arm)));
        let moved: Vec<Row> = rows.iter().map(|&(arm, group, response, revenue, before)| (arm, group, response, revenue, scale * before + shift)).collect();
        let one = outcomes(&rows, false).balance(0.05, MultiplicityMethod::Holm).unwrap();
        let two = outcomes(&moved, false).balance(0.05, MultiplicityMethod::Holm).unwrap();
        prop_assert_eq!(one.rows.len(), two.rows.len());
        for (one, two) in one.rows.iter().zip(&two.rows) {
            let (one_apart, two_apart) = (one.standardised_difference, two.standardised_difference);
            let close = one_apart == two_apart || (one_apart - two_apart).abs() <= 1e-7 * one_apart.abs().max(1.0);
            prop_assert!(close || one.result.p_value.is_nan(), "{one:?} {two:?}");
        }
        // Shares of the groups add up to one in each arm.
        for arm in ["mail", "post"] {
            let levels = one.rows.iter().filter(|row| row.column == "region" && row.arm == arm);
            let (of_target, of_control) = levels.fold((0.0, 0.0), |(target, control), row| (target + row.result.target, control + row.result.control));
            prop_assert!((of_target - 1.0_f64).abs() < 1e-12 && (of_control - 1.0_f64).abs() < 1e-12, "{one:?}");
        }
    }

    #[test]
    fn bands_part_the_customers(
        scores in prop::collection::vec((0..8_u8, any::<bool>(), any::<bool>()), 2..80), bands in 1..9_usize, percent in 1..100_usize,
    ) {
        prop_assume!(scores.iter().any(|row| row.1) && scores.iter().any(|row| !row.1));
        let score: Vec<f64> = scores.iter().map(|row| f64::from(row.0)).collect();
        let target: Vec<bool> = scores.iter().map(|row| row.1).collect();
        let outcome: Vec<f64> = scores.iter().map(|row| f64::from(u8::from(row.2))).collect();
        let curve = UpliftCurve::new(&score, &target, &outcome).unwrap();
        let options = TestOptions::default();
        let found = curve.bands(bands, &options).unwrap();
        prop_assert!(found.len() <= bands);
        prop_assert!(found.windows(2).all(|pair| pair[0].score_to > pair[1].score_from), "{found:?}");
        for band in &found {
            let inside = |wanted: bool| scores.iter().filter(|row| {
                row.1 == wanted && (band.score_to..=band.score_from).contains(&f64::from(row.0))
            }).count() as u64;
            prop_assert_eq!((band.targets, band.controls), (inside(true), inside(false)));
        }
        let everybody: u64 = found.iter().map(|band| band.targets + band.controls).sum();
        prop_assert_eq!(everybody, scores.len() as u64);
        // The top is the first so many customers, with all who tie with the last of them.
        let top = curve.top(percent as f64 / 100.0, TopShare::Everybody, &options).unwrap();
        let wanted = (scores.len() * percent / 100).max(1);
        let mut falling = score.clone();
        falling.sort_by(|one, other| other.total_cmp(one));
        let taken = score.iter().filter(|score| **score >= falling[wanted - 1]).count() as u64;
        prop_assert_eq!(top.targets + top.controls, taken);
        prop_assert_eq!((top.score_from, top.score_to), (falling[0], falling[wanted - 1]));
    }
}
