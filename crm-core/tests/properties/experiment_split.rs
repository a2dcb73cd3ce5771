//! The law that every comparison of arms carries the check of the split, and that none is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crm_core::Threads;
use crm_core::campaign::{Arm, CampaignMetric, CampaignOutcomes, MeasureOptions, TopShare, UpliftCurve};
use crm_core::customer::IdColumn;
use crm_core::experiment::{
    AlwaysValidOptions, AnovaMethod, BinaryArm, BootstrapColumn, BootstrapOptions, CampaignCost, JointArm,
    MannWhitneyMethod, MeanArm, MeanMethod, Measures, MultiplicityMethod, PermutationOptions,
    ProportionColumns, ProportionMethod, QuantileArm, QuantileArmOptions, SAMPLE_RATIO_THRESHOLD,
    SequentialSampleRatio, SequentialTest, SplitCheck, SplitFinding, StratifiedMethod, TestOptions,
    ThetaMethod, always_valid, analysis_of_variance, bootstrap, bootstrap_one, brunner_munzel,
    campaign_return, campaign_return_of, compare_adjusted, compare_means, compare_proportions,
    compare_quantiles, compare_ratios, compare_several_means, compare_several_proportions,
    compare_stratified, compare_stratified_proportions, dunnett_test, equivalence, homogeneity, mann_whitney,
    permutation_test, quantile_interval, sample_ratio,
};
use proptest::prelude::*;

const HOLM: MultiplicityMethod = MultiplicityMethod::Holm;

/// Rows of a target and of a control: values that vary, a covariate, and whether they converted.
struct Rows {
    values: Vec<f64>,
    covariate: Vec<f64>,
}

impl Rows {
    fn new(count: usize) -> Self {
        let values: Vec<f64> = (0..count).map(|row| 1.0 + (row * 7919 % 101) as f64).collect();
        Self { covariate: (0..count).map(|row| (row * 31 % 97) as f64).collect(), values }
    }

    fn mean(&self) -> MeanArm {
        MeanArm::from_values(&self.values).unwrap()
    }

    fn rate(&self) -> BinaryArm {
        BinaryArm::new(self.values.len() as u64 / 3, self.values.len() as u64).unwrap()
    }

    fn joint(&self) -> JointArm {
        let measures = Measures::of(&self.values).denominator(&self.values).covariate(&self.covariate);
        JointArm::from_measures(&measures).unwrap()
    }

    /// The odd and the even rows.
    fn strata(&self) -> [MeanArm; 2] {
        [0, 1].map(|from| {
            let part: Vec<f64> = self.values.iter().copied().skip(from).step_by(2).collect();
            MeanArm::from_values(&part).unwrap()
        })
    }

    fn quantiles(&self) -> QuantileArm {
        QuantileArm::from_values(&self.values, &QuantileArmOptions::default()).unwrap()
    }
}

/// What is asked of a comparison: options for those of two arms, weights for those of several.
struct Plan {
    options: TestOptions,
    weights: Option<[f64; 2]>,
}

impl Plan {
    fn new(share: Option<f64>) -> Self {
        let options = TestOptions { target_share: share, ..TestOptions::default() };
        Self { options, weights: share.map(|share| [share, 1.0 - share]) }
    }

    fn weights(&self) -> Option<&[f64]> {
        self.weights.as_ref().map(|weights| &weights[..])
    }
}

type Compare = fn(&Rows, &Rows, &Plan) -> Vec<SplitCheck>;

/// Every public comparison, by its name.
const COMPARISONS: &[(&str, Compare)] = &[
    ("compare_proportions", |target, control, plan| {
        let (target, control) = (target.rate(), control.rate());
        let all = ProportionMethod::ALL.iter().map(|&method| {
            let options = plan.options.contrast(method.contrasts()[0]);
            compare_proportions(&target, &control, method, &options).unwrap().split
        });
        all.collect()
    }),
    ("compare", |target, control, plan| {
        let (target, control) = (target.rate(), control.rate());
        let counts = ProportionColumns {
            target_conversions: &[target.conversions(); 2],
            target_trials: &[target.trials(); 2],
            control_conversions: &[control.conversions(); 2],
            control_trials: &[control.trials(); 2],
        };
        let found = counts.compare(ProportionMethod::Score, &plan.options, Threads::Available).unwrap();
        if plan.options.target_share.is_none() {
            assert!(found.split_p_value.is_empty() && found.split_finding.is_empty());
            return vec![SplitCheck::UNPLANNED];
        }
        let rows = found.split_p_value.into_iter().zip(found.split_finding);
        rows.map(|(p_value, finding)| SplitCheck { p_value, ln_p_value: p_value.ln(), finding }).collect()
    }),
    ("compare_means", |target, control, plan| {
        let of =
            |method| compare_means(&target.mean(), &control.mean(), method, &plan.options).unwrap().split;
        let empty =
            compare_means(&target.mean(), &MeanArm::default(), MeanMethod::Welch, &plan.options).unwrap();
        assert_eq!(empty.split.finding == SplitFinding::Unplanned, plan.weights.is_none());
        MeanMethod::ALL.iter().copied().map(of).collect()
    }),
    ("compare_ratios", |target, control, plan| {
        let found =
            compare_ratios(&target.joint(), &control.joint(), MeanMethod::Welch, &plan.options).unwrap();
        vec![found.split]
    }),
    ("compare_adjusted", |target, control, plan| {
        let (target, control) = (target.joint(), control.joint());
        let of =
            |theta| compare_adjusted(&target, &control, theta, MeanMethod::Welch, &plan.options).unwrap();
        let all = ThetaMethod::ALL.iter().copied().map(of);
        all.flat_map(|found| [found.result.split, found.unadjusted.split]).collect()
    }),
    ("compare_stratified", |target, control, plan| {
        let (targets, controls) = (target.strata(), control.strata());
        let of = |targets: &[MeanArm], controls: &[MeanArm], weights: Option<&[f64]>| {
            compare_stratified(targets, controls, weights, MeanMethod::Welch, &plan.options).unwrap().split
        };
        // A stratum of weight 0 does not count.
        let more = MeanArm::from_moments(10_000, 1.0, 1.0).unwrap();
        let (wider, beside) = ([targets[0], targets[1], more], [controls[0], controls[1], more]);
        vec![of(&targets, &controls, None), of(&wider, &beside, Some(&[2.0, 1.0, 0.0]))]
    }),
    ("compare_stratified_proportions", |target, control, plan| {
        let (target, control) = (target.rate(), control.rate());
        // Nobody of the control is in the second stratum: it is not compared, but was dealt.
        let half = target.trials() / 2;
        let counts = ProportionColumns {
            target_conversions: &[0, 0],
            target_trials: &[half, target.trials() - half],
            control_conversions: &[control.conversions(), 0],
            control_trials: &[control.trials(), 0],
        };
        let of = |method: StratifiedMethod| {
            let options = plan.options.contrast(method.contrasts()[0]);
            let found = compare_stratified_proportions(&counts, method, &options).unwrap();
            [found.comparison.split, found.homogeneity.split]
        };
        StratifiedMethod::ALL.iter().copied().flat_map(of).collect()
    }),
    ("mann_whitney", |target, control, plan| {
        let all = [MannWhitneyMethod::Normal, MannWhitneyMethod::NormalCorrected].map(|method| {
            mann_whitney(&target.values, &control.values, method, &plan.options, Threads::Available).unwrap()
        });
        all.map(|found| found.test.split).to_vec()
    }),
    ("brunner_munzel", |target, control, plan| {
        vec![
            brunner_munzel(&target.values, &control.values, &plan.options, Threads::Available).unwrap().split,
        ]
    }),
    ("compare_quantiles", |target, control, plan| {
        vec![compare_quantiles(&target.quantiles(), &control.quantiles(), 0.5, &plan.options).unwrap().split]
    }),
    ("bootstrap", |target, control, plan| {
        let asked = BootstrapOptions { resamples: 100, ..BootstrapOptions::default() };
        let columns = (BootstrapColumn::new(&target.values), BootstrapColumn::new(&control.values));
        vec![bootstrap(&columns.0, &columns.1, &asked, &plan.options).unwrap().test.split]
    }),
    ("permutation_test", |target, control, plan| {
        let asked = PermutationOptions { resamples: 100, ..PermutationOptions::default() };
        vec![permutation_test(&target.values, &control.values, &asked, &plan.options).unwrap().test.split]
    }),
    ("equivalence", |target, control, plan| {
        let (target, control) = (target.mean(), control.mean());
        let test = |options: &TestOptions| compare_means(&target, &control, MeanMethod::Welch, options);
        let found = equivalence(-1.0, 1.0, &plan.options, test).unwrap();
        vec![found.split, found.above.split, found.below.split]
    }),
    ("campaign_return", |target, control, plan| {
        let cost = CampaignCost::new(10.0, 0.1).unwrap();
        let found = campaign_return(&target.mean(), &control.mean(), &cost, MeanMethod::Welch, &plan.options)
            .unwrap();
        vec![found.difference.split, found.break_even.split]
    }),
    ("campaign_return_of", |target, control, plan| {
        let cost = CampaignCost::new(10.0, 0.1).unwrap();
        let test =
            |options: &TestOptions| compare_means(&target.mean(), &control.mean(), MeanMethod::Z, options);
        let found = campaign_return_of(target.mean().count(), &cost, &plan.options, test).unwrap();
        vec![found.difference.split, found.break_even.split]
    }),
    ("compare_several_proportions", |target, control, plan| {
        let arms = [target.rate(), control.rate()];
        let options = TestOptions { target_share: None, ..plan.options };
        let method = ProportionMethod::Score;
        let found = compare_several_proportions(&arms, 1, plan.weights(), method, HOLM, &options).unwrap();
        assert_eq!(found.sample_ratio.finding, found.homogeneity.split.finding);
        vec![found.comparisons[0].split, found.homogeneity.split]
    }),
    ("homogeneity", |target, control, plan| {
        vec![homogeneity(&[target.rate(), control.rate()], plan.weights()).unwrap().split]
    }),
    ("compare_several_means", |target, control, plan| {
        let arms = [target.mean(), control.mean()];
        let options = TestOptions { target_share: None, ..plan.options };
        let found =
            compare_several_means(&arms, 1, plan.weights(), MeanMethod::Welch, HOLM, &options).unwrap();
        assert_eq!(found.sample_ratio.finding, found.comparisons[0].split.finding);
        vec![found.comparisons[0].split]
    }),
    ("analysis_of_variance", |target, control, plan| {
        let arms = [target.mean(), control.mean()];
        let of = |method| analysis_of_variance(&arms, plan.weights(), method).unwrap().split;
        AnovaMethod::ALL.iter().copied().map(of).collect()
    }),
    ("dunnett_test", |target, control, plan| {
        let options = TestOptions { target_share: None, ..plan.options };
        let found = dunnett_test(&[target.mean()], &control.mean(), plan.weights(), &options).unwrap();
        assert_eq!(found.sample_ratio.finding, found.results[0].split.finding);
        vec![found.results[0].split]
    }),
    ("top", |target, control, plan| {
        vec![curve(target, control).top(1.0, TopShare::Everybody, &plan.options).unwrap().result.split]
    }),
    ("bands", |target, control, plan| {
        vec![curve(target, control).bands(1, &plan.options).unwrap()[0].result.split]
    }),
];

/// Comparisons with one arm, which has no split.
const OF_ONE_ARM: [&str; 2] = ["bootstrap_one", "quantile_interval"];

fn curve(target: &Rows, control: &Rows) -> UpliftCurve {
    let rows =
        || target.values.iter().zip(&target.covariate).chain(control.values.iter().zip(&control.covariate));
    let treated: Vec<bool> = (0..rows().count()).map(|row| row < target.values.len()).collect();
    let (outcomes, scores): (Vec<f64>, Vec<f64>) = rows().unzip();
    UpliftCurve::new(&scores, &treated, &outcomes).unwrap()
}

fn expected(target: u64, control: u64, share: f64) -> SplitCheck {
    let split = sample_ratio(&[target, control], &[share, 1.0 - share], SAMPLE_RATIO_THRESHOLD).unwrap();
    SplitCheck { p_value: split.p_value, ln_p_value: split.ln_p_value, finding: split.finding }
}

#[test]
fn every_comparison_says_what_became_of_the_split() {
    let (target, control) = (Rows::new(90), Rows::new(10));
    for (share, finding) in [
        (Some(0.5), SplitFinding::Mismatch),
        (Some(0.9), SplitFinding::AsPlanned),
        (None, SplitFinding::Unplanned),
    ] {
        let plan = Plan::new(share);
        let right = share.map_or(SplitCheck::UNPLANNED, |share| expected(90, 10, share));
        for (name, compare) in COMPARISONS {
            let found = compare(&target, &control, &plan);
            assert!(!found.is_empty(), "{name}");
            for split in found {
                assert_eq!(split.finding, finding, "{name} {share:?}");
                // The p-value of the sample-ratio test, to the bit; batches have no logarithm.
                assert_eq!(split.p_value.to_bits(), right.p_value.to_bits(), "{name} {share:?}");
                assert!(*name == "compare" || split == right, "{name} {share:?}");
            }
        }
    }
}

#[test]
fn no_comparison_is_left_out() {
    let mut found = BTreeSet::new();
    for folder in ["src/experiment", "src/campaign"] {
        visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    let known: BTreeSet<String> =
        COMPARISONS.iter().map(|(name, _)| *name).chain(OF_ONE_ARM).map(str::to_owned).collect();
    assert_eq!(
        found, known,
        "every public function that takes test options or planned weights is checked here"
    );
}

/// Public functions that take test options, or planned weights of several arms.
fn visit(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for part in text.split("pub fn ").skip(1) {
            let signature = part.split('{').next().unwrap_or_default();
            if signature.contains("&TestOptions") || signature.contains("weights: Option<&[f64]>") {
                found.insert(signature.split(['(', '<']).next().unwrap_or_default().to_owned());
            }
        }
    }
}

#[test]
fn one_arm_has_no_split() {
    let (rows, options) = (Rows::new(50), TestOptions::default());
    let column = BootstrapColumn::new(&rows.values);
    let asked = BootstrapOptions { resamples: 100, ..BootstrapOptions::default() };
    let (arm, planned) = (rows.quantiles(), options.target_share(0.5));
    assert_eq!(bootstrap_one(&column, &asked, &options).unwrap().test.split, SplitCheck::UNPLANNED);
    assert_eq!(quantile_interval(&arm, 0.5, &options).unwrap().split, SplitCheck::UNPLANNED);
    let refused = [
        bootstrap_one(&column, &asked, &planned).unwrap_err(),
        quantile_interval(&arm, 0.5, &planned).unwrap_err(),
        // Several arms have weights.
        compare_several_means(&[rows.mean(); 2], 0, None, MeanMethod::Welch, HOLM, &planned).unwrap_err(),
        compare_several_proportions(&[rows.rate(); 2], 0, None, ProportionMethod::Score, HOLM, &planned)
            .unwrap_err(),
        dunnett_test(&[rows.mean()], &rows.mean(), None, &planned).unwrap_err(),
    ];
    assert!(refused.iter().all(|error| error.argument_name() == Some("target_share")));
}

#[test]
fn campaigns_check_every_comparison() {
    for (share, finding) in [(0.5, SplitFinding::Mismatch), (0.9, SplitFinding::AsPlanned)] {
        let arms: Vec<&str> = (0..1000).map(|row| if row < 900 { "mail" } else { "none" }).collect();
        let values = Rows::new(1000);
        let group: Vec<&str> = (0..1000).map(|row| ["north", "south"][row % 2]).collect();
        let split = [Arm::target("mail", share), Arm::control("none", 1.0 - share)];
        let outcomes = CampaignOutcomes::new(&IdColumn::Text(&arms), &split)
            .and_then(|of| of.with_metric(CampaignMetric::Revenue, &values.values))
            .and_then(|of| of.with_groups("region", &IdColumn::Text(&group)))
            .and_then(|of| of.with_before("before", &values.covariate))
            .unwrap();
        let report = outcomes.measure(&MeasureOptions::default()).unwrap();
        let everybody = report.overall("mail", CampaignMetric::Revenue).unwrap();
        assert_eq!(everybody.result.split, expected(900, 100, share));
        assert!(report.effects.iter().all(|effect| effect.result.split.finding == finding));
        assert_eq!(report.effects[1].result.split, expected(450, 50, share));
        let balance = outcomes.balance(0.05, MultiplicityMethod::Holm).unwrap();
        assert!(!balance.rows.is_empty());
        assert!(balance.rows.iter().all(|row| row.result.split == expected(900, 100, share)));
    }
}

/// Looks at a running test carry the check by a p-value that holds over all of them.
#[test]
fn looks_check_the_split_so_far() {
    let options = AlwaysValidOptions::default();
    let planned = AlwaysValidOptions { target_share: Some(0.9), ..options };
    let (target, control) = (|n| BinaryArm::new(n / 10, n).unwrap(), |n| BinaryArm::new(n / 11, n).unwrap());
    let mut test = SequentialTest::new(planned).unwrap();
    let mut check = SequentialSampleRatio::new(&[0.9, 1.0 - 0.9], 100.0).unwrap();
    for (customers, finding) in [
        ([900, 100], SplitFinding::AsPlanned),
        ([1800, 300], SplitFinding::Mismatch),
        // What was wrong once stays wrong.
        ([9000, 1000], SplitFinding::Mismatch),
    ] {
        let step = test.look_rates(&target(customers[0]), &control(customers[1])).unwrap();
        let look = check.look(&customers).unwrap();
        assert_eq!((step.split.p_value, step.split.ln_p_value), (look.p_value, look.ln_p_value));
        assert_eq!(step.split.finding, finding);
        test = SequentialTest::from_json(&test.to_json().unwrap()).unwrap();
    }
    let mut means = SequentialTest::new(planned).unwrap();
    let one = MeanArm::from_moments(1, 1.0, 0.0).unwrap();
    assert_eq!(means.look_means(&one, &one).unwrap().split.finding, SplitFinding::AsPlanned);
    let (many, few) =
        (MeanArm::from_moments(5000, 1.0, 1.0).unwrap(), MeanArm::from_moments(900, 1.0, 1.0).unwrap());
    assert!(means.look_means(&many, &few).unwrap().split.is_flagged());
    // Without a plan, and by an estimate, nothing is checked; a plan for an estimate is refused.
    let mut unplanned = SequentialTest::new(options).unwrap();
    assert_eq!(unplanned.look_means(&many, &few).unwrap().split, SplitCheck::UNPLANNED);
    assert_eq!(unplanned.look(0.1, 0.1, 9000.0).unwrap().split, SplitCheck::UNPLANNED);
    let refused = [
        means.look(0.1, 0.1, 9000.0).unwrap_err(),
        always_valid(0.1, 0.1, 9000.0, &planned).unwrap_err(),
        SequentialTest::new(AlwaysValidOptions { target_share: Some(1.0), ..options }).unwrap_err(),
    ];
    assert!(refused.iter().all(|error| error.argument_name() == Some("target_share")));
    // States from before there were plans.
    let before =
        unplanned.to_json().unwrap().replace(",\"target_share\":null", "").replace(",\"split\":null", "");
    assert!(!before.contains("split") && SequentialTest::from_json(&before).unwrap() == unplanned);
}

proptest! {
    /// Target and control change places with their shares, and the check stays.
    #[test]
    fn arms_change_places(target in 0_u64..1 << 40, control in 0_u64..1 << 40, share in 0.001_f64..0.999) {
        let arm = |trials: u64| MeanArm::from_moments(trials, 1.0, 1.0).unwrap();
        let split = |target: u64, control: u64, share: f64| {
            let options = TestOptions::default().target_share(share);
            compare_means(&arm(target), &arm(control), MeanMethod::Z, &options).unwrap().split
        };
        let (there, back) = (split(target, control, share), split(control, target, 1.0 - share));
        prop_assert_eq!(there.finding, back.finding);
        // 1 - (1 - share) is not quite the share.
        let near = (there.ln_p_value - back.ln_p_value).abs() <= 1e-9 * there.ln_p_value.abs().max(1.0);
        prop_assert!(near || target + control == 0, "{there:?} {back:?}");
    }
}
