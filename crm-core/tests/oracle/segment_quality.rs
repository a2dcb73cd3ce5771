//! Indices of clusters by scikit-learn, and the published choice for public data.

use std::io::Read;

use crm_core::Threads;
use crm_core::segment::{
    ChoiceOptions, ClusterChoice, Dispersion, Gap, GapOptions, GapReference, KMeans, KMeansOptions, Matrix,
    Silhouette, SilhouetteOptions, silhouette_values,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    tolerance: f64,
    features: usize,
    values: Vec<f64>,
    labels: Vec<u32>,
    /// Of the first rows.
    silhouettes: Vec<f64>,
    calinski_harabasz: f64,
    davies_bouldin: f64,
}

fn assert_near(value: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((value - expected).abs() <= tolerance * expected.abs().max(1e-3), "{what}: {value} {expected}");
}

#[test]
fn indices_of_scikit_learn() {
    let cases: Cases =
        serde_json::from_str(include_str!("../../../tests/cases/segment/quality.json")).unwrap();
    assert_eq!(cases.cases.len(), 11);
    for case in cases.cases {
        let matrix = Matrix::from_rows(&case.values, case.features).unwrap();
        let values = silhouette_values(&matrix, &case.labels, Threads::Available).unwrap();
        for (value, expected) in values.iter().zip(&case.silhouettes) {
            assert_near(*value, *expected, 1e-12, &case.name);
        }
        let dispersion = Dispersion::evaluate(&matrix, &case.labels, Threads::Available).unwrap();
        assert_near(dispersion.calinski_harabasz, case.calinski_harabasz, case.tolerance, &case.name);
        assert_near(dispersion.davies_bouldin, case.davies_bouldin, case.tolerance, &case.name);
        // The law of total variance.
        assert_near(dispersion.within + dispersion.between, dispersion.total, case.tolerance, &case.name);
    }
}

/// The features of a file without compression, whose last column is the truth.
fn public(name: &str) -> Option<(Vec<f64>, usize)> {
    let path = std::env::var_os("CRM_TEST_DATA").filter(|folder| !folder.is_empty());
    let Some(path) = path.map(|folder| std::path::Path::new(&folder).join(name)) else {
        println!("skipped: CRM_TEST_DATA does not name the folder with {name}");
        return None;
    };
    let mut text = String::new();
    match std::fs::File::open(&path) {
        Ok(mut file) => file.read_to_string(&mut text).unwrap(),
        Err(error) => {
            println!("skipped: CRM_TEST_DATA has no {name}: {error}");
            return None;
        }
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let features = reader.headers().unwrap().len() - 1;
    let records = reader.records().map(Result::unwrap);
    let rows: Vec<Vec<f64>> = records
        .map(|record| record.iter().take(features).map(|text| text.parse().unwrap()).collect())
        .collect();
    Some((rows.concat(), features))
}

fn standardised((mut values, features): (Vec<f64>, usize)) -> (Vec<f64>, usize) {
    let rows = (values.len() / features) as f64;
    for feature in 0..features {
        let column = || values.iter().skip(feature).step_by(features);
        let mean = column().sum::<f64>() / rows;
        let deviation = (column().map(|value| (value - mean).powi(2)).sum::<f64>() / rows).sqrt();
        values
            .iter_mut()
            .skip(feature)
            .step_by(features)
            .for_each(|value| *value = (*value - mean) / deviation);
    }
    (values, features)
}

/// scikit-learn 1.9.1 at its best of 50 starts: clusters, inertia, silhouette, Calinski-Harabasz, Davies-Bouldin.
type Published = (usize, f64, f64, f64, f64);

fn check_fits((values, features): &(Vec<f64>, usize), published: &[Published]) {
    let matrix = Matrix::from_rows(values, *features).unwrap();
    for &(clusters, inertia, silhouette, calinski_harabasz, davies_bouldin) in published {
        let labels =
            KMeans::fit(&matrix, &KMeansOptions::new(clusters).tolerance(0.0).seed(1)).unwrap().labels;
        let dispersion = Dispersion::evaluate(&matrix, &labels, Threads::Available).unwrap();
        let found = Silhouette::evaluate(&matrix, &labels, &SilhouetteOptions::default()).unwrap();
        assert_near(dispersion.within, inertia, 1e-12, "inertia");
        assert_near(dispersion.calinski_harabasz, calinski_harabasz, 1e-12, "Calinski-Harabasz");
        assert_near(dispersion.davies_bouldin, davies_bouldin, 1e-12, "Davies-Bouldin");
        // Distances by a product of matrices, as scikit-learn computes them, lose digits.
        assert_near(found.mean, silhouette, 1e-9, "silhouette");
        assert_eq!((found.standard_error, found.sampled_rows), (0.0, matrix.rows() as u64));
    }
}

#[test]
fn iris_has_two_clear_clusters_of_which_one_may_be_two() {
    let Some(iris) = public("iris.csv") else { return };
    let published = [
        (2, 152.347_951_760_357_9, 0.681_046_169_211_746_2, 513.924_545_980_276_8, 0.404_292_837_173_043_3),
        (3, 78.851_441_426_146, 0.552_819_012_356_409_5, 561.627_756_629_62, 0.661_971_546_500_746_5),
    ];
    check_fits(&iris, &published);
    let choice =
        ClusterChoice::evaluate(&Matrix::from_rows(&iris.0, 4).unwrap(), &ChoiceOptions::default()).unwrap();
    assert_eq!((choice.recommended, choice.runner_up), (Some(2), Some(3)));
    assert_eq!(choice.knee, Some(3));
}

#[test]
fn wine_has_its_three_cultivars() {
    let Some(wine) = public("wine.csv") else { return };
    let wine = standardised(wine);
    let published =
        [(3, 1_277.928_488_844_642_3, 0.284_858_919_189_898_7, 70.940_008_003_151_2, 1.389_187_977_718_165)];
    check_fits(&wine, &published);
    let choice =
        ClusterChoice::evaluate(&Matrix::from_rows(&wine.0, 13).unwrap(), &ChoiceOptions::default()).unwrap();
    assert_eq!(choice.recommended, Some(3));
    assert_eq!(choice.votes.iter().filter(|vote| vote.clusters == Some(3)).count(), 5);
}

#[test]
fn the_gap_of_iris() {
    let Some((iris, features)) = public("iris.csv") else { return };
    let matrix = Matrix::from_rows(&iris, features).unwrap();
    // make_segment_quality_cases.py --gap with 120 references: the gap and its standard error.
    for (reference, gaps, errors) in [
        (
            GapReference::PrincipalComponents,
            [0.0740, 0.5907, 0.8809, 1.0118, 1.0539],
            [0.0627, 0.0425, 0.0423, 0.0436, 0.0451],
        ),
        (
            GapReference::FeatureRanges,
            [0.0741, 0.9837, 1.4399, 1.5830, 1.6478],
            [0.0448, 0.0397, 0.0368, 0.0398, 0.0375],
        ),
    ] {
        let options = GapOptions::default().reference(reference).references(200);
        let found = Gap::evaluate(&matrix, 5, &options).unwrap();
        for (row, (gap, error)) in found.rows.iter().zip(gaps.into_iter().zip(errors)) {
            // Means of 120 and of 200 draws differ by 0.115 standard deviations; four of those, and the errors themselves by a quarter.
            assert!((row.gap - gap).abs() < 4.0 * 0.115 * error, "{reference:?} {row:?} {gap}");
            assert!((row.standard_error / error - 1.0).abs() < 0.3, "{reference:?} {row:?} {error}");
        }
    }
}
