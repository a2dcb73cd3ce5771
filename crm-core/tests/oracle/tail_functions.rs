//! Tails of distributions and their inverses against mpmath 1.3.0 at 40 digits and more: `tests/oracles/make_tail_cases.py`.

use crm_core::math::{
    beta_reg_inverse, chi_square_quantile, chi_square_upper_quantile, erfcx, f_upper, f_upper_quantile,
    gamma_reg_inverse, gamma_reg_lower, gamma_reg_upper, ln_beta_reg, ln_binomial, ln_chi_square_upper,
    ln_erfc, ln_f_upper, ln_gamma_reg_lower, ln_gamma_reg_upper, ln_hypergeometric, ln_noncentral_t_upper,
    ln_normal_probability, ln_normal_upper, ln_student_t_upper, noncentral_t_probability, noncentral_t_upper,
    normal_probability, normal_quantile, normal_quantile_ln, normal_upper, student_t_quantile,
    student_t_upper,
};

use crate::special_functions::{cases, check};

/// The relative error of a tail is the absolute one of its logarithm.
fn tail(ln: f64) -> f64 {
    1e-13 + 1e-15 * ln.abs()
}

/// The tail itself, where it does not underflow.
fn check_values<const ARGUMENTS: usize>(name: &str, function: impl Fn([f64; ARGUMENTS]) -> f64) {
    for (arguments, ln) in cases::<ARGUMENTS>(name) {
        if ln > -690.0 {
            let value = function(arguments);
            // The exponential of a rounded logarithm errs by the rounding.
            let allowed = 1e-13 + 3e-16 * ln.abs();
            assert!(
                (value / ln.exp() - 1.0).abs() <= allowed,
                "{name} {arguments:?}: {value:e}, not {:e}",
                ln.exp()
            );
        }
    }
}

#[test]
fn error_functions() {
    check("erfcx", |[x]| erfcx(x), |_, value| 1e-15 * value);
    check("ln_erfc", |[x]| ln_erfc(x), |_, value| 1e-15 * value.abs());
}

#[test]
fn normal_tails() {
    check("ln_normal_upper", |[z]| ln_normal_upper(z), |_, value| 1e-15 * value.abs());
    check("ln_normal_upper", |[z]| ln_normal_probability(-z), |_, value| 1e-15 * value.abs());
    check_values("ln_normal_upper", |[z]| normal_upper(z));
    check_values("ln_normal_upper", |[z]| normal_probability(-z));
}

#[test]
fn normal_quantiles() {
    check("normal_quantile_ln", |[ln]| normal_quantile_ln(ln), |_, value| 2e-15 * value.abs());
    for ([ln], value) in cases("normal_quantile_ln") {
        let p = f64::exp(ln);
        if p > 1e-300 && p < 0.4 {
            // p = exp(ln p) is rounded by up to 2e-16 |ln p|, and z moves by that over its hazard, which is above |z|.
            let allowed = 2e-15 * value.abs() + 3e-16 * ln.abs();
            assert!((normal_quantile(p) - value).abs() <= allowed, "{ln}: {} {value}", normal_quantile(p));
        }
    }
}

#[test]
fn incomplete_gamma() {
    check("ln_gamma_reg_lower", |[a, x]| ln_gamma_reg_lower(a, x), |_, value| tail(value));
    check("ln_gamma_reg_upper", |[a, x]| ln_gamma_reg_upper(a, x), |_, value| tail(value));
    check_values("ln_gamma_reg_lower", |[a, x]| gamma_reg_lower(a, x));
    check_values("ln_gamma_reg_upper", |[a, x]| gamma_reg_upper(a, x));
    check("ln_gamma_reg_upper", |[a, x]| ln_chi_square_upper(2.0 * x, 2.0 * a), |_, value| tail(value));
    check("gamma_reg_inverse", |[a, p]| gamma_reg_inverse(a, p), |_, value| 1e-13 * value);
    check("gamma_reg_inverse", |[a, p]| 0.5 * chi_square_quantile(p, 2.0 * a), |_, value| 1e-13 * value);
    check(
        "gamma_reg_inverse",
        |[a, p]| 0.5 * chi_square_upper_quantile(1.0 - p, 2.0 * a),
        |[_, p], value| {
            // 1 - p rounds small p away.
            if p > 1e-3 { 1e-12 * value } else { f64::INFINITY }
        },
    );
}

#[test]
fn incomplete_beta_of_large_parameters() {
    check("ln_beta_reg_large", |[a, b, x, y]| ln_beta_reg(a, b, x, y), |_, value| tail(value));
    check(
        "beta_reg_inverse_odds",
        |[a, b, p]| {
            let (x, y) = beta_reg_inverse(a, b, p);
            x / y
        },
        |_, value| 1e-13 * value,
    );
    // P(F > f) = I_x(d2/2, d1/2): the odds of x are d2 / (d1 f).
    check(
        "beta_reg_inverse_odds",
        |[a, b, p]| a / b / f_upper_quantile(p, 2.0 * b, 2.0 * a),
        |_, value| 2e-13 * value,
    );
    for ([a, b, x, y], ln) in cases("ln_beta_reg_large") {
        // f rounds, and the tail moves with it, by no more than the exponents.
        let (f, moved) = (a * y / (b * x), 4e-16 * (a * y + b * x));
        if a.max(b) < 1e4 && ln > -50.0 {
            assert!((ln_f_upper(f, 2.0 * b, 2.0 * a) - ln).abs() < tail(ln) + moved, "{a} {b} {x}");
            assert!((f_upper(f, 2.0 * b, 2.0 * a) / ln.exp() - 1.0).abs() < tail(ln) + moved, "{a} {b} {x}");
        }
    }
}

#[test]
fn student() {
    check("ln_student_t_upper", |[t, df]| ln_student_t_upper(t, df), |_, value| tail(value));
    check_values("ln_student_t_upper", |[t, df]| student_t_upper(t, df));
    check("student_t_quantile", |[p, df]| student_t_quantile(p, df), |_, value| 1e-13 * value.abs());
}

#[test]
fn noncentral_student() {
    let tolerance = |ln: f64| 1e-13 + 2e-15 * ln.abs();
    check(
        "ln_noncentral_t_upper",
        |[t, df, delta]| ln_noncentral_t_upper(t, df, delta),
        |_, value| tolerance(value),
    );
    for ([t, df, delta], ln) in cases("ln_noncentral_t_upper") {
        if ln > -690.0 {
            let (upper, mirrored) =
                (noncentral_t_upper(t, df, delta), noncentral_t_probability(-t, df, -delta));
            assert!(
                (upper / ln.exp() - 1.0).abs() < 2.0 * tolerance(ln) && upper == mirrored,
                "{t} {df} {delta}"
            );
            let lower = noncentral_t_probability(t, df, delta);
            assert!((lower / -ln.exp_m1() - 1.0).abs() < 2e-13, "{t} {df} {delta}: {lower}");
        }
    }
}

#[test]
fn counts() {
    let count = |v: f64| v as u64;
    check("ln_binomial", |[k, n, p]| ln_binomial(count(k), count(n), p), |_, value| tail(value));
    check(
        "ln_hypergeometric",
        |[k, draws, marked, others]| ln_hypergeometric(count(k), count(draws), count(marked), count(others)),
        |_, value| tail(value),
    );
}
