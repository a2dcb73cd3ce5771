//! Loyalty scores: weights, tables and models that make no sense.

use crm_core::loyalty::{
    Ahp, Dimension, DimensionTable, Direction, Inconsistency, LearnedOptions, LoyaltyScore, Normalization,
    RandomIndex, ScoreOptions, Weighting, WeightingKind, WeightingReport, objective_weights,
    proportional_weights,
};

use super::*;

fn dimension(name: &str) -> Dimension {
    Dimension::new(name, "orders").unwrap()
}

fn table(day: &str) -> DimensionTable<'static> {
    DimensionTable::new(Day::parse(day).unwrap(), 4)
        .unwrap()
        .with_column(dimension("orders"), vec![1.0, 2.0, 3.0, 4.0])
        .unwrap()
        .with_column(dimension("visits"), vec![9.0, 2.0, f64::NAN, 4.0])
        .unwrap()
}

fn fit(weighting: Weighting<'_>) -> crm_core::Result<LoyaltyScore> {
    let fitted =
        LoyaltyScore::fit(&table("2025-12-31"), weighting, ScoreOptions::default(), Threads::default());
    fitted.map(|fitted| fitted.model)
}

#[test]
fn weights_that_make_no_sense() {
    for (weights, says) in [
        (&[0.5, 0.4][..], "a sum of 0.9"),
        (&[50.0, 50.0], "a sum of 100"),
        (&[1.5, -0.5], "weight 1, -0.5"),
        (&[f64::NAN, 1.0], "weight 0, NaN"),
        (&[f64::INFINITY, 0.0], "weight 0, inf"),
        (&[1.0], "1 for 2 dimensions"),
        (&[0.5, 0.3, 0.2], "3 for 2 dimensions"),
        (&[0.0, 0.0], "a sum of 0"),
    ] {
        let error = fit(Weighting::Given(weights)).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "weights", None));
        assert!(error.to_string().contains(says), "{error}");
    }
    for proportions in [&[][..], &[0.0], &[-1.0, 2.0], &[f64::NAN], &[f64::MAX, f64::MAX]] {
        let error = proportional_weights(proportions).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "weights", None));
    }
    let ahp = Ahp::from_upper(&[2.0, 4.0, 2.0], RandomIndex::Saaty2005, Inconsistency::Refuse).unwrap();
    let error = fit(Weighting::Ahp(&ahp)).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "comparisons", None));
    for kind in [WeightingKind::Given, WeightingKind::Ahp, WeightingKind::Learned] {
        let error = fit(Weighting::Objective(kind)).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "weighting", None));
    }
}

#[test]
fn comparisons_that_make_no_sense() {
    let table = RandomIndex::Saaty2005;
    for (matrix, says) in [
        (vec![1.0, 5.0, 0.2, 0.2, 1.0, 5.0, 5.0, 0.2, 1.0], "consistency ratio"),
        (vec![1.0, 2.0, 2.0, 1.0], "1 / 2"),
        (vec![1.0, 0.0, 0.0, 1.0], "positive and finite"),
        (vec![1.0, f64::INFINITY, 0.0, 1.0], "positive and finite"),
        (vec![3.0], "diagonal"),
        (vec![1.0; 5], "square"),
        (vec![], "square"),
        (vec![1.0; 400], "20 sides"),
    ] {
        let error = Ahp::new(&matrix, table, Inconsistency::Refuse).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "comparisons", None));
        assert!(error.to_string().contains(says), "{error}");
    }
    for upper in [&[][..], &[1.0, 2.0], &[1.0; 5]] {
        assert!(Ahp::from_upper(upper, table, Inconsistency::Accept).is_err());
    }
    let error = Ahp::synthesis(&[0.5, 0.5], &[&[1.0]]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "local", None));
    let error = Ahp::synthesis(&[0.5, 0.5], &[&[1.0], &[0.5, 0.5]]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "local", None));
    assert!(Ahp::synthesis(&[0.5, 0.6], &[&[1.0], &[1.0]]).is_err());
    assert!(Ahp::synthesis(&[0.5, 0.5], &[&[1.0], &[0.9]]).is_err());
    assert!(Ahp::synthesis(&[], &[]).is_err());
}

#[test]
fn tables_that_make_no_sense() {
    let day = Day::parse("2025-12-31").unwrap();
    assert_eq!(DimensionTable::new(day, 0).unwrap_err().kind(), ErrorKind::Empty);
    assert_eq!(DimensionTable::new(day, usize::MAX).unwrap_err().kind(), ErrorKind::OutOfRange);
    let infinite = DimensionTable::new(day, 2).unwrap().with_column(dimension("a"), vec![1.0, f64::INFINITY]);
    assert_eq!(seen(&infinite.unwrap_err()), expected(ErrorKind::InvalidValue, "a", 1));
    let short = DimensionTable::new(day, 2).unwrap().with_column(dimension("a"), vec![1.0]);
    assert_eq!(seen(&short.unwrap_err()), expected(ErrorKind::LengthMismatch, "a", None));
    let empty = DimensionTable::new(day, 2).unwrap();
    let error = LoyaltyScore::fit(&empty, Weighting::Given(&[]), ScoreOptions::default(), Threads::default());
    assert_eq!(seen(&error.unwrap_err()), expected(ErrorKind::InvalidArgument, "table", None));
    for coverage in [-0.1, 1.1, f64::NAN] {
        let options = ScoreOptions { minimum_coverage: coverage, ..ScoreOptions::default() };
        let error = LoyaltyScore::fit(
            &table("2025-12-31"),
            Weighting::Given(&[0.5, 0.5]),
            options,
            Threads::default(),
        );
        assert_eq!(seen(&error.unwrap_err()), expected(ErrorKind::InvalidArgument, "minimum_coverage", None));
    }
}

#[test]
fn dimensions_that_make_no_sense() {
    assert!(Dimension::new("", "orders").is_err() && Dimension::new("orders", " ").is_err());
    for normalization in [
        Normalization::MidRank { resolution: 1 },
        Normalization::MidRank { resolution: u32::MAX },
        Normalization::MinMax { tail: 0.5 },
        Normalization::MinMax { tail: f64::NAN },
        Normalization::Anchors { low: 1.0, high: 1.0 },
        Normalization::Anchors { low: f64::NEG_INFINITY, high: 1.0 },
        Normalization::Anchors { low: f64::NAN, high: 1.0 },
    ] {
        let error = dimension("orders").normalization(normalization).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "dimension", None));
        assert!(error.to_string().contains("orders"), "{error}");
    }
    assert!(dimension("orders").window(0.0).is_err());
    for text in ["", "{}", r#"{"name": "a"}"#, r#"{"name": "a", "unit": "b", "wndow_days": 3}"#, "[1]"] {
        assert_eq!(
            seen(&Dimension::from_json(text).unwrap_err()),
            expected(ErrorKind::Parse, "dimension", None)
        );
    }
    let text = r#"{"name": "a", "unit": "b", "decay": {"half_life": {"days": -3}}}"#;
    assert_eq!(Dimension::from_json(text).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_table_that_was_measured_otherwise_is_refused() {
    let model = fit(Weighting::Given(&[0.5, 0.5])).unwrap();
    let day = Day::parse("2026-12-31").unwrap();
    let later = |visits: Dimension| {
        DimensionTable::new(day, 1)
            .unwrap()
            .with_column(visits, vec![1.0])
            .unwrap()
            .with_column(dimension("orders"), vec![1.0])
            .unwrap()
    };
    // Another order of the columns is none.
    assert!(model.score(&later(dimension("visits")), Threads::default()).is_ok());
    for (visits, kind) in [
        (dimension("calls"), ErrorKind::MissingColumn),
        (Dimension::new("visits", "days").unwrap(), ErrorKind::Incompatible),
        (dimension("visits").direction(Direction::Lower), ErrorKind::Incompatible),
        (dimension("visits").window(90.0).unwrap(), ErrorKind::Incompatible),
    ] {
        let table = later(visits);
        for error in [
            model.score(&table, Threads::default()).unwrap_err(),
            model.contributions(&table, Threads::default()).unwrap_err(),
        ] {
            assert_eq!(seen(&error), expected(kind, "visits", None));
        }
    }
}

#[test]
fn models_that_cannot_be_compared() {
    let model = fit(Weighting::Given(&[0.5, 0.5])).unwrap();
    let (first, second) = (table("2025-12-31"), table("2026-12-31"));
    let short = DimensionTable::new(Day::parse("2026-12-31").unwrap(), 1)
        .unwrap()
        .with_column(dimension("orders"), vec![1.0])
        .unwrap();
    let error = model.change(&first, &model, &short, Threads::default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "later_table", None));
    let error = model.change(&second, &model, &first, Threads::default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "later", None));
    let one = DimensionTable::new(Day::parse("2026-12-31").unwrap(), 4)
        .unwrap()
        .with_column(dimension("orders"), vec![1.0; 4])
        .unwrap();
    let other =
        LoyaltyScore::fit(&one, Weighting::Given(&[1.0]), ScoreOptions::default(), Threads::default())
            .unwrap()
            .model;
    let error = model.change(&first, &other, &second, Threads::default()).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::Incompatible, "later", None));
}

#[test]
fn retention_that_teaches_nothing() {
    let learn = |retained: &[bool], penalty: f64| {
        fit(Weighting::Learned { retained, options: LearnedOptions { penalty } }).unwrap_err()
    };
    let error = learn(&[true], 0.1);
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "retained", None));
    assert_eq!(seen(&learn(&[true; 4], 0.1)), expected(ErrorKind::InvalidValue, "retained", None));
    assert_eq!(
        seen(&learn(&[true, false, true, false], -1.0)),
        expected(ErrorKind::InvalidArgument, "penalty", None)
    );
    // Row 2 is not known in every dimension: what is left was all retained.
    assert_eq!(
        seen(&learn(&[true, true, false, true], 0.1)),
        expected(ErrorKind::InvalidValue, "retained", None)
    );
}

#[test]
fn reports_that_make_no_sense() {
    let model = fit(Weighting::Given(&[0.5, 0.5])).unwrap();
    let table = table("2026-12-31");
    let judge = |models: &[(&str, &LoyaltyScore)], retained: &[bool], share: f64| {
        WeightingReport::judge(models, &table, retained, share, Threads::default()).unwrap_err()
    };
    let retained = [true, false, true, false];
    assert_eq!(seen(&judge(&[], &retained, 0.1)), expected(ErrorKind::InvalidArgument, "models", None));
    let twice = [("a", &model), ("a", &model)];
    assert_eq!(seen(&judge(&twice, &retained, 0.1)), expected(ErrorKind::InvalidArgument, "models", None));
    for share in [0.0, 1.1, f64::NAN] {
        let error = judge(&[("a", &model)], &retained, share);
        assert_eq!(seen(&error), expected(ErrorKind::InvalidArgument, "top_share", None));
    }
    let error = judge(&[("a", &model)], &[true], 0.1);
    assert_eq!(seen(&error), expected(ErrorKind::LengthMismatch, "retained", None));
}

#[test]
fn columns_that_cannot_be_weighed() {
    let weigh = |columns: &[&[f64]]| objective_weights(WeightingKind::Entropy, columns).unwrap_err();
    assert_eq!(seen(&weigh(&[])), expected(ErrorKind::InvalidArgument, "columns", None));
    assert_eq!(seen(&weigh(&[&[1.0], &[1.0, 2.0]])), expected(ErrorKind::LengthMismatch, "column 1", None));
    assert_eq!(seen(&weigh(&[&[1.0, f64::INFINITY]])), expected(ErrorKind::InvalidValue, "column 0", 1));
    assert_eq!(seen(&weigh(&[&[1.0, -1.0]])), expected(ErrorKind::InvalidValue, "column 0", None));
    assert_eq!(seen(&weigh(&[&[1.0, 1.0]])), expected(ErrorKind::InvalidValue, "columns", None));
    assert_eq!(seen(&weigh(&[&[1.0]])), expected(ErrorKind::Empty, "columns", None));
}

#[test]
fn damaged_models_are_refused() {
    let json = fit(Weighting::Given(&[0.5, 0.5])).unwrap().to_json().unwrap();
    let good = LoyaltyScore::from_json(&json).unwrap();
    assert_eq!(good.to_json().unwrap(), json);
    for (from, to) in [
        (r#""weight":0.5"#, r#""weight":-0.5"#),
        (r#""weight":0.5"#, r#""weight":0.7"#),
        (r#""name":"visits""#, r#""name":"orders""#),
        (r#""known":4"#, r#""known":5"#),
        (r#""values":[1.0,2.0"#, r#""values":[2.0,1.0"#),
        (r#""equal":[1,1,1,1]"#, r#""equal":[1,1,1]"#),
        (r#""equal":[1,1,1,1]"#, r#""equal":[1,1,1,0]"#),
        (r#""population_mean":"#, r#""population_mean":1"#),
        (r#""model":"loyalty_score""#, r#""model":"value_tiers""#),
        (r#""version":1"#, r#""version":0"#),
    ] {
        let damaged = json.replacen(from, to, 1);
        assert_ne!(damaged, json, "{from}");
        assert_eq!(LoyaltyScore::from_json(&damaged).unwrap_err().kind(), ErrorKind::Corrupt, "{from}");
    }
    let later = json.replacen(r#""version":1"#, r#""version":2"#, 1);
    assert_eq!(LoyaltyScore::from_json(&later).unwrap_err().kind(), ErrorKind::Incompatible);
    for length in (0..json.len()).step_by(7) {
        assert!(LoyaltyScore::from_json(&json[..length]).is_err());
    }
}
