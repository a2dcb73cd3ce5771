//! Numbers of the CLV papers and of other tools, to all digits that they print.

use crm_core::clv::{
    BinnedComparison, DiscountRate, FitOptions, Horizon, Prediction, PurchaseData, PurchaseKind,
    PurchaseModel, expected_repeat_purchases,
};
use crm_core::customer::{BaseOptions, CustomerBase, IngestOptions, Period, TimeUnit};

use crate::public_logs::cdnow_sample;
use crate::reading::{build, day};

/// The calibration of the literature: exact days / 7 to 1997-09-30.
fn cdnow() -> CustomerBase {
    let history = build(&cdnow_sample(), &IngestOptions::default());
    history.base(BaseOptions::as_of(day("1997-09-30")).in_unit(TimeUnit::Week)).unwrap()
}

fn fit(kind: PurchaseKind) -> PurchaseModel {
    let model = PurchaseModel::fit(kind, &PurchaseData::from_base(&cdnow()), &FitOptions::default()).unwrap();
    assert!(model.report().unwrap().is_sound(), "{:?}", model.report());
    model
}

fn given(kind: PurchaseKind, parameters: [f64; 4]) -> PurchaseModel {
    PurchaseModel::from_parameters(kind, &parameters, TimeUnit::Week).unwrap()
}

/// Within half a unit of the last digit printed.
#[track_caller]
fn assert_printed(values: &[f64], printed: &[&str]) {
    assert_eq!(values.len(), printed.len());
    for (&value, &text) in values.iter().zip(printed) {
        let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let (known, unit): (f64, f64) = (text.parse().unwrap(), 10f64.powi(-(digits as i32)));
        assert!((value - known).abs() <= 0.5 * unit * (1.0 + 1e-9), "{value} is printed as {text}");
    }
}

fn weeks(length: f64) -> Period {
    Period::new(length, TimeUnit::Week).unwrap()
}

fn customer(x: f64, last: f64, age: f64) -> PurchaseData {
    PurchaseData::new(&[x], &[last], &[age], TimeUnit::Week).unwrap()
}

fn newcomer() -> PurchaseData {
    PurchaseData::newcomers(1, TimeUnit::Week).unwrap()
}

fn expected(model: &PurchaseModel, data: &PurchaseData, length: f64) -> f64 {
    model.expected_purchases(data, weeks(length)).unwrap()[0]
}

#[test]
fn bg_nbd_of_cdnow() {
    let model = fit(PurchaseKind::BgNbd);
    // Fader, Hardie and Lee (2005), table 1.
    assert_printed(model.parameters(), &[".243", "4.414", ".793", "2.426"]);
    // CLVTools 0.12.1, test_correctness_bgnbd.R: .2425945, 4.4136019, .7929199, 2.4258881. Its search stopped 3e-6 short of the
    // maximum in a and 8e-6 in b; the maximum to 12 digits is by Newton's method in mpmath with 30 digits.
    let maximum = [0.242_594_522_43, 4.413_602_019_01, 0.792_922_017_226, 2.425_906_776_83];
    for (estimate, maximum) in model.parameters().iter().zip(maximum) {
        assert!((estimate / maximum - 1.0).abs() < 1e-10, "{estimate} {maximum}");
    }
    assert_printed(&[model.report().unwrap().log_likelihood()], &["-9582.429"]);
    // The vignette of BTYD 2.4.3 prints all parameters but alpha, to seven digits; alpha is that for which its E[X(52)] comes out.
    let btyd = given(PurchaseKind::BgNbd, [0.242_598_2, 4.413_688, 0.792_989_9, 2.426_166_7]);
    assert_printed(&[expected(&btyd, &newcomer(), 52.0)], &["1.444004"]);
    for (x, last, age, printed) in [
        (26.0, 216.0 / 7.0, 31.0, 25.756_59),
        (10.0, 20.0, 39.0, 0.347_460_6),
        (20.0, 20.0, 39.0, 0.004_158_973),
    ] {
        let value = expected(&btyd, &customer(x, last, age), 52.0);
        assert!((value / printed - 1.0).abs() < 5e-6, "{value} {printed}");
    }
}

#[test]
fn bg_nbd_of_fader_and_hardie() {
    // "Implementing the BG/NBD model in Excel" (note 004), with the parameters that it prints.
    let model = given(PurchaseKind::BgNbd, [0.243, 4.414, 0.793, 2.426]);
    assert_printed(&[expected(&model, &customer(2.0, 30.43, 38.86), 39.0)], &["1.226"]);
    // Its E[X(t)] are those of the maximum, of which it finds five digits.
    let maximum = fit(PurchaseKind::BgNbd);
    for (time, printed) in [(1.0, "0.0532"), (3.0, "0.1506"), (32.0, "1.0437")] {
        assert_printed(&[expected(&maximum, &newcomer(), time)], &[printed]);
    }
    assert!((expected(&maximum, &newcomer(), 78.0) / 1.8576 - 1.0).abs() < 3e-4);
    let probability = |n: u32, time: f64| {
        model.predict(&newcomer(), Prediction::PurchaseProbability(n, weeks(time))).unwrap()[0]
    };
    assert_printed(&[probability(0, 39.0)], &["0.5737864"]);
    let printed = [
        "0.0019995214",
        "0.0015170236",
        "0.001163315",
        "0.0009003148",
        "0.0007023638",
        "0.0005517902",
        "0.0004361913",
        "0.0003467171",
        "0.0002769613",
        "0.000222226",
    ];
    for (n, printed) in (11..=20).zip(printed) {
        assert_printed(&[probability(n, 30.0)], &[printed]);
    }
}

#[test]
fn bg_nbd_by_frequency() {
    let history = build(&cdnow_sample(), &IngestOptions::default());
    let calibration = BaseOptions::as_of(day("1997-09-30")).in_unit(TimeUnit::Week);
    let split = history.split(calibration, day("1998-06-30")).unwrap();
    let data = PurchaseData::from_base(split.calibration());
    let model = PurchaseModel::fit(PurchaseKind::BgNbd, &data, &FitOptions::default()).unwrap();
    let predicted = model.expected_purchases(&data, weeks(39.0)).unwrap();
    let actual: Vec<f64> = split.purchase_days().iter().map(|&days| f64::from(days)).collect();
    let table = BinnedComparison::by_frequency(&data.repeat_purchases(), &predicted, &actual, 7).unwrap();
    // BTYD 2.4.3, vignette: its search stopped where parameters differ in the fifth digit.
    let printed =
        [0.225_089_3, 0.523_136_4, 1.044_126, 1.520_256, 2.163_824, 2.653_789, 3.503_957, 6.157_036];
    for (bin, printed) in table.bins().iter().zip(printed) {
        assert!((bin.mean_predicted.unwrap() / printed - 1.0).abs() < 5e-5, "{bin:?} {printed}");
    }
}

#[test]
fn pareto_nbd_of_cdnow() {
    let model = fit(PurchaseKind::ParetoNbd);
    let report = model.report().unwrap();
    // Fader, Hardie and Lee (2005), table 1, and CLVTools 0.12.1, test_correctness_pnbd_nocovstaticcov.R.
    assert_printed(model.parameters(), &[".553", "10.578", ".606", "11.669"]);
    assert_printed(&[report.log_likelihood()], &["-9594.976"]);
    let errors: Vec<f64> = report.standard_errors().into_iter().map(Option::unwrap).collect();
    assert!((errors[1] - 0.842_722_2).abs() < 1e-3 && (errors[2] - 0.187_259_4).abs() < 1e-3, "{errors:?}");
}

#[test]
fn pareto_nbd_of_btyd() {
    // The vignette of BTYD 2.4.3 prints three digits of its parameters and these eleven numbers. One set of four parameters, found by
    // least squares, gives all of them: seven are a check.
    let model = given(
        PurchaseKind::ParetoNbd,
        [0.553_371_397_196_188_7, 10.579_521_195_917_494, 0.605_906_625_809_939_5, 11.658_067_851_658_483],
    );
    assert_printed(&[expected(&model, &newcomer(), 52.0)], &["1.473434"]);
    for (x, last, age, printed) in [
        (26.0, 216.0 / 7.0, 31.0, "25.45647"),
        (10.0, 20.0, 39.0, "0.7062289"),
        (15.0, 20.0, 39.0, "0.1442396"),
        (25.0, 20.0, 39.0, "0.00309267"),
    ] {
        assert_printed(&[expected(&model, &customer(x, last, age), 52.0)], &[printed]);
    }
    let base = cdnow();
    let ages: Vec<f64> = (0..base.len()).map(|row| base.age(row)).collect();
    let oldest = ages.iter().fold(0.0f64, |oldest, &age| oldest.max(age));
    let starts: Vec<f64> = ages.iter().map(|age| oldest - age).collect();
    let ends: Vec<f64> = (20..=25).map(f64::from).collect();
    let cumulative = expected_repeat_purchases(&starts, &ends, model.newcomer().unwrap()).unwrap();
    let printed = [1308.856, 1385.275, 1459.923, 1532.906, 1604.32, 1674.253];
    for (value, printed) in cumulative.into_iter().zip(printed) {
        assert!((value - printed).abs() < 6e-4, "{value} {printed}");
    }
    // The example of pnbd.PAlive, with the parameters in its manual page.
    let model = given(PurchaseKind::ParetoNbd, [0.553_397_1, 10.580_198_5, 0.606_062_5, 11.656_223_7]);
    assert_printed(&[model.p_alive(&customer(0.0, 0.0, 39.0)).unwrap()[0]], &["0.2941633"]);
}

#[test]
fn pareto_nbd_of_given_parameters() {
    // lifetimes, test_conditional_expectation_underflow.
    let model = given(PurchaseKind::ParetoNbd, [0.55, 10.58, 0.61, 11.67]);
    for (x, printed) in [(132.0, 6.206_051_788_963_242), (133.0, 6.252_872_247_574_811)] {
        let value = expected(&model, &customer(x, 200.0, 200.0), 10.0);
        assert!((value / printed - 1.0).abs() < 1e-12, "{value} {printed}");
    }
    // BTYD 2.4.3, example of pnbd.DERT: a continuous rate of .0027 a week.
    let model = given(PurchaseKind::ParetoNbd, [0.562_996_6, 12.559_037, 0.408_109_5, 10.514_804_8]);
    let rate = DiscountRate::continuous_per(0.0027, TimeUnit::Week).unwrap();
    let value = model.discounted_purchases(&customer(7.0, 35.0, 77.86), Horizon::Forever, rate).unwrap()[0];
    assert_printed(&[value], &["1.864183"]);
}

#[test]
fn mbg_nbd_of_cdnow() {
    // The documentation of lifetimes.
    assert_printed(fit(PurchaseKind::MbgNbd).parameters(), &["0.525", "6.183", "0.891", "1.614"]);
}

#[test]
fn bg_bb_of_donations() {
    // Fader, Hardie and Shang (2010), table 1: recency, frequency and number of donors of 1995 over six years.
    const DONORS: [(f64, f64, f64); 22] = [
        (0.0, 0.0, 3464.0),
        (1.0, 1.0, 1091.0),
        (1.0, 2.0, 277.0),
        (1.0, 3.0, 129.0),
        (1.0, 4.0, 78.0),
        (1.0, 5.0, 119.0),
        (1.0, 6.0, 129.0),
        (2.0, 2.0, 613.0),
        (2.0, 3.0, 255.0),
        (2.0, 4.0, 155.0),
        (2.0, 5.0, 173.0),
        (2.0, 6.0, 234.0),
        (3.0, 3.0, 322.0),
        (3.0, 4.0, 181.0),
        (3.0, 5.0, 225.0),
        (3.0, 6.0, 357.0),
        (4.0, 4.0, 240.0),
        (4.0, 5.0, 284.0),
        (4.0, 6.0, 512.0),
        (5.0, 5.0, 335.0),
        (5.0, 6.0, 728.0),
        (6.0, 6.0, 1203.0),
    ];
    let column = |pick: fn(&(f64, f64, f64)) -> f64| DONORS.iter().map(pick).collect::<Vec<f64>>();
    let data = PurchaseData::new(&column(|row| row.0), &column(|row| row.1), &[6.0; 22], TimeUnit::YearMean)
        .unwrap()
        .with_weights(&column(|row| row.2))
        .unwrap();
    let model = PurchaseModel::fit(PurchaseKind::BgBb, &data, &FitOptions::default()).unwrap();
    let report = model.report().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.customers(), 11104.0);
    assert_printed(&[report.log_likelihood()], &["-33225.58"]);
    // The paper prints 1.204, .750, .657 and 2.783. BTYD 2.4.3: 1.203507, 0.6567568 and 2.783887, up to 2e-4 from the maximum.
    assert_printed(model.parameters(), &["1.204", ".750", ".657", "2.783"]);
    for (estimate, printed) in [(0, 1.203_507), (2, 0.656_756_8), (3, 2.783_887)] {
        assert!((model.parameters()[estimate] / printed - 1.0).abs() < 2e-4, "{report:?}");
    }
    let years = |length: f64| Period::new(length, TimeUnit::YearMean).unwrap();
    let of =
        |x: f64, last: f64, age: f64| PurchaseData::new(&[x], &[last], &[age], TimeUnit::YearMean).unwrap();
    let ten = model.expected_purchases(&of(0.0, 0.0, 0.0), years(10.0)).unwrap()[0];
    let lapsed = model.expected_purchases(&of(0.0, 0.0, 6.0), years(10.0)).unwrap()[0];
    assert!(
        (ten / 3.179_805 - 1.0).abs() < 2e-5 && (lapsed / 0.130_216_9 - 1.0).abs() < 2e-5,
        "{ten} {lapsed}"
    );
    // Table 6: P(alive in 2002), at the next opportunity.
    for (x, last, printed) in [(0.0, 0.0, "0.11"), (2.0, 4.0, "0.59"), (6.0, 6.0, "0.93")] {
        let alive = model.predict(&of(x, last, 6.0), Prediction::AliveAfter(years(1.0))).unwrap()[0];
        assert_printed(&[alive], &[printed]);
    }
    for (n, printed) in [(0, "3454.9"), (6, "1253.1")] {
        let share =
            model.predict(&of(0.0, 0.0, 0.0), Prediction::PurchaseProbability(n, years(6.0))).unwrap()[0];
        assert_printed(&[11104.0 * share], &[printed]);
    }
}
