//! Campaigns of public data: Hillstrom's mail to customers of a shop, and the gate of a mobile game.

use crm_core::campaign::{
    Arm, ArmCost, CampaignEffect, CampaignMetric, CampaignOutcomes, CampaignReport, MeasureOptions, TopShare,
    UpliftCurve,
};
use crm_core::customer::IdColumn;
use crm_core::experiment::{Alternative, MeanMethod, MultiplicityMethod, ProportionMethod, TestOptions};
use serde_json::Value;

use crate::reading::data;

/// Hillstrom, K. (2008), `MineThatData` E-Mail Analytics and Data Mining Challenge: columns by name.
struct Hillstrom(Vec<String>, Vec<csv::StringRecord>);

impl Hillstrom {
    fn read() -> Option<Self> {
        let mut reader = csv::Reader::from_reader(data("hillstrom_email.csv.gz")?);
        let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
        Some(Self(names, reader.records().map(Result::unwrap).collect()))
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        let place = self.0.iter().position(|known| known == name).unwrap();
        self.1.iter().map(|record| &record[place]).collect()
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.texts(name).iter().map(|text| text.parse().unwrap()).collect()
    }

    fn outcomes(&self) -> CampaignOutcomes {
        let arms = [
            Arm::target("Mens E-Mail", 1.0),
            Arm::target("Womens E-Mail", 1.0),
            Arm::control("No E-Mail", 1.0),
        ];
        CampaignOutcomes::new(&IdColumn::Text(&self.texts("segment")), &arms)
            .unwrap()
            .with_metric(CampaignMetric::Response, &self.numbers("visit"))
            .unwrap()
            .with_metric(CampaignMetric::Conversion, &self.numbers("conversion"))
            .unwrap()
            .with_metric(CampaignMetric::Revenue, &self.numbers("spend"))
            .unwrap()
    }
}

/// The tests of other tools.
fn plain() -> MeasureOptions {
    MeasureOptions {
        proportion_method: ProportionMethod::Score,
        mean_method: MeanMethod::Welch,
        ..MeasureOptions::default()
    }
}

fn near(value: f64, known: f64, tolerance: f64) {
    assert!((value - known).abs() <= tolerance * known.abs(), "{value} {known}");
}

fn revenue<'a>(report: &'a CampaignReport, arm: &str) -> &'a CampaignEffect {
    report.overall(arm, CampaignMetric::Revenue).unwrap()
}

#[test]
fn hillstrom_is_what_the_literature_prints() {
    let Some(data) = Hillstrom::read() else { return };
    let report = data.outcomes().measure(&plain()).unwrap();
    let customers: Vec<u64> = report.arms.iter().map(|arm| arm.customers).collect();
    assert_eq!(customers, [21_307, 21_387, 21_306]);
    // SciPy 1.18, chisquare.
    near(report.sample_ratio.p_value, 0.903_692_957_559_610_4, 2e-10);
    for (arm, printed) in
        report.arms.iter().zip([[18.28, 1.253, 1.423], [15.14, 0.884, 1.077], [10.62, 0.573, 0.653]])
    {
        assert!((100.0 * arm.means[0] - printed[0]).abs() <= 0.005, "{:?}", arm.means);
        assert!((100.0 * arm.means[1] - printed[1]).abs() <= 0.000_5, "{:?}", arm.means);
        assert!((arm.means[2] - printed[2]).abs() <= 0.000_5, "{:?}", arm.means);
    }
    // SciPy 1.18, ttest_ind(equal_var=False).
    let mens = revenue(&report, "Mens E-Mail").result;
    near(mens.difference, 0.769_827_155_894_536_8, 1e-12);
    near(mens.statistic, 5.300_140_358_411_669, 1e-11);
    near(mens.p_value, 1.163_814_968_225_482e-7, 1e-10);
    near(mens.interval.lower, 0.485_139_732_568_407_6, 1e-11);
    near(mens.interval.upper, 1.054_514_579_220_665_8, 1e-11);
    // `tests/oracles/make_campaign_returns.py`: Koopman's ratio for rates, Fieller's for means, by roots.
    let visits = report.overall("Mens E-Mail", CampaignMetric::Response).unwrap();
    near(visits.result.lift, 0.721_404_616_781_399, 1e-12);
    near(visits.lift_interval.lower, 0.640_436_691_882_706_9, 1e-9);
    near(visits.lift_interval.upper, 0.806_468_587_521_891_5, 1e-9);
    let spent = revenue(&report, "Mens E-Mail");
    near(spent.result.lift, 1.179_288_770_362_006_3, 1e-12);
    near(spent.lift_interval.lower, 0.643_675_384_363_064_5, 1e-11);
    near(spent.lift_interval.upper, 1.977_480_791_768_695, 1e-11);
    let womens = revenue(&report, "Womens E-Mail");
    near(womens.result.p_value, 0.001_129_397_102_363_249_5, 1e-10);
    // The larger of two p-values is its own adjusted one (Holm).
    assert_eq!(womens.adjusted_p_value, womens.result.p_value);
    near(revenue(&report, "Mens E-Mail").adjusted_p_value, 2.0 * mens.p_value, 1e-15);
}

#[test]
fn hillstrom_by_channel_is_adjusted_over_six_tests() {
    let Some(data) = Hillstrom::read() else { return };
    let outcomes = data.outcomes().with_groups("channel", &IdColumn::Text(&data.texts("channel"))).unwrap();
    let report = outcomes.measure(&plain()).unwrap();
    let by_channel: Vec<&CampaignEffect> = report
        .effects
        .iter()
        .filter(|effect| effect.grouping == "channel" && effect.metric == CampaignMetric::Revenue)
        .collect();
    // SciPy 1.18, and Holm's factors by hand.
    for (effect, (group, arm, difference, p, factor)) in by_channel.iter().zip([
        ("Multichannel", "Mens E-Mail", 1.209_129_405_261_908_6, 0.003_789_585_658_933_672, 5.0),
        ("Multichannel", "Womens E-Mail", 1.157_535_865_127_065_3, 0.011_625_472_703_167_505, 3.0),
        ("Phone", "Mens E-Mail", 0.564_074_391_969_133_3, 0.006_077_313_232_590_326, 4.0),
        ("Phone", "Womens E-Mail", 0.232_473_504_509_508_77, 0.195_118_044_698_751_08, 1.0),
        ("Web", "Mens E-Mail", 0.850_448_667_039_835_9, 0.000_236_321_770_998_696_02, 6.0),
        ("Web", "Womens E-Mail", 0.416_316_691_470_760_8, 0.037_279_752_498_983_895, 2.0),
    ]) {
        assert_eq!((effect.group.as_str(), effect.arm.as_str()), (group, arm));
        near(effect.result.difference, difference, 1e-11);
        near(effect.result.p_value, p, 1e-10);
        near(effect.adjusted_p_value, factor * p, 1e-10);
    }
    assert!(report.empty.is_empty());
}

/// What `tests/oracles/make_campaign_returns.py` prints (NumPy 2.4, `SciPy` 1.17).
#[test]
fn hillstrom_pays_at_a_rate_that_mover_gives() {
    let Some(data) = Hillstrom::read() else { return };
    let cost = ArmCost { per_contact: 0.2, margin: 0.4, ..ArmCost::default() };
    let options = plain().cost(cost);
    let report = data.outcomes().measure(&options).unwrap();
    for (back, (estimate, lower, upper)) in report.returns.iter().zip([
        (0.010_130_327_948_325_265, 0.009_091_528_892_335_771, 0.011_385_241_716_815_153),
        (0.009_827_985_532_291_148, 0.008_794_720_470_428_162, 0.011_078_813_970_831_887),
    ]) {
        near(back.break_even_rate.estimate, estimate, 1e-12);
        near(back.break_even_rate.interval.lower, lower, 1e-11);
        near(back.break_even_rate.interval.upper, upper, 1e-11);
        // Profit is an affine image of the difference.
        let n = back.returned.contacts as f64;
        near(back.returned.profit.estimate, n * (0.4 * back.returned.difference.difference - 0.2), 1e-12);
        near(back.returned.roi.interval.upper, 2.0 * back.returned.difference.interval.upper - 1.0, 1e-12);
    }
    let one_sided = |alternative| {
        let report = data.outcomes().measure(&MeasureOptions { alternative, ..options.clone() }).unwrap();
        report.returns[0].break_even_rate.interval
    };
    let greater = one_sided(Alternative::Greater);
    near(greater.lower, 0.009_245_939_741_866_745, 1e-11);
    assert_eq!(greater.upper, f64::INFINITY);
    let less = one_sided(Alternative::Less);
    near(less.upper, 0.011_166_546_065_253_719, 1e-11);
    assert_eq!(less.lower, 0.0);
}

/// What `tests/oracles/make_campaign_returns.py` prints (NumPy 2.4, `SciPy` 1.17).
#[test]
fn hillstrom_with_a_cost_for_each_visit_is_judged_by_net_revenue() {
    let Some(data) = Hillstrom::read() else { return };
    let cost = ArmCost { per_contact: 0.1, per_response: 0.5, margin: 0.4, ..ArmCost::default() };
    let report = data.outcomes().measure(&plain().cost(cost)).unwrap();
    for (back, [profit, roi, rate]) in report.returns.iter().zip([
        [
            [2_483.382_884_257_958_7, 64.274_873_757_769_23, 4_902.490_894_758_141],
            [0.609_015_593_167_216_5, 0.015_788_065_718_177_036, 1.200_544_883_539_993],
            [0.009_940_470_355_710_612, 0.008_908_484_878_260_783, 0.011_184_174_421_655_466],
        ],
        [
            [-126.938_375_105_602_02, -2_306.029_310_800_496_7, 2_052.152_560_589_290_3],
            [-0.033_780_869_975_144_956, -0.614_670_621_241_078_2, 0.545_342_042_189_849_6],
            [0.009_329_608_737_524_85, 0.008_317_771_060_406_827, 0.010_549_307_198_958_947],
        ],
    ]) {
        let money = &back.returned;
        for (amount, known) in [(money.profit, profit), (money.roi, roi), (back.break_even_rate, rate)] {
            let scale = known[2] - known[1];
            for (value, known) in
                [amount.estimate, amount.interval.lower, amount.interval.upper].iter().zip(known)
            {
                assert!((value - known).abs() < 1e-10 * scale, "{value} {known}");
            }
        }
        near(0.4 * money.revenue_per_cost.interval.upper, money.roi.interval.upper + 1.0, 1e-13);
        // Revenue itself stays what it is, and its test too.
        assert_eq!(money.revenue.interval.upper, money.contacts as f64 * money.difference.interval.upper);
        assert!(money.break_even.standard_error < money.difference.standard_error);
    }
}

#[test]
fn a_control_that_bought_nothing_leaves_the_break_even_open() {
    let arms: Vec<&str> = (0..1000).map(|row| if row < 900 { "mail" } else { "none" }).collect();
    let bought: Vec<f64> = (0..1000).map(|row| f64::from(u8::from(row < 10))).collect();
    let revenue: Vec<f64> = bought.iter().map(|bought| 50.0 * bought).collect();
    let cost = ArmCost { per_contact: 0.1, margin: 0.4, ..ArmCost::default() };
    let planned = [Arm::target("mail", 9.0), Arm::control("none", 1.0)];
    let report = CampaignOutcomes::new(&IdColumn::Text(&arms), &planned)
        .unwrap()
        .with_metric(CampaignMetric::Conversion, &bought)
        .unwrap()
        .with_metric(CampaignMetric::Revenue, &revenue)
        .unwrap()
        .measure(&plain().cost(cost))
        .unwrap();
    // Every order is of 50, so that the break-even is that of the control and 0.25 / 50; Wilson's interval of 0 of 100 ends at z^2 / (100 + z^2).
    let rate = report.returns[0].break_even_rate;
    let square = 1.959_963_984_540_054_f64.powi(2);
    near(rate.estimate, 0.005, 1e-14);
    near(rate.interval.lower, 0.005, 1e-12);
    near(rate.interval.upper, 0.005 + square / (100.0 + square), 1e-12);
}

#[test]
fn hillstrom_is_adjusted_by_what_was_bought_before() {
    let Some(data) = Hillstrom::read() else { return };
    let outcomes = data.outcomes().with_covariate(&data.numbers("history")).unwrap();
    let report = outcomes.measure(&plain()).unwrap();
    // NumPy and SciPy 1.18: the common slope within the arms is 0.00121720..., then ttest_ind of what is left.
    let mens = revenue(&report, "Mens E-Mail").result;
    near(mens.difference, 0.767_449_619_313_107, 1e-11);
    near(mens.p_value, 1.264_785_544_674_379e-7, 1e-9);
}

#[test]
fn hillstrom_was_split_fairly() {
    let Some(data) = Hillstrom::read() else { return };
    let balance = data
        .outcomes()
        .with_before("history", &data.numbers("history"))
        .unwrap()
        .with_before("recency", &data.numbers("recency"))
        .unwrap()
        .with_groups("channel", &IdColumn::Text(&data.texts("channel")))
        .unwrap()
        .balance(0.05, MultiplicityMethod::Holm)
        .unwrap();
    // NumPy and SciPy 1.18.
    let known = [
        (0.007_612_868_321_542_39, 0.432_013_206_271_748),
        (0.006_510_722_458_553_667, 0.501_189_995_870_439_2),
        (0.006_831_532_454_259_954, 0.480_743_316_167_741_7),
        (0.005_180_013_205_688_683, 0.592_547_906_689_541),
    ];
    assert_eq!(balance.rows.len(), 4 + 3 * 2);
    for (row, (difference, p)) in balance.rows.iter().zip(known) {
        near(row.standardised_difference, difference, 1e-10);
        near(row.result.p_value, p, 1e-10);
    }
    let phone = balance.rows.iter().find(|row| row.level == "Phone").unwrap();
    near(phone.standardised_difference, -0.008_276_186_526_812_186, 1e-10);
    assert!(balance.rows.iter().all(|row| row.adjusted_p_value > 0.9));
}

/// Cookie Cats (public teaching data): players by the gate that they met, and how many were back after seven days.
#[test]
fn cookie_cats_is_what_is_published_and_its_split_is_off() {
    let (mut arms, mut back) = (Vec::new(), Vec::new());
    for (arm, players, returned) in [("gate_30", 44_700, 8_502), ("gate_40", 45_489, 8_279)] {
        for player in 0..players {
            arms.push(arm);
            back.push(f64::from(u8::from(player < returned)));
        }
    }
    let report = CampaignOutcomes::new(
        &IdColumn::Text(&arms),
        &[Arm::target("gate_30", 1.0), Arm::control("gate_40", 1.0)],
    )
    .unwrap()
    .with_metric(CampaignMetric::Response, &back)
    .unwrap()
    .measure(&MeasureOptions { proportion_method: ProportionMethod::Pooled, ..MeasureOptions::default() })
    .unwrap();
    let effect = report.overall("gate_30", CampaignMetric::Response).unwrap();
    assert!((effect.result.statistic - 3.164).abs() < 0.000_5, "{}", effect.result.statistic);
    assert!((effect.result.p_value - 0.0016).abs() < 0.000_05, "{}", effect.result.p_value);
    assert!((report.sample_ratio.p_value - 0.0086).abs() < 0.000_05, "{}", report.sample_ratio.p_value);
}

#[test]
fn uplift_at_the_top_is_that_of_scikit_uplift() {
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/cases/campaign/uplift.json")).unwrap();
    let case = &file["cases"][0];
    let numbers = |name: &str| -> Vec<f64> {
        case[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    };
    let target: Vec<bool> = numbers("target").iter().map(|&is| is == 1.0).collect();
    let curve = UpliftCurve::new(&numbers("score"), &target, &numbers("outcome")).unwrap();
    for (of, name) in [
        (TopShare::Everybody, "uplift_at_30_percent"),
        (TopShare::EachArm, "uplift_at_30_percent_of_each_arm"),
    ] {
        let top = curve.top(0.3, of, &TestOptions::default()).unwrap();
        near(top.result.difference, case[name].as_f64().unwrap(), 1e-14);
    }
    // Bands hold everybody once.
    let bands = curve.bands(7, &TestOptions::default()).unwrap();
    assert_eq!(bands.iter().map(|band| band.targets + band.controls).sum::<u64>(), 40);
    assert_eq!(bands.len(), 7);
    assert!(bands.windows(2).all(|pair| pair[0].score_to > pair[1].score_from));
}
