//! Boundaries, mixtures and confidence sequences of papers and other tools; where from stands in `sequential_oracle.json`.

use std::path::Path;

use crm_core::experiment::{
    Alternative, AlwaysValidMethod, AlwaysValidOptions, GroupSequential, GroupSequentialOptions,
    MixtureBound, MixtureKind, Stitching, StoppingBoundary, always_valid, bernoulli_sequence,
    empirical_process_bound, quantile_sequence_p_value, stitched_bound,
};
use serde_json::Value;

fn cases(section: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/experiment/sequential_oracle.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    all[section].as_array().unwrap().clone()
}

/// A number as such, as text, or with its digits.
fn number(value: &Value) -> f64 {
    match value {
        Value::Object(digits) => number(&digits["v"]),
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

#[track_caller]
fn assert_within(values: &[f64], known: &[f64], tolerance: f64) {
    assert_eq!(values.len(), known.len());
    for (value, known) in values.iter().zip(known) {
        assert!((value - known).abs() <= tolerance, "{value} is not {known} within {tolerance}");
    }
}

#[track_caller]
fn assert_digits(value: f64, known: &Value, tolerance: f64) {
    let known = number(known);
    assert!((value - known).abs() <= tolerance * known.abs(), "{value} is not {known}");
}

fn test(information: &[f64], boundary: StoppingBoundary, parameter: f64, alpha: f64) -> GroupSequential {
    let options =
        GroupSequentialOptions { boundary, parameter: Some(parameter), alpha, ..Default::default() };
    GroupSequential::new(information, &options).unwrap()
}

fn one_sided(information: &[f64], boundary: StoppingBoundary, parameter: f64, alpha: f64) -> GroupSequential {
    let options = GroupSequentialOptions {
        boundary,
        parameter: Some(parameter),
        alpha,
        alternative: Alternative::Greater,
        ..Default::default()
    };
    GroupSequential::new(information, &options).unwrap()
}

#[test]
fn classic_shapes() {
    let mut count = 0;
    for case in cases("cases").iter().filter(|case| case["id"].as_str().unwrap().starts_with("classic")) {
        let information = numbers(&case["input"]["information"]);
        let alpha = number(&case["input"]["alpha_two_sided"]);
        let known = &case["expected"];
        for (boundary, parameter, key) in [
            (StoppingBoundary::OBrienFleming, 0.0, "obf_z"),
            (StoppingBoundary::Pocock, 0.0, "pocock_z"),
            (StoppingBoundary::WangTsiatis, 0.0, "obf_z"),
            (StoppingBoundary::WangTsiatis, 0.5, "pocock_z"),
        ] {
            let test = test(&information, boundary, parameter, alpha);
            // The oracle agrees with rpact to 1e-8.
            assert_within(test.critical_values(), &numbers(&known[key]), 2e-8);
            assert!((test.alpha_spent().last().unwrap() - alpha).abs() < 1e-14);
            count += 1;
        }
    }
    assert_eq!(count, 24);
}

#[test]
fn spending_functions() {
    for case in cases("cases").iter().filter(|case| case["id"].as_str().unwrap().starts_with("spend")) {
        let information = numbers(&case["input"]["information"]);
        let alpha = number(&case["input"]["alpha_one_sided"]);
        let known = &case["expected"];
        for (key, boundary, parameter) in [
            ("ldof", StoppingBoundary::SpendOBrienFleming, 0.0),
            ("ldpocock", StoppingBoundary::SpendPocock, 0.0),
            ("hsd_-4", StoppingBoundary::SpendHwangShihDeCani, -4.0),
            ("hsd_1", StoppingBoundary::SpendHwangShihDeCani, 1.0),
            ("kim_demets_3", StoppingBoundary::SpendPower, 3.0),
        ] {
            let test = one_sided(&information, boundary, parameter, alpha);
            assert_within(test.alpha_spent(), &numbers(&known[key]["spent"]), 1e-15);
            assert_within(test.critical_values(), &numbers(&known[key]["z"]), 2e-8);
        }
        let power =
            one_sided(&information, StoppingBoundary::SpendOBrienFleming, 0.0, alpha).power(3.24).unwrap();
        assert_within(&power.reject, &numbers(&known["ldof_upper_cross_at_drift_3.24"]), 2e-8);
    }
}

#[test]
fn published_boundaries() {
    let all = cases("published");
    for case in &all {
        let id = case["id"].as_str().unwrap();
        let tolerance = number(&case["tolerance"]);
        let input = &case["input"];
        if id.starts_with("jt_") {
            let boundary =
                if id.contains("obf") { StoppingBoundary::OBrienFleming } else { StoppingBoundary::Pocock };
            let options =
                GroupSequentialOptions { boundary, alpha: number(&input["alpha"]), ..Default::default() };
            let looks = input["K"].as_u64().unwrap() as usize;
            let test = GroupSequential::equally_spaced(looks, &options).unwrap();
            assert_within(&[test.critical_values()[looks - 1]], &[number(&case["published"])], tolerance);
        } else if id.starts_with("rpact_") {
            let boundary = if id.ends_with("OF") {
                StoppingBoundary::SpendOBrienFleming
            } else {
                StoppingBoundary::SpendPocock
            };
            let test = one_sided(&numbers(&input["t"]), boundary, 0.0, number(&input["alpha_one_sided"]));
            assert_within(test.critical_values(), &numbers(&case["published"]), tolerance);
        }
    }
    assert_eq!(all.len(), 20);
}

#[test]
fn inflation_factors_of_the_book() {
    // Jennison and Turnbull (2000), tables 2.2 and 2.4: R_P and R_B at alpha 0.05, five looks, power 0.8 and 0.9, as printed.
    for (boundary, power, known) in [
        (StoppingBoundary::Pocock, 0.8, 1.229),
        (StoppingBoundary::Pocock, 0.9, 1.207),
        (StoppingBoundary::OBrienFleming, 0.8, 1.028),
        (StoppingBoundary::OBrienFleming, 0.9, 1.026),
    ] {
        let options = GroupSequentialOptions { boundary, ..Default::default() };
        let test = GroupSequential::equally_spaced(5, &options).unwrap();
        assert_within(&[test.inflation_factor(power).unwrap()], &[known], 5.1e-4);
    }
}

fn published(id: &str) -> (Value, f64) {
    let case = cases("published").into_iter().find(|case| case["id"] == id).unwrap();
    let tolerance = number(&case["tolerance"]);
    (case["published"].clone(), tolerance)
}

#[track_caller]
fn assert_published(id: &str, value: f64) {
    let (known, tolerance) = published(id);
    assert!((value - number(&known)).abs() <= tolerance, "{id}: {value} {known}");
}

fn mixture(kind: MixtureKind, scale: f64) -> MixtureBound {
    MixtureBound::new(kind, 100.0, 0.05, scale, 1.0).unwrap()
}

#[test]
fn mixtures_of_confseq() {
    let normal = mixture(MixtureKind::Normal, 1.0);
    assert_published("cq_lm", normal.ln_mixture(10.0, 100.0));
    assert_published("cq_b", normal.bound(100.0, 0.05).unwrap());
    let one_sided = mixture(MixtureKind::NormalOneSided, 1.0);
    assert_published("cq_1s_b", one_sided.bound(100.0, 0.05).unwrap());
    assert_published("cq_ge_lm", mixture(MixtureKind::GammaExponential, 2.0).ln_mixture(10.0, 100.0));
    let poisson = mixture(MixtureKind::GammaPoisson, 2.0);
    assert_published("cq_gp_lm", poisson.ln_mixture(10.0, 100.0));
    assert_published("cq_gp_b", poisson.bound(100.0, 0.05).unwrap());
    assert_published("cq_ps", stitched_bound(100.0, 0.05, &Stitching::new(10.0, 3.0)).unwrap());
    assert_published("cq_lil", empirical_process_bound(1000.0, 0.05, 100.0, 0.85).unwrap());
}

#[test]
fn rates_and_quantiles_of_confseq() {
    let interval = bernoulli_sequence(700, 1000, 0.05, 100.0).unwrap();
    assert_within(&[interval.lower, interval.upper], &numbers(&published("cq_bern").0), 1e-6);
    let control: Vec<f64> = (1..=1000).map(f64::from).collect();
    let target: Vec<f64> = (101..=1100).map(f64::from).collect();
    let (p, ln_p) = quantile_sequence_p_value(&target, &control, 0.5, 100.0).unwrap();
    assert_within(&[p, ln_p.exp()], &[number(&published("cq_qab").0); 2], 6e-8);
    // The arms in the other order say the same.
    let (mirrored, _) = quantile_sequence_p_value(&control, &target, 0.5, 100.0).unwrap();
    assert_within(&[mirrored], &[p], 1e-14);
}

#[test]
fn mixtures_by_mpmath() {
    let mut count = 0;
    for case in cases("cases") {
        let (input, known) = (&case["input"], &case["expected"]);
        let id = case["id"].as_str().unwrap();
        if id.starts_with("normalmix2") {
            let alpha = number(&input["alpha"]);
            let (s, v, v_opt) = (number(&input["s"]), number(&input["v"]), number(&input["v_opt"]));
            let mixture = MixtureBound::new(MixtureKind::Normal, v_opt, alpha, 1.0, 1.0).unwrap();
            assert_digits(mixture.precision(), &known["rho"], 1e-14);
            assert_digits(mixture.ln_mixture(s, v), &known["log_mixture"], 1e-14);
            assert_digits(mixture.bound(v, alpha).unwrap(), &known["bound"], 1e-14);
            assert_eq!(mixture.p_value(s, v).0, number(&known["p"]));
        } else if id == "msprt_sig" {
            let tau = number(&input["tau2"]).sqrt();
            let n = number(&input["n"]);
            let error = (number(&input["V_per_obs"]) / n).sqrt();
            let options = AlwaysValidOptions::new(AlwaysValidMethod::Msprt, tau);
            let now = always_valid(number(&input["diff"]), error, n, &options).unwrap();
            assert_digits(now.ln_evidence, &known["ln_lambda"], 1e-14);
            assert_digits(now.ln_p_value, &known["ln_p"], 1e-14);
            assert_digits(now.p_value, &known["p"], 1e-14);
            assert_digits(0.02 - now.interval.lower, &known["half_width"], 1e-14);
        } else if id.starts_with("asympcs") {
            let n = number(&input["n"]);
            let error = (number(&input["s2"]) / n).sqrt();
            let tuning = number(&input["tuning_n"]);
            let mut options = AlwaysValidOptions::new(AlwaysValidMethod::Asymptotic, tuning);
            let two_sided = always_valid(0.0, error, n, &options).unwrap();
            assert_digits(two_sided.interval.upper, &known["half_width_two_sided"], 1e-14);
            options.alternative = Alternative::Less;
            let less = always_valid(0.0, error, n, &options).unwrap();
            assert_digits(less.interval.upper, &known["half_width_one_sided"], 1e-14);
            assert_eq!(less.interval.lower, f64::NEG_INFINITY);
        } else {
            continue;
        }
        count += 1;
    }
    assert_eq!(count, 5);
}
