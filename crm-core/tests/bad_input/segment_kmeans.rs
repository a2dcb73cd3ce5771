//! Numbers, options and texts that k-means cannot use, and the least that it can.

use crm_core::segment::{
    Clustering, FeatureTable, FeatureUnit, KMeans, KMeansOptions, LabelOrder, Matrix, MiniBatchKMeans,
    ScalingOptions, SegmentModel, Starts,
};

use super::*;

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;
/// Six rows of two features, of which five are distinct.
const VALUES: [f64; 12] = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 9.0, 9.0, 8.0, 9.0, 8.0, 9.0];

fn matrix() -> Matrix<'static> {
    Matrix::from_rows(&VALUES, 2).unwrap()
}

fn two() -> KMeansOptions {
    KMeansOptions::new(2)
}

fn given(centres: &[f64]) -> Starts {
    Starts::Given(centres.to_vec())
}

fn one_feature(values: &[f64], options: &KMeansOptions) -> Clustering {
    KMeans::fit(&Matrix::from_rows(values, 1).unwrap(), options).unwrap()
}

/// Kind and whole text of an error.
fn check(error: &Error, kind: ErrorKind, text: &str) {
    assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
}

fn refused(options: &KMeansOptions, kind: ErrorKind, text: &str) {
    check(&KMeans::fit(&matrix(), options).unwrap_err(), kind, text);
    check(&KMeans::fit_weighted(&matrix(), &[1.0; 6], options).unwrap_err(), kind, text);
}

#[test]
fn numbers_that_are_none() {
    for (value, kind, text) in [
        (NAN, ErrorKind::InvalidValue, "NaN is not finite"),
        (INFINITY, ErrorKind::InvalidValue, "inf is not finite"),
        (-INFINITY, ErrorKind::InvalidValue, "-inf is not finite"),
        (1e200, ErrorKind::OutOfRange, "1e200 is above 1e140 in magnitude"),
        (-1.5e140, ErrorKind::OutOfRange, "-1.5e140 is above 1e140 in magnitude"),
    ] {
        let text = format!("feature 1, row 3: {text}");
        let mut values = VALUES;
        values[7] = value;
        // Later in the order of the rows, sooner in that of the columns.
        values[8] = NAN;
        let error = Matrix::from_rows(&values, 2).unwrap_err();
        check(&error, kind, &text);
        assert_eq!(seen(&error), expected(kind, "feature 1", 3));
        let column = |feature| values.iter().skip(feature).step_by(2).copied().collect::<Vec<f64>>();
        check(&Matrix::from_columns(&[&column(0), &column(1)]).unwrap_err(), kind, &text);
    }
}

#[test]
fn tables_that_are_none() {
    let argument = ErrorKind::InvalidArgument;
    let none = "features: 0 is not accepted: must be at least 1";
    check(&Matrix::from_rows(&VALUES, 0).unwrap_err(), argument, none);
    check(&Matrix::from_columns(&[]).unwrap_err(), argument, none);
    check(&Matrix::from_rows(&[], 2).unwrap_err(), ErrorKind::Empty, "values: there are no rows");
    check(&Matrix::from_columns(&[&[], &[]]).unwrap_err(), ErrorKind::Empty, "values: there are no rows");
    let ragged = ErrorKind::LengthMismatch;
    check(
        &Matrix::from_rows(&VALUES[..11], 2).unwrap_err(),
        ragged,
        "values: 11 values are no whole number of rows of 2",
    );
    check(
        &Matrix::from_columns(&[&[1.0, 2.0], &[1.0, 2.0], &[1.0]]).unwrap_err(),
        ragged,
        "feature 2: has 1 rows where feature 0 has 2",
    );
}

#[test]
fn clusters_that_cannot_be() {
    let argument = ErrorKind::InvalidArgument;
    for clusters in [0, 65_537, usize::MAX] {
        let text = format!("clusters: {clusters} is not accepted: must be from 1 to 65536");
        refused(&KMeansOptions::new(clusters), argument, &text);
    }
    let text = |clusters, rows| {
        format!("clusters: {clusters} is not accepted: must be at most the number of distinct rows, {rows}")
    };
    for clusters in [6, 7, 65_536] {
        refused(&KMeansOptions::new(clusters), argument, &text(clusters, 5));
        refused(
            &KMeansOptions::new(clusters).starts(Starts::Random { count: 2 }),
            argument,
            &text(clusters, 5),
        );
    }
    refused(&KMeansOptions::new(6).starts(given(&[3.0; 12])), argument, &text(6, 5));
    // Rows of weight 0 do not count.
    let weights = [1.0, 1.0, 0.0, 1.0, 1.0, 1.0];
    check(
        &KMeans::fit_weighted(&matrix(), &weights, &KMeansOptions::new(5)).unwrap_err(),
        argument,
        &text(5, 4),
    );
    assert_eq!(
        KMeans::fit_weighted(&matrix(), &weights, &KMeansOptions::new(4)).unwrap().model.clusters(),
        4
    );
    // -0 and 0 are one number.
    let zeros = [0.0, -0.0, -0.0, 0.0];
    let error = KMeans::fit(&Matrix::from_rows(&zeros, 1).unwrap(), &two()).unwrap_err();
    check(&error, argument, &text(2, 1));
    let error = KMeans::fit(&Matrix::from_rows(&zeros, 2).unwrap(), &two()).unwrap_err();
    check(&error, argument, &text(2, 1));
}

#[test]
fn options_that_cannot_be() {
    let argument = ErrorKind::InvalidArgument;
    for starts in [Starts::PlusPlus { count: 0 }, Starts::Random { count: 0 }] {
        refused(&two().starts(starts), argument, "starts: 0 is not accepted: must be at least 1");
    }
    refused(&two().most_iterations(0), argument, "most_iterations: 0 is not accepted: must be at least 1");
    for (tolerance, name) in
        [(-1e-300, None), (-1.0, Some("-1")), (NAN, Some("NaN")), (INFINITY, Some("inf"))]
    {
        let name = name.map_or_else(|| tolerance.to_string(), str::to_owned);
        let text = format!("tolerance: {name} is not accepted: must be a finite number of 0 or more");
        refused(&two().tolerance(tolerance), argument, &text);
    }
    for feature in [2, usize::MAX] {
        let text = format!("order: {feature} is not accepted: must be below the number of features, 2");
        refused(&two().order(LabelOrder { feature, descending: true }), argument, &text);
    }
}

#[test]
fn starts_that_cannot_be() {
    for length in [0, 2, 3, 5, 6] {
        let text = format!("starts: {length} values are not 2 centres of 2 features");
        refused(&two().starts(given(&vec![1.0; length])), ErrorKind::LengthMismatch, &text);
    }
    for (value, name) in
        [(NAN, "NaN"), (INFINITY, "inf"), (-INFINITY, "-inf"), (-2e140, &(-2e140_f64).to_string())]
    {
        let options = two().starts(given(&[1.0, 2.0, 3.0, value]));
        let text = format!("starts, row 1: {name} is not a finite number up to 1e140");
        refused(&options, ErrorKind::InvalidValue, &text);
        assert_eq!(
            seen(&KMeans::fit(&matrix(), &options).unwrap_err()),
            expected(ErrorKind::InvalidValue, "starts", 1)
        );
    }
    // The largest that are accepted, equal ones, and ones that no row is near.
    for starts in [[1e140, 1e140, -1e140, -1e140], [0.0; 4], [-1e140; 4], [1e-300; 4]] {
        let fitted = KMeans::fit(&matrix(), &two().starts(given(&starts))).unwrap();
        assert_eq!(fitted.labels, [0, 0, 0, 1, 1, 1], "{starts:?}");
    }
}

#[test]
fn weights_that_cannot_be() {
    let refused = |weights: &[f64], kind, text: &str| {
        check(&KMeans::fit_weighted(&matrix(), weights, &two()).unwrap_err(), kind, text);
    };
    for length in [0, 5, 7] {
        let text = format!("weights: has {length} rows where the matrix has 6");
        refused(&vec![1.0; length], ErrorKind::LengthMismatch, &text);
    }
    for (value, name) in [
        (-1.0, "-1"),
        (NAN, "NaN"),
        (INFINITY, "inf"),
        (-INFINITY, "-inf"),
        (1.1e140, &1.1e140_f64.to_string()),
    ] {
        let text = format!("weights, row 4: {name} is not a weight from 0 to 1e140");
        refused(&[1.0, 1.0, 1.0, 1.0, value, NAN], ErrorKind::InvalidValue, &text);
    }
    for zero in [0.0, -0.0] {
        refused(&[zero; 6], ErrorKind::InvalidValue, "weights: all weights are 0");
    }
}

/// Weights and squared distances that are in range each, but not their products: a model of infinite inertia could not be compared, nor saved.
#[test]
fn weights_of_batches_that_cannot_be() {
    let mut learner = MiniBatchKMeans::new(&two());
    let mut refused = |weights: &[f64], kind, text: &str| {
        check(&learner.update_weighted(&matrix(), weights).unwrap_err(), kind, text);
        assert_eq!(learner.batches(), 0);
    };
    refused(&[1.0; 5], ErrorKind::LengthMismatch, "weights: has 5 rows where the matrix has 6");
    let text = "weights, row 2: -1 is not a weight from 0 to 1e140";
    refused(&[1.0, 1.0, -1.0, 1.0, 1.0, 1.0], ErrorKind::InvalidValue, text);
    refused(&[0.0; 6], ErrorKind::InvalidValue, "weights: all weights are 0");
    learner.update_weighted(&matrix(), &[0.5; 6]).unwrap();
    let learnt = learner.clone();
    check(
        &learner.update_weighted(&matrix(), &[f64::NAN; 6]).unwrap_err(),
        ErrorKind::InvalidValue,
        "weights, row 0: NaN is not a weight from 0 to 1e140",
    );
    assert_eq!(learner, learnt);
}

#[test]
fn weights_of_customers_that_cannot_be() {
    let table =
        FeatureTable::new(3).unwrap().with_column("visits", FeatureUnit::Count, &[1.0, 2.0, 9.0]).unwrap();
    let refused = |weights: &[f64], kind, text: &str| {
        let fitted = SegmentModel::fit_weighted(&table, weights, &ScalingOptions::default(), &two());
        check(&fitted.unwrap_err(), kind, text);
    };
    refused(&[1.0; 2], ErrorKind::LengthMismatch, "weights: has 2 rows where the matrix has 3");
    refused(
        &[1.0, f64::INFINITY, 1.0],
        ErrorKind::InvalidValue,
        "weights, row 1: inf is not a weight from 0 to 1e140",
    );
    refused(&[0.0; 3], ErrorKind::InvalidValue, "weights: all weights are 0");
    refused(
        &[0.0, 0.0, 1.0],
        ErrorKind::InvalidArgument,
        "clusters: 2 is not accepted: must be at most the number of distinct rows, 1",
    );
}

#[test]
fn weights_that_make_an_infinite_inertia() {
    let values = [0.0, 1e139, -1e139, 5e138];
    let fit =
        |weights: &[f64]| KMeans::fit_weighted(&Matrix::from_rows(&values, 1).unwrap(), weights, &two());
    let error = fit(&[1e140, 1e140, 1.0, 1e139]).unwrap_err();
    assert_eq!(seen(&error), expected(ErrorKind::OutOfRange, "weights", None));
    assert!(error.to_string().contains("weights times squared distances"), "{error}");
    let heavy = fit(&[1e25, 1e25, 1.0, 1e24]).unwrap().model;
    assert!(heavy.inertia().is_finite());
    assert_eq!(KMeans::from_json(&heavy.to_json().unwrap()).unwrap(), heavy);
}

#[test]
fn rows_without_weight_only_get_a_label() {
    let values = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0, 1000.0, -1000.0, 6.5];
    let weights = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    for starts in [Starts::PlusPlus { count: 20 }, Starts::Random { count: 20 }, given(&[1000.0, -1000.0])] {
        let options = two().starts(starts);
        let fitted =
            KMeans::fit_weighted(&Matrix::from_rows(&values, 1).unwrap(), &weights, &options).unwrap();
        assert_eq!(fitted.labels, [0, 0, 0, 1, 1, 1, 1, 0, 1]);
        assert_eq!(fitted.model.centres(), [1.0, 11.0]);
        assert_eq!((fitted.model.rows(), fitted.model.weights()), ([4, 5].as_slice(), [3.0, 3.0].as_slice()));
        assert_eq!((fitted.model.within(), fitted.model.inertia()), ([2.0, 2.0].as_slice(), 4.0));
    }
}

#[test]
fn the_least_that_works() {
    let one = KMeansOptions::new(1);
    for starts in [Starts::PlusPlus { count: 10 }, Starts::Random { count: 1 }, given(&[1e9])] {
        let fitted = one_feature(&[-7.5], &one.clone().starts(starts.clone()));
        assert_eq!((fitted.labels.as_slice(), fitted.model.centres()), ([0].as_slice(), [-7.5].as_slice()));
        assert_eq!((fitted.model.inertia(), fitted.model.converged()), (0.0, true));
        // Rows that are all equal.
        let fitted = one_feature(&vec![0.1; 5000], &one.clone().starts(starts));
        assert!(fitted.labels.iter().all(|&label| label == 0));
        assert_eq!((fitted.model.centres(), fitted.model.inertia()), ([0.1].as_slice(), 0.0));
    }
    let equal = vec![0.1; 5000];
    let error = KMeans::fit(&Matrix::from_rows(&equal, 1).unwrap(), &two()).unwrap_err();
    let text = "clusters: 2 is not accepted: must be at most the number of distinct rows, 1";
    check(&error, ErrorKind::InvalidArgument, text);
    let alone = one_feature(&[1.0, 4.0], &one).model;
    let at = alone.assign(&Matrix::from_rows(&[2.5, 0.5], 1).unwrap()).unwrap();
    assert_eq!(
        (at.next_labels.as_slice(), at.next_distances.as_slice()),
        ([0, 0].as_slice(), [INFINITY; 2].as_slice())
    );
    assert_eq!((at.distances.as_slice(), at.border()), ([0.0, 2.0].as_slice(), vec![0.0, 0.0]));
}

#[test]
fn columns_that_say_nothing() {
    // Constant, also at the ends of the range, between and around one that says something.
    let values: Vec<f64> =
        [1.0, 2.0, 8.0, 9.0].iter().flat_map(|&value| [1e140, value, 0.0, -1e140, 0.1]).collect();
    let fitted = KMeans::fit(&Matrix::from_rows(&values, 5).unwrap(), &two()).unwrap();
    assert_eq!(fitted.labels, [0, 0, 1, 1]);
    assert_eq!(fitted.model.centre(0), [1e140, 1.5, 0.0, -1e140, 0.1]);
    assert_eq!(fitted.model.inertia(), 1.0);
}

#[test]
fn rows_of_another_number_of_features() {
    let model = KMeans::fit(&matrix(), &two()).unwrap().model;
    for features in [1, 3, 4] {
        let other = Matrix::from_rows(&VALUES, features).unwrap();
        let text = format!("matrix: has {features} features where the model has 2");
        let kind = ErrorKind::Incompatible;
        check(&model.predict(&other).unwrap_err(), kind, &text);
        check(&model.assign(&other).unwrap_err(), kind, &text);
        check(&model.distances(&other).unwrap_err(), kind, &text);
    }
}

#[test]
fn spreads_at_the_ends_of_the_range() {
    let error = |values: &[f64], clusters| {
        KMeans::fit(&Matrix::from_rows(values, 1).unwrap(), &KMeansOptions::new(clusters)).unwrap_err()
    };
    let text = "matrix: all features vary by less than 1e-100: squares would vanish";
    for clusters in [1, 2] {
        check(&error(&[1e-120, 2e-120, 9e-120], clusters), ErrorKind::OutOfRange, text);
        check(&error(&[0.0, 5e-324], clusters), ErrorKind::OutOfRange, text);
        check(&error(&[-4e-101, 4e-101], clusters), ErrorKind::OutOfRange, text);
    }
    let small = one_feature(&[1e-99, 2e-99, 9e-99, 9.5e-99], &two());
    assert_eq!(small.labels, [0, 0, 1, 1]);
    assert_eq!(small.model.predict(&Matrix::from_rows(&[5e-99, 6e-99], 1).unwrap()).unwrap(), [0, 1]);
    for scale in [1e139, -1e139, 5e139] {
        let values = [-1.0, -0.9, 1.9, 2.0].map(|value| value * scale);
        let fitted = one_feature(&values, &two());
        let expected = if scale > 0.0 { [0, 0, 1, 1] } else { [1, 1, 0, 0] };
        assert_eq!(fitted.labels, expected);
        assert!((fitted.model.inertia() / (scale * scale) - 0.01).abs() < 1e-12);
        let read = KMeans::from_json(&fitted.model.to_json().unwrap()).unwrap();
        assert_eq!(read, fitted.model);
        let extremes = Matrix::from_rows(&[1e140, -1e140], 1).unwrap();
        assert!(read.assign(&extremes).unwrap().next_distances.iter().all(|distance| distance.is_finite()));
    }
}

#[test]
fn texts_that_are_no_model() {
    let model = KMeans::fit(&matrix(), &two()).unwrap().model;
    let text = model.to_json().unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for end in 0..text.len() {
        let error = KMeans::from_json(&text[..end]).unwrap_err();
        assert_eq!(seen(&error), expected(ErrorKind::Corrupt, "json", None), "{end}");
        assert!(error.to_string().starts_with("json: EOF while parsing"), "{error}");
    }
    let with = |field: &str, other: serde_json::Value| {
        let mut changed = value.clone();
        changed[field] = other;
        KMeans::from_json(&changed.to_string()).unwrap_err()
    };
    let corrupt = ErrorKind::Corrupt;
    let later = "json: the model has version 2, this release reads up to 1";
    check(&with("version", 2.into()), ErrorKind::Incompatible, later);
    for version in [0.into(), (-1).into(), "1".into(), serde_json::Value::Null] {
        check(&with("version", version), corrupt, "json: there is no version");
    }
    check(&with("model", "bgnbd".into()), corrupt, "json: holds bgnbd, not k_means");
    check(&with("model", 3.into()), corrupt, "json: holds nothing known, not k_means");
    check(&KMeans::from_json("[]").unwrap_err(), corrupt, "json: holds nothing known, not k_means");
    let parts = "json: the parts of the model do not fit together";
    let floats = |values: &[f64]| serde_json::Value::from(values);
    for (field, other) in [
        ("features", 1.into()),
        ("features", 0.into()),
        ("features", 4.into()),
        ("features", (u64::MAX / 2 + 3).into()),
        ("centres", floats(&[1.0, 2.0, 3.0])),
        ("centres", floats(&[])),
        ("centres", floats(&[1.0, 2.0, 3.0, 1e141])),
        ("rows", vec![3_u64].into()),
        ("rows", vec![2_u64, 2, 2].into()),
        ("rows", Vec::<u64>::new().into()),
        ("weights", floats(&[6.0])),
        ("within", floats(&[0.0, 0.0, 0.0])),
    ] {
        check(&with(field, other), corrupt, parts);
    }
    for field in ["features", "centres", "rows", "weights", "within", "iterations", "converged", "order"] {
        let mut changed = value.clone();
        changed.as_object_mut().unwrap().remove(field);
        let error = KMeans::from_json(&changed.to_string()).unwrap_err();
        check(&error, corrupt, &format!("json: missing field `{field}`"));
        assert_eq!(with(field, "x".into()).kind(), corrupt, "{field}");
    }
    let error = with("centres", vec![serde_json::Value::Null; 4].into());
    check(&error, corrupt, "json: invalid type: null, expected f64");
}

#[test]
fn damage_never_makes_a_model_that_panics() {
    let text = KMeans::fit(&matrix(), &two()).unwrap().model.to_json().unwrap();
    for place in 0..text.len() {
        for byte in [b'0', b'9', b'-', b'"', b',', b'[', b'}', b' '] {
            let mut damaged = text.clone().into_bytes();
            damaged[place] = byte;
            let Ok(model) = KMeans::from_json(&String::from_utf8(damaged).unwrap()) else { continue };
            let same = model.features() == 2;
            assert_eq!(model.assign(&matrix()).is_ok(), same);
            assert_eq!(model.centre(model.clusters() - 1).len(), model.features());
        }
    }
}
