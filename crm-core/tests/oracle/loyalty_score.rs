//! Loyalty scores, weights, changes and reports: published numbers and mpmath, `tests/cases/loyalty/scores.json`.

use crm_core::Threads;
use crm_core::customer::Day;
use crm_core::loyalty::{
    Ahp, Combination, Decay, Dimension, DimensionTable, Inconsistency, LearnedOptions, LoyaltyScore,
    Normalization, RandomIndex, ScoreOptions, Weighting, WeightingKind, WeightingReport, objective_weights,
};
use serde_json::Value;

fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/../tests/cases/loyalty/scores.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let all: Value = serde_json::from_str(&text).unwrap();
    all[name].as_array().unwrap().clone()
}

/// Numbers, null as NaN.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn columns(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn table(dimensions: &Value, values: &Value, day: &str) -> DimensionTable<'static> {
    let values = columns(values);
    let mut table = DimensionTable::new(Day::parse(day).unwrap(), values[0].len()).unwrap();
    for (dimension, column) in dimensions.as_array().unwrap().iter().zip(values) {
        table.push(Dimension::from_json(dimension.as_str().unwrap()).unwrap(), column.into()).unwrap();
    }
    table
}

fn options(case: &Value) -> ScoreOptions {
    ScoreOptions {
        combination: Combination::from_name(case["combination"].as_str().unwrap_or("arithmetic")).unwrap(),
        minimum_coverage: case["minimum_coverage"].as_f64().unwrap_or(0.0),
    }
}

#[track_caller]
fn near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let same = (found - expected).abs() <= tolerance || (found.is_nan() && expected.is_nan());
        assert!(same, "{what}, {place}: {found} for {expected}");
    }
}

/// Scores are rounded to 2^-24 points: half of that is 3e-8, and a difference of two of them 6e-8.
const POINTS: f64 = 6.1e-8;

#[test]
fn scores_ranks_and_contributions() {
    let all = cases("scores");
    assert!(all.len() >= 24);
    for case in all {
        let (what, expected) = (case["name"].as_str().unwrap(), &case["expected"]);
        let fitted_table = table(&case["dimensions"], &case["columns"], "2025-12-31");
        let weights = numbers(&case["weights"]);
        let fitted =
            LoyaltyScore::fit(&fitted_table, Weighting::Given(&weights), options(&case), Threads::Available)
                .unwrap();
        near(fitted.scores.scores(), &numbers(&expected["scores"]), POINTS, what);
        near(fitted.scores.coverage(), &numbers(&expected["coverage"]), 1e-15, what);
        near(
            &[fitted.model.population_mean()],
            &[expected["population_mean"].as_f64().unwrap()],
            POINTS,
            what,
        );
        let ranks: Vec<f64> = fitted.scores.ranks().into_iter().map(f64::from).collect();
        near(&ranks, &numbers(&expected["ranks"]), 0.0, what);
        let parts = fitted.model.contributions(&fitted_table, Threads::Available).unwrap();
        assert_eq!(parts.scores, fitted.scores, "{what}");
        for (found, expected) in parts.columns.iter().zip(columns(&expected["contributions"])) {
            near(found, &expected, POINTS, what);
        }
        near(&parts.baseline, &numbers(&expected["baseline"]), POINTS, what);
        if !case["later"].is_null() {
            let later = table(&case["dimensions"], &case["later"], "2026-12-31");
            let scores = fitted.model.score(&later, Threads::Available).unwrap();
            near(scores.scores(), &numbers(&expected["later"]), POINTS, what);
        }
    }
}

#[test]
fn weights_of_pairwise_comparisons() {
    for case in cases("ahp") {
        let (what, expected) = (case["name"].as_str().unwrap(), &case["expected"]);
        let index = RandomIndex::from_name(case["random_index"].as_str().unwrap()).unwrap();
        let ahp = Ahp::from_upper(&numbers(&case["upper"]), index, Inconsistency::Accept).unwrap();
        near(ahp.weights(), &numbers(&expected["weights"]), 1e-14, what);
        near(&[ahp.largest_eigenvalue()], &[expected["largest_eigenvalue"].as_f64().unwrap()], 1e-13, what);
        near(&[ahp.consistency_ratio()], &[expected["consistency_ratio"].as_f64().unwrap()], 1e-13, what);
    }
}

/// The figures of `AHPy`'s README (Saaty's survey of drinks; the leader), as printed. The leader is that of Wikipedia, "Analytic hierarchy process -
/// leader example", where Moll, Nell and Sue are Tom, Dick and Harry: of the criteria, experience is compared with education, charisma and age as 4,
/// 3 and 7, education with charisma and age as 1/3 and 3, charisma with age as 5, which gives .547, .127, .270, .056. The README, and
/// `HAHP.Sample.LeaderChoice` of the Haskell package hahp, have the same matrix.
#[test]
fn published_weights_of_comparisons() {
    let third = 1.0 / 3.0;
    let drinks = [
        9.0,
        5.0,
        2.0,
        1.0,
        1.0,
        0.5,
        third,
        1.0 / 9.0,
        1.0 / 9.0,
        1.0 / 9.0,
        1.0 / 9.0,
        third,
        0.25,
        third,
        1.0 / 9.0,
        0.5,
        1.0,
        third,
        2.0,
        0.5,
        third,
    ];
    let compared =
        |upper: &[f64]| Ahp::from_upper(upper, RandomIndex::Saaty2005, Inconsistency::Refuse).unwrap();
    let ahp = compared(&drinks);
    near(ahp.weights(), &[0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327], 0.0005, "drinks");
    near(&[ahp.consistency_ratio()], &[0.022], 0.0005, "drinks");
    // Moll, Nell and Sue by experience, education, charisma and age.
    let criteria = compared(&[4.0, 3.0, 7.0, third, 3.0, 5.0]);
    near(criteria.weights(), &[0.547, 0.127, 0.270, 0.056], 0.0006, "criteria");
    let local = [
        compared(&[0.25, 4.0, 9.0]),
        compared(&[3.0, 0.2, 1.0 / 7.0]),
        compared(&[5.0, 9.0, 4.0]),
        compared(&[third, 5.0, 9.0]),
    ];
    near(local[0].weights(), &[0.217, 0.717, 0.066], 0.0005, "experience");
    near(&[local[0].consistency_ratio()], &[0.035], 0.0006, "experience");
    let weights: Vec<&[f64]> = local.iter().map(Ahp::weights).collect();
    let leader = Ahp::synthesis(criteria.weights(), &weights).unwrap();
    near(&leader, &[0.358, 0.493, 0.15], 0.001, "leader");
    // The same in full digits, by NumPy's eigenvectors.
    near(
        &leader,
        &[0.358_136_769_422_365_44, 0.492_788_188_234_374_4, 0.149_075_042_343_260_27],
        1e-12,
        "leader",
    );
}

#[test]
fn objective_weights_of_others() {
    for case in cases("weights") {
        let what = case["name"].as_str().unwrap();
        let kind = WeightingKind::from_name(case["weighting"].as_str().unwrap()).unwrap();
        let columns = columns(&case["columns"]);
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let found = objective_weights(kind, &columns).unwrap().weights;
        // Cilos is written with 1 / x in doubles.
        near(&found, &numbers(&case["expected"]), 1e-12, what);
        if !case["published"].is_null() {
            near(&found, &numbers(&case["published"]), 5e-9, what);
        }
    }
}

#[test]
fn learned_weights_are_the_minimum() {
    for case in cases("learned") {
        let expected = &case["expected"];
        let columns = columns(&case["columns"]);
        let retained: Vec<bool> =
            numbers(&case["retained"]).into_iter().map(|stayed| stayed == 1.0).collect();
        let mut table = DimensionTable::new(Day::parse("2025-12-31").unwrap(), retained.len()).unwrap();
        for (place, column) in columns.iter().enumerate() {
            let dimension = Dimension::new(&format!("d{place}"), "units")
                .unwrap()
                .normalization(Normalization::Anchors { low: 0.0, high: 1.0 })
                .unwrap();
            table.push(dimension, column.into()).unwrap();
        }
        let options = LearnedOptions { penalty: case["penalty"].as_f64().unwrap() };
        let weighting = Weighting::Learned { retained: &retained, options };
        let fitted =
            LoyaltyScore::fit(&table, weighting, ScoreOptions::default(), Threads::Available).unwrap();
        let found = fitted.learned.unwrap();
        assert!(found.converged);
        // The gradient vanishes to 1e-9 of the loss; curvature is no less than the penalty.
        near(&found.coefficients, &numbers(&expected["coefficients"]), 1e-7, "coefficients");
        near(&[found.intercept], &[expected["intercept"].as_f64().unwrap()], 1e-7, "intercept");
        near(&[found.loss], &[expected["loss"].as_f64().unwrap()], 1e-12, "loss");
        near(&fitted.model.weights(), &numbers(&expected["weights"]), 1e-7, "weights");
        assert_eq!(
            found.held_at_zero,
            numbers(&expected["weights"]).iter().map(|weight| *weight == 0.0).collect::<Vec<_>>()
        );
    }
}

#[test]
fn effects_of_a_change_are_means_over_all_orders() {
    for case in cases("changes") {
        let (what, expected) = (case["name"].as_str().unwrap(), &case["expected"]);
        let fit = |end: &Value, day: &str| {
            let table = table(&case["dimensions"], &end["columns"], day);
            let weights = numbers(&end["weights"]);
            let fitted =
                LoyaltyScore::fit(&table, Weighting::Given(&weights), options(&case), Threads::Available)
                    .unwrap();
            (fitted.model, table)
        };
        let ((before, first), (after, second)) =
            (fit(&case["before"], "2025-06-30"), fit(&case["after"], "2025-12-31"));
        let change = before.change(&first, &after, &second, Threads::Available).unwrap();
        for (found, name) in [
            (&change.value, "value"),
            (&change.reference, "reference"),
            (&change.weight, "weight"),
            (&change.before, "before"),
            (&change.after, "after"),
        ] {
            near(found, &numbers(&expected[name]), POINTS, &format!("{what}, {name}"));
        }
        let parts = before.change_by_dimension(&first, &after, &second, Threads::Available).unwrap();
        assert_eq!(
            (&parts.names[..], parts.change.before),
            (&["a", "b", "c"].map(str::to_owned)[..], change.before)
        );
        for (found, name) in
            [(&parts.value, "value"), (&parts.reference, "reference"), (&parts.weight, "weight")]
        {
            for (found, wanted) in found.iter().zip(columns(&expected["by_dimension"][name])) {
                near(found, &wanted, POINTS, &format!("{what}, {name} by dimension"));
            }
        }
    }
}

#[test]
fn reports_side_by_side() {
    for case in cases("reports") {
        let table = table(&case["dimensions"], &case["columns"], "2025-12-31");
        let retained: Vec<bool> =
            numbers(&case["retained"]).into_iter().map(|stayed| stayed == 1.0).collect();
        let expected = &case["expected"];
        let rows = expected["rows"].as_array().unwrap();
        let fitted: Vec<(&str, LoyaltyScore)> = rows
            .iter()
            .map(|row| {
                let name = row["name"].as_str().unwrap();
                let weights = numbers(&case["weights"][name]);
                let fitted = LoyaltyScore::fit(
                    &table,
                    Weighting::Given(&weights),
                    ScoreOptions::default(),
                    Threads::Available,
                );
                (name, fitted.unwrap().model)
            })
            .collect();
        let models: Vec<(&str, &LoyaltyScore)> = fitted.iter().map(|(name, model)| (*name, model)).collect();
        let share = case["top_share"].as_f64().unwrap();
        let report = WeightingReport::judge(&models, &table, &retained, share, Threads::Available).unwrap();
        for (found, row) in report.rows.iter().zip(rows) {
            let wanted = |name: &str| row[name].as_f64().unwrap();
            near(
                &[found.auc, found.lift, found.top_retention],
                &[wanted("auc"), wanted("lift"), wanted("top_retention")],
                1e-14,
                &found.name,
            );
        }
        near(&report.rank_correlation, &numbers(&expected["rank_correlation"]), 1e-14, "correlations");
    }
}

/// Ten points, half of them gone every month (`HubSpot`'s "score decay", which is linear); half-lives by their definition.
#[test]
fn published_decay() {
    let linear = Decay::linear_loss(0.5, 1.0).unwrap();
    let left: Vec<f64> = [0.0, 1.0, 2.0, 3.0].iter().map(|month| 10.0 * linear.weight(*month)).collect();
    near(&left, &[10.0, 5.0, 0.0, 0.0], 0.0, "linear");
    let half_life = Decay::HalfLife { days: 90.0 };
    let left: Vec<f64> = [0.0, 45.0, 90.0, 180.0].iter().map(|day| half_life.weight(*day)).collect();
    near(&left, &[1.0, std::f64::consts::FRAC_1_SQRT_2, 0.5, 0.25], 1e-15, "half-life");
}

/// `SciPy`'s documentation of `percentileofscore`: of 1, 2, 3, 3, 4 the score 3 has 40 (strict), 80 (weak) and 60 (mean); the mid-rank percentile is
/// the mean. Of 1, 2, 3, 4 it has 50 (strict) and 75 (weak; `rank` says 75 too), so 62.5.
#[test]
fn mid_ranks_are_the_mean_percentiles_of_scipy() {
    let score = |values: &[f64], at: usize| {
        let table = DimensionTable::new(Day::parse("2025-12-31").unwrap(), values.len()).unwrap();
        let table = table.with_column(Dimension::new("x", "units").unwrap(), values).unwrap();
        let fitted =
            LoyaltyScore::fit(&table, Weighting::Given(&[1.0]), ScoreOptions::default(), Threads::Available);
        fitted.unwrap().scores.scores()[at]
    };
    assert_eq!((score(&[1.0, 2.0, 3.0, 3.0, 4.0], 2), score(&[1.0, 2.0, 3.0, 4.0], 2)), (60.0, 62.5));
}
