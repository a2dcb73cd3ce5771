//! Two rates: mpmath's numbers for every method, published intervals, and exact tests of R and `SciPy`.

use crm_core::experiment::{
    Alternative, BinaryArm, Contrast, ProportionMethod, TestOptions, TestResult, TestStatus,
    compare_proportions,
};
use serde_json::Value;

fn arm(value: &Value) -> BinaryArm {
    BinaryArm::new(value[0].as_u64().unwrap(), value[1].as_u64().unwrap()).unwrap()
}

/// A number; those that JSON has not are texts.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn near(value: f64, expected: f64, scale: f64, tolerance: f64, what: &str) {
    let same = value == expected || (value.is_nan() && expected.is_nan());
    assert!(
        same || (value - expected).abs() <= tolerance * scale.max(expected.abs()),
        "{what}: {value:e} {expected:e}"
    );
}

fn compare(case: &Value, check: &Value, options: TestOptions) -> TestResult {
    let method = ProportionMethod::from_name(text(check, "method")).unwrap();
    let options = options.contrast(Contrast::from_name(text(check, "contrast")).unwrap());
    compare_proportions(&arm(&case["target"]), &arm(&case["control"]), method, &options).unwrap()
}

#[test]
fn every_method_against_mpmath() {
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/cases/experiment/two_proportions.json")).unwrap();
    let tolerance = number(&file["tolerance"]);
    let mut checked = 0;
    for case in file["cases"].as_array().unwrap() {
        for check in case["checks"].as_array().unwrap() {
            checked += 1;
            let alternative = Alternative::from_name(text(check, "alternative")).unwrap();
            let result = compare(case, check, TestOptions::default().alternative(alternative));
            let what =
                format!("{} {} {}", text(case, "name"), text(check, "method"), text(check, "contrast"));
            let any = &case["of_any"];
            near(result.target, number(&any["target"]), 0.0, 1e-15, &what);
            near(result.control, number(&any["control"]), 0.0, 1e-15, &what);
            near(result.difference, number(&any["difference"]), 0.0, 1e-15, &what);
            near(result.lift, number(&any["lift"]), 0.0, 1e-15, &what);
            near(result.effect_size, number(&any["cohens_h"]), 0.0, 1e-14, &what);
            let expected = &check["expected"];
            if text(check, "field") == "interval" {
                let (lower, upper) = (number(&expected[0]), number(&expected[1]));
                if result.p_value.is_nan() {
                    // A variance of 0 gives an interval of one point, which says nothing.
                    assert!(lower == upper && result.status != TestStatus::Ok, "{what}");
                    continue;
                }
                let scale =
                    if lower.is_finite() && upper.is_finite() { lower.abs().max(upper.abs()) } else { 0.0 };
                near(result.interval.lower, lower, scale, tolerance, &what);
                near(result.interval.upper, upper, scale, tolerance, &what);
            } else if text(check, "field") == "p" {
                near(result.p_value, number(&expected["p"]), 0.0, 1e-9, &what);
                near(result.ln_p_value, number(&expected["ln_p"]), 1e-3, tolerance, &what);
            } else if number(expected).is_nan() {
                // Nothing varies: no rejection, and the status says why.
                assert!(result.status != TestStatus::Ok && !result.rejects(), "{what}");
                assert!(result.statistic.is_nan() || result.statistic == 0.0, "{what}");
            } else {
                let power = if text(check, "field") == "square" { 2 } else { 1 };
                near(result.statistic.powi(power), number(expected), 1e-100, tolerance, &what);
            }
        }
    }
    assert_eq!(checked, file["checks"].as_u64().unwrap());
}

#[test]
fn published_intervals() {
    let text_of_file = include_str!("../../../tests/cases/experiment/two_proportions_published.json");
    let file: Value = serde_json::from_str(text_of_file).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let interval = compare(case, case, TestOptions::default()).interval;
        let tolerance = number(&case["tolerance"]);
        let what = text(case, "name");
        // Where a method's ends leave what is possible, the published ones are cut.
        let cut = |end: f64| if text(case, "contrast") == "difference" { end.clamp(-1.0, 1.0) } else { end };
        near(cut(interval.lower), number(&case["interval"][0]), 1.0, tolerance, what);
        near(cut(interval.upper), number(&case["interval"][1]), 1.0, tolerance, what);
    }
    assert_eq!(file["cases"].as_array().unwrap().len(), 28);
}

fn exact(
    target: [u64; 2],
    control: [u64; 2],
    method: ProportionMethod,
    alternative: Alternative,
) -> TestResult {
    let arm = |[x, f]: [u64; 2]| BinaryArm::new(x, x + f).unwrap();
    let options = TestOptions::default().contrast(method.contrasts()[0]).alternative(alternative);
    compare_proportions(&arm(target), &arm(control), method, &options).unwrap()
}

#[test]
fn barnard_of_r_and_scipy() {
    // Barnard::barnard.test(dp=1e-6) of R, in scipy's TestBarnardExact.test_precise; columns are groups.
    for ([[a, b], [c, d]], statistic, p) in [
        ([[43, 40], [10, 39]], 3.555_406_779_643, 0.000_362_832_367),
        ([[2, 7], [8, 2]], -2.518_474_945_157, 0.019_210_815_43),
        ([[5, 1], [10, 10]], 1.449_486_150_679, 0.156_277_546_306),
        ([[10, 5], [10, 1]], -1.449_486_150_679, 0.177_536_588_915),
        ([[5, 0], [1, 4]], 2.581_988_897_472, 0.013_671_875),
    ] {
        let result = exact([a, c], [b, d], ProportionMethod::Barnard, Alternative::TwoSided);
        near(result.statistic, statistic, 1.0, 1e-11, "statistic");
        near(result.p_value, p, 1.0, 1e-9, "p");
    }
}

#[test]
fn boschloo_of_r_and_scipy() {
    // Exact::exact.test(method="Boschloo", tsmethod="central", beta=1e-8) of R, in scipy's TestBoschlooExact; columns are groups.
    for ([[a, b], [c, d]], p) in [([[5, 16], [20, 25]], 0.058_273_48), ([[7, 12], [8, 3]], 0.034_109_16)] {
        let result = exact([a, c], [b, d], ProportionMethod::Boschloo, Alternative::Less);
        near(result.p_value, p, 1.0, 1e-7, "p");
    }
}

#[test]
fn fisher_in_the_tail() {
    // scipy.stats.fisher_exact, quoted in an issue of a package that returned 1.369e-06.
    let result = exact([50, 1], [257, 375], ProportionMethod::Fisher, Alternative::TwoSided);
    near(result.p_value, 1.222_047_036_352_584e-17, 0.0, 1e-12, "p");
}

/// ln of the binomial probability by a product, which has nothing in common with the engine's.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let mut ln = vec![n as f64 * (1.0 - p).ln()];
    for x in 0..n {
        ln.push(ln[x as usize] + ((n - x) as f64 / (x + 1) as f64 * p / (1.0 - p)).ln());
    }
    ln.into_iter().map(f64::exp).collect()
}

/// What R's `exact.test` and `SciPy` call the statistic of Boschloo's test: Fisher's one-sided p-value.
#[test]
fn fisher_as_the_statistic_of_boschloo() {
    for (target, control, known) in [((5, 25), (16, 41), 0.089_138_23), ((7, 15), (12, 15), 0.064_067_97)] {
        let arms = [target, control].map(|(x, n)| BinaryArm::new(x, n).unwrap());
        let options = TestOptions::default().contrast(Contrast::OddsRatio).alternative(Alternative::Less);
        let found =
            compare_proportions(&arms[0], &arms[1], ProportionMethod::FisherCentral, &options).unwrap();
        assert!((found.p_value - known).abs() < 5e-9, "{}", found.p_value);
    }
}

/// The exact chance that the 95 % interval holds the truth.
fn coverage(method: ProportionMethod, contrast: Contrast, (n1, p1): (u64, f64), (n0, p0): (u64, f64)) -> f64 {
    let truth = if contrast == Contrast::Difference { p1 - p0 } else { p1 / p0 };
    let options = TestOptions::default().contrast(contrast);
    let (target, control) = (binomial(n1, p1), binomial(n0, p0));
    let mut sum = 0.0;
    for (x1, chance1) in (0..).zip(&target) {
        for (x0, chance0) in (0..).zip(&control) {
            let chance = chance1 * chance0;
            if chance < 1e-10 {
                continue;
            }
            let arms = (BinaryArm::new(x1, n1).unwrap(), BinaryArm::new(x0, n0).unwrap());
            let result = compare_proportions(&arms.0, &arms.1, method, &options).unwrap();
            // Where a method has no interval it does not cover, as for its users.
            if !result.p_value.is_nan() && result.interval.contains(truth) {
                sum += chance;
            }
        }
    }
    sum
}

#[test]
fn exact_coverage_with_large_targets_and_small_controls() {
    use Contrast::{Difference, Ratio};
    use ProportionMethod as M;
    let mixed = ((1900, 0.02), (100, 0.1));
    let rare = ((2000, 0.006), (500, 0.004));
    for (method, contrast, (target, control), expected) in [
        (M::Score, Difference, mixed, 0.951),
        (M::Newcombe, Difference, mixed, 0.951),
        (M::Unpooled, Difference, mixed, 0.931),
        (M::Score, Ratio, rare, 0.964),
        (M::Logarithm, Ratio, rare, 0.831),
        (M::Unpooled, Ratio, rare, 0.762),
    ] {
        let found = coverage(method, contrast, target, control);
        println!("{method:?} {contrast:?} {found:.4}");
        assert!((found - expected).abs() < 6e-4, "{method:?} {contrast:?}: {found} {expected}");
    }
}

/// Laud's skewness-corrected score method for 5 of 56 against 0 of 29, as ratesci 1.1 prints it; 45 against 15 from its definition in mpmath.
#[test]
fn scores_corrected_for_skewness() {
    let (target, control) = (BinaryArm::new(5, 56).unwrap(), BinaryArm::new(0, 29).unwrap());
    let method = ProportionMethod::SkewnessCorrected;
    let options = TestOptions::default();
    let found = compare_proportions(&target, &control, method, &options).unwrap();
    near(found.interval.lower, -0.0186, 0.0, 5e-5 / 0.0186, "lower");
    near(found.interval.upper, 0.1867, 0.0, 5e-5 / 0.1867, "upper");
    near(found.statistic, 1.739_213, 0.0, 5e-7, "statistic");
    near(found.p_value, 0.081_997_29, 0.0, 1e-7, "p-value");
    let ratio = compare_proportions(&target, &control, method, &options.contrast(Contrast::Ratio)).unwrap();
    near(ratio.interval.lower, 0.7696, 0.0, 5e-5 / 0.7696, "ratio");
    assert_eq!((ratio.interval.upper, ratio.status), (f64::INFINITY, TestStatus::ZeroBaseline));
    let lift = compare_proportions(&target, &control, method, &options.contrast(Contrast::Lift)).unwrap();
    near(lift.interval.lower, ratio.interval.lower - 1.0, 1.0, 1e-14, "lift");
    let one_sided = options.alternative(Alternative::Greater);
    near(
        compare_proportions(&target, &control, method, &one_sided).unwrap().p_value,
        0.040_998_65,
        0.0,
        1e-6,
        "one-sided",
    );
    let odds = options.contrast(Contrast::OddsRatio);
    assert!(compare_proportions(&target, &control, method, &odds).is_err());
}
