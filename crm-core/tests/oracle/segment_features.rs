//! Scaling, rhythm and effect sizes against other tools.
//!
//! Numbers are those of scikit-learn 1.9.1 (`StandardScaler`, `RobustScaler(unit_variance=True)`), SciPy 1.17.1 (`rankdata`, `variation`,
//! `ttest_ind`) and NumPy (`quantile`, `clip`), printed with all digits. Tolerances are a few units of the last digit of the largest
//! number.

use crm_core::customer::{BaseOptions, Day, IngestOptions};
use crm_core::segment::{
    ColumnScaling, FeatureScaler, FeatureTable, FeatureUnit, ScalingMethod, ScalingOptions, SegmentProfiles,
    Transform,
};

use crate::log::{Id, Orders, Shape, history, row};

const VALUES: [f64; 10] = [1.0, 2.0, 2.0, 3.0, 7.0, 20.0, 0.0, -4.5, 11.0, 2.5];

fn scaled(scaling: ColumnScaling) -> Vec<f64> {
    let table = FeatureTable::new(10).unwrap().with_column("x", FeatureUnit::Number, &VALUES).unwrap();
    let (_, scaled) = FeatureScaler::fit_apply(&table, &ScalingOptions::new().every(scaling)).unwrap();
    scaled.column(0).to_vec()
}

fn agree(found: &[f64], published: &[f64]) {
    assert_eq!(found.len(), published.len());
    for (found, published) in found.iter().zip(published) {
        assert!((found - published).abs() < 4e-15, "{found} {published}");
    }
}

#[test]
fn standard_scores() {
    let z = ColumnScaling::new(ScalingMethod::ZScore);
    agree(
        &scaled(z),
        &[
            -0.5240701865835041,
            -0.3699318964118853,
            -0.3699318964118853,
            -0.21579360624026642,
            0.4007595544462089,
            2.4045573266772537,
            -0.678208476755123,
            -1.3718307825274076,
            1.0173127151326842,
            -0.29286275132607587,
        ],
    );
    // Of sign(x) log1p(|x|).
    agree(
        &scaled(z.transform(Transform::Log1p)),
        &[
            -0.3560643519801066,
            -0.035386627955478714,
            -0.035386627955478714,
            0.19213783812488028,
            0.7403400282298671,
            1.5036114887185146,
            -0.9042665420850935,
            -2.2525323418355128,
            1.061017752254495,
            0.08652938448391304,
        ],
    );
    // Of values clipped at the quantiles 0.1 and 0.8: -0.45 and 7.8.
    agree(
        &scaled(z.winsorise(0.1, 0.2)),
        &[
            -0.7612413329362852,
            -0.42515244422269355,
            -0.42515244422269355,
            -0.08906355550910196,
            1.2552919993452643,
            1.524163110316138,
            -1.0973302216498766,
            -1.2485702215709928,
            1.524163110316138,
            -0.2571079998658977,
        ],
    );
}

#[test]
fn robust_scores() {
    agree(
        &scaled(ColumnScaling::new(ScalingMethod::Robust)),
        &[
            -0.3549946053663588,
            -0.07099892107327176,
            -0.07099892107327176,
            0.21299676321981528,
            1.3489795003921634,
            5.040923396202295,
            -0.6389902896594458,
            -1.9169708689783376,
            2.4849622375645115,
            0.07099892107327176,
        ],
    );
}

#[test]
fn percentiles() {
    // (rankdata(x) - 0.5) / 10
    agree(
        &scaled(ColumnScaling::new(ScalingMethod::Rank)),
        &[0.25, 0.4, 0.4, 0.65, 0.75, 0.95, 0.15, 0.05, 0.85, 0.55],
    );
    // The squared weight is none: 12 makes the variance of percentiles that of z-scores, so coordinates grow by its root.
    agree(&scaled(ColumnScaling::new(ScalingMethod::Rank).weight(4.0))[..2], &[0.5, 0.8]);
}

/// Gaps of 1, 4, 9, 2 and 30 days: `variation` of `SciPy`, and 1 less it over 2.
#[test]
fn variation_of_gaps() {
    let days = [100, 101, 105, 114, 116, 146];
    let rows = days.map(|day| row(Id::Text("顾客".to_owned()), day, 1_000_000));
    let history = history(&[&rows], Shape::new(true, Orders::Absent), &IngestOptions::default()).unwrap();
    let rhythm = history.rhythm(BaseOptions::as_of(Day::from_number(200).unwrap())).unwrap();
    agree(&[rhythm.gap_variation(0), rhythm.regularity(0)], &[1.1694763179402403, 0.41526184102987984]);
    agree(&[rhythm.mean_gap(0), rhythm.median_gap(0), rhythm.last_gap(0)], &[9.2, 4.0, 30.0]);
}

/// `ttest_ind(a, b).statistic * sqrt(1/4 + 1/6)` is Cohen's d; the standard deviation is NumPy's.
#[test]
fn effect_sizes() {
    let values = [12.0, 2.0, 10.0, 1.0, 15.0, 3.0, 9.0, 8.0, 4.0, 2.0];
    let labels = [0, 1, 0, 1, 0, 1, 0, 1, 1, 1];
    let table = FeatureTable::new(10).unwrap().with_column("x", FeatureUnit::Number, &values).unwrap();
    let profiles = SegmentProfiles::new(&table, &labels, None).unwrap();
    let [first, second] = [0, 1].map(|segment| &profiles.segments()[segment].features[0]);
    agree(&[first.difference, second.difference], &[3.1930125410102654, -3.1930125410102654]);
    agree(&[first.standard_deviation, second.median], &[2.29128784747792, 2.5]);
}
