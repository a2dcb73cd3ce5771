//! Several means against the certified values of NIST `StRD` (www.itl.nist.gov/div898/strd/anova) and R.

use crm_core::experiment::{AnovaMethod, MeanArm, analysis_of_variance};

fn anova(arms: &[Vec<f64>], method: AnovaMethod) -> (f64, f64, f64, f64) {
    let arms: Vec<MeanArm> = arms.iter().map(|values| MeanArm::from_values(values).unwrap()).collect();
    let result = analysis_of_variance(&arms, None, method).unwrap();
    (result.statistic, result.degrees_within, result.p_value, result.eta_squared)
}

/// Digits in common with a certified value.
fn digits(value: f64, certified: f64) -> f64 {
    -((value / certified - 1.0).abs() + 1e-17).log10()
}

/// `SmLs01`, 04 and 07 (Simon and Lesage 1989): 21 values in each of nine arms, whose leading digits are constant.
#[test]
fn constant_leading_digits() {
    for (leading, least) in [("", 14.0), ("1000000", 8.5), ("1000000000000", 2.3)] {
        let value = |tenths: i32| format!("{}.{tenths}", if leading.is_empty() { "1" } else { leading });
        let arms: Vec<Vec<f64>> = (0..9)
            .map(|arm| {
                let first = if arm == 0 { 4 } else { [5, 3][arm % 2] };
                let tenths = (0..21).map(|j| if j == 0 { first } else { [first + 1, first - 1][j % 2] });
                tenths.map(|tenths| value(tenths).parse().unwrap()).collect()
            })
            .collect();
        let (f, within, _, eta_squared) = anova(&arms, AnovaMethod::Classic);
        assert_eq!(within, 180.0);
        // What is left of the digits is what the doubles hold: tenths at 1e12 are off by up to 6e-5.
        assert!(digits(f, 21.0) >= least, "{leading}: {f}");
        assert!(digits(eta_squared, 4.827_586_206_896_55e-1) >= least, "{leading}: {eta_squared}");
    }
}

/// `AtmWtAg` (Powell, Murphy and Gramlich 1982).
#[test]
fn atomic_weight_of_silver() {
    let first = [
        681_568, 681_465, 681_572, 681_785, 681_446, 681_903, 681_526, 681_494, 681_616, 681_587, 681_519,
        681_486, 681_419, 681_569, 681_508, 681_672, 681_385, 681_518, 681_662, 681_424, 681_360, 681_333,
        681_610, 681_477,
    ];
    let second = [
        681_079, 681_344, 681_513, 681_197, 681_604, 681_385, 681_642, 681_365, 681_151, 681_082, 681_517,
        681_448, 681_198, 681_482, 681_334, 681_609, 681_101, 681_512, 681_469, 681_360, 681_254, 681_261,
        681_450, 681_368,
    ];
    let arms =
        [first, second].map(|arm| arm.map(|digits| format!("107.8{digits}").parse().unwrap()).to_vec());
    let (f, within, _, eta_squared) = anova(&arms, AnovaMethod::Classic);
    assert_eq!(within, 46.0);
    assert!(digits(f, 1.594_673_356_779_30e1) >= 8.5, "{f}");
    assert!(digits(eta_squared, 2.574_265_445_383_21e-1) >= 8.5, "{eta_squared}");
}

/// Michelson's measurements of the speed of light (NIST `StRD` Michelso), in five runs; R's data set `morley`.
const MORLEY: [[u32; 20]; 5] = [
    [850, 740, 900, 1070, 930, 850, 950, 980, 980, 880, 1000, 980, 930, 650, 760, 810, 1000, 1000, 960, 960],
    [960, 940, 960, 940, 880, 800, 850, 880, 900, 840, 830, 790, 810, 880, 880, 830, 800, 790, 760, 800],
    [880, 880, 880, 860, 720, 720, 620, 860, 970, 950, 880, 910, 850, 870, 840, 840, 850, 840, 840, 840],
    [890, 810, 810, 820, 800, 770, 760, 740, 750, 760, 910, 920, 890, 860, 880, 720, 840, 850, 850, 780],
    [890, 840, 780, 810, 760, 810, 790, 810, 820, 850, 870, 870, 810, 740, 810, 940, 950, 800, 810, 870],
];

#[test]
fn speed_of_light() {
    let values: Vec<f64> = MORLEY
        .iter()
        .flatten()
        .map(|speed| format!("{}", 299_000 + speed))
        .map(|t| t.parse::<f64>().unwrap() / 1e3)
        .collect();
    let arm = MeanArm::from_values(&values).unwrap();
    assert!(digits(arm.mean(), 299.852_400_000_000) >= 15.0, "{}", arm.mean());
    assert!(digits(arm.variance().sqrt(), 0.079_010_547_819_051_8) >= 12.5, "{}", arm.variance().sqrt());
}

/// Numbers of `tests/oracles/check_experiment_anova.py`, by exact fractions and mpmath.
#[test]
fn welch_on_five_runs() {
    let arms: Vec<Vec<f64>> =
        MORLEY.iter().map(|run| run.iter().map(|&speed| f64::from(speed)).collect()).collect();
    let (f, within, p, _) = anova(&arms, AnovaMethod::Welch);
    let near =
        |value: f64, expected: f64| assert!((value / expected - 1.0).abs() < 1e-13, "{value} {expected}");
    near(f, 3.006_067_134_973_533_5);
    near(within, 47.043_593_077_568_34);
    near(p, 0.027_377_930_863_085_546);
    let (f, _, p, _) = anova(&arms, AnovaMethod::Classic);
    near(f, 4.287_802_525_262_172_5);
    near(p, 0.003_114_446_047_456_360_6);
}
