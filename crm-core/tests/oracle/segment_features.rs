//! Scaling, rhythm and effect sizes against other tools.
//!
//! Numbers are those of scikit-learn 1.9.1 (`StandardScaler`, `RobustScaler(unit_variance=True)`), `SciPy` 1.17.1 (`rankdata`, `variation`,
//! `ttest_ind`) and `NumPy` (`quantile`, `clip`), printed with all digits. Tolerances are a few units of the last digit of the largest
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
            -0.524_070_186_583_504_1,
            -0.369_931_896_411_885_3,
            -0.369_931_896_411_885_3,
            -0.215_793_606_240_266_42,
            0.400_759_554_446_208_9,
            2.404_557_326_677_253_7,
            -0.678_208_476_755_123,
            -1.371_830_782_527_407_6,
            1.017_312_715_132_684_2,
            -0.292_862_751_326_075_87,
        ],
    );
    // Of sign(x) log1p(|x|).
    agree(
        &scaled(z.transform(Transform::Log1p)),
        &[
            -0.356_064_351_980_106_6,
            -0.035_386_627_955_478_714,
            -0.035_386_627_955_478_714,
            0.192_137_838_124_880_28,
            0.740_340_028_229_867_1,
            1.503_611_488_718_514_6,
            -0.904_266_542_085_093_5,
            -2.252_532_341_835_512_8,
            1.061_017_752_254_495,
            0.086_529_384_483_913_04,
        ],
    );
    // Of values clipped at the quantiles 0.1 and 0.8: -0.45 and 7.8.
    agree(
        &scaled(z.winsorise(0.1, 0.2)),
        &[
            -0.761_241_332_936_285_2,
            -0.425_152_444_222_693_55,
            -0.425_152_444_222_693_55,
            -0.089_063_555_509_101_96,
            1.255_291_999_345_264_3,
            1.524_163_110_316_138,
            -1.097_330_221_649_876_6,
            -1.248_570_221_570_992_8,
            1.524_163_110_316_138,
            -0.257_107_999_865_897_7,
        ],
    );
}

#[test]
fn robust_scores() {
    agree(
        &scaled(ColumnScaling::new(ScalingMethod::Robust)),
        &[
            -0.354_994_605_366_358_8,
            -0.070_998_921_073_271_76,
            -0.070_998_921_073_271_76,
            0.212_996_763_219_815_28,
            1.348_979_500_392_163_4,
            5.040_923_396_202_295,
            -0.638_990_289_659_445_8,
            -1.916_970_868_978_337_6,
            2.484_962_237_564_511_5,
            0.070_998_921_073_271_76,
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
    // A weight counts in squared distances: the coordinate grows by its root.
    agree(&scaled(ColumnScaling::new(ScalingMethod::Rank).weight(4.0))[..2], &[0.5, 0.8]);
}

/// Gaps of 1, 4, 9, 2 and 30 days: `variation` of `SciPy`, and 1 less it over 2.
#[test]
fn variation_of_gaps() {
    let days = [100, 101, 105, 114, 116, 146];
    let rows = days.map(|day| row(Id::Text("顾客".to_owned()), day, 1_000_000));
    let history = history(&[&rows], Shape::new(true, Orders::Absent), &IngestOptions::default()).unwrap();
    let rhythm = history.rhythm(BaseOptions::as_of(Day::from_number(200).unwrap())).unwrap();
    agree(
        &[rhythm.gap_variation(0), rhythm.regularity(0)],
        &[1.169_476_317_940_240_3, 0.415_261_841_029_879_84],
    );
    agree(&[rhythm.mean_gap(0), rhythm.median_gap(0), rhythm.last_gap(0)], &[9.2, 4.0, 30.0]);
}

/// `ttest_ind(a, b).statistic * sqrt(1/4 + 1/6)` is Cohen's d; the standard deviation is `numpy.std`.
#[test]
fn effect_sizes() {
    let values = [12.0, 2.0, 10.0, 1.0, 15.0, 3.0, 9.0, 8.0, 4.0, 2.0];
    let labels = [0, 1, 0, 1, 0, 1, 0, 1, 1, 1];
    let table = FeatureTable::new(10).unwrap().with_column("x", FeatureUnit::Number, &values).unwrap();
    let profiles = SegmentProfiles::new(&table, &labels, None).unwrap();
    let [first, second] = [0, 1].map(|segment| &profiles.segments()[segment].features[0]);
    agree(&[first.difference, second.difference], &[3.193_012_541_010_265_4, -3.193_012_541_010_265_4]);
    agree(&[first.standard_deviation, second.median], &[2.291_287_847_477_92, 2.5]);
}
