//! The check of the split that results carry: mpmath's numbers, as Python and C read them too.

use crm_core::experiment::{
    AnovaMethod, BinaryArm, MeanArm, MeanMethod, MultiplicityMethod, ProportionMethod, SplitCheck,
    TestOptions, analysis_of_variance, compare_means, compare_proportions, compare_several_means,
    compare_several_proportions, dunnett_test, homogeneity,
};
use serde_json::Value;

const HOLM: MultiplicityMethod = MultiplicityMethod::Holm;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn agrees(split: &SplitCheck, expected: &Value, tolerance: f64, what: &str) {
    assert_eq!(split.finding.name(), expected["finding"].as_str().unwrap(), "{what}");
    for (value, key) in [(split.p_value, "p_value"), (split.ln_p_value, "ln_p_value")] {
        let expected = number(&expected[key]);
        let same = value == expected || value.is_nan() && expected.is_nan();
        assert!(
            same || (value - expected).abs() <= tolerance * expected.abs(),
            "{what} {key}: {value:e} {expected:e}"
        );
    }
}

fn rate(pair: &Value) -> BinaryArm {
    BinaryArm::new(pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap()).unwrap()
}

fn mean(arm: &BinaryArm) -> MeanArm {
    MeanArm::from_conversions(arm.conversions(), arm.trials()).unwrap()
}

fn file() -> Value {
    serde_json::from_str(include_str!("../../../tests/cases/experiment/split.json")).unwrap()
}

#[test]
fn two_arms_against_mpmath() {
    let file = file();
    for case in file["two_arms"].as_array().unwrap() {
        let (what, tolerance) = (case["id"].as_str().unwrap(), number(&file["tolerance"]));
        let (target, control) = (rate(&case["target"]), rate(&case["control"]));
        let options = TestOptions { target_share: case["target_share"].as_f64(), ..TestOptions::default() };
        let rates = compare_proportions(&target, &control, ProportionMethod::Score, &options).unwrap();
        agrees(&rates.split, case, tolerance, what);
        let means = compare_means(&mean(&target), &mean(&control), MeanMethod::Welch, &options).unwrap();
        assert_eq!(means.split, rates.split, "{what}");
    }
}

#[test]
fn several_arms_against_mpmath() {
    let file = file();
    for case in file["several_arms"].as_array().unwrap() {
        let (what, tolerance) = (case["id"].as_str().unwrap(), number(&file["tolerance"]));
        let rates: Vec<BinaryArm> = case["arms"].as_array().unwrap().iter().map(rate).collect();
        let control = case["control"].as_u64().unwrap() as usize;
        let weights: Option<Vec<f64>> =
            case["weights"].as_array().map(|weights| weights.iter().map(number).collect());
        let (weights, options) = (weights.as_deref(), TestOptions::default());
        let all =
            compare_several_proportions(&rates, control, weights, ProportionMethod::Score, HOLM, &options)
                .unwrap();
        agrees(&all.homogeneity.split, case, tolerance, what);
        assert_eq!(all.sample_ratio.finding, all.homogeneity.split.finding);
        assert_eq!(homogeneity(&rates, weights).unwrap(), all.homogeneity);
        for (result, expected) in all.comparisons.iter().zip(case["pairs"].as_array().unwrap()) {
            agrees(&result.split, expected, tolerance, what);
        }
        let splits: Vec<SplitCheck> = all.comparisons.iter().map(|result| result.split).collect();
        let means: Vec<MeanArm> = rates.iter().map(mean).collect();
        let several =
            compare_several_means(&means, control, weights, MeanMethod::Welch, HOLM, &options).unwrap();
        assert_eq!(several.comparisons.iter().map(|result| result.split).collect::<Vec<_>>(), splits);
        assert_eq!(several.sample_ratio.observed, all.sample_ratio.observed);
        let anova = analysis_of_variance(&means, weights, AnovaMethod::Welch).unwrap();
        assert_eq!(anova.split, all.homogeneity.split);
        // Dunnett's control is the last arm.
        let (mut targets, mut reordered) = (means.clone(), weights.map(<[f64]>::to_vec));
        let baseline = targets.remove(control);
        if let Some(weights) = &mut reordered {
            let weight = weights.remove(control);
            weights.push(weight);
        }
        let dunnett = dunnett_test(&targets, &baseline, reordered.as_deref(), &options).unwrap();
        assert_eq!(dunnett.results.iter().map(|result| result.split).collect::<Vec<_>>(), splits);
        assert_eq!(dunnett.sample_ratio.finding, anova.split.finding);
    }
}
