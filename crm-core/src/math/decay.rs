//! Discounted integrals of a power-law decay: what customers whose rates of leaving are gamma-distributed are worth.
//!
//! NIST Digital Library of Mathematical Functions: 8.19.3 (the generalised exponential integral), 8.19.17 (its
//! continued fraction).
//!
//! With `v = tau / c`, `z = delta c` and `T = t / c` the integral is `c` times that of `e^(-z v) (1 + v)^-m` from 0 to T.
//! Its regimes:
//!
//! - `delta t <= 1e-17`: no discount is felt, and with `L = ln(1 + T)` the integral is `c L phi((m - 1) L)`,
//!   `phi(y) = (1 - e^-y) / y`, which is smooth through m = 1.
//! - `T <= 1/10`, `z T <= 12` and `m L <= 12`: 16 Gauss-Legendre points in v.
//! - `T <= 12`, `z T <= 14` and `m L <= 14`: 16 points in `w = ln(1 + v)`, in which the integrand is entire. Relative errors
//!   of either rule, by comparison with rules of more points: below 1e-13.
//! - `m + 3z >= 18`: the integral to infinity by the continued fraction, less what lies beyond t, which the conditions
//!   before make small.
//! - What is left (m and z small, T large) is walked in panels: behind a panel that ends at v the integral is one of the same
//!   kind, with `c + c v` in place of c. The first panel is free of discount if z < 1e-17. No panel takes from another.

use super::quadrature::GAUSS_LEGENDRE_16;

/// Discounts up to here change a sum by less than its rounding.
const NO_DISCOUNT: f64 = 1e-17;
/// End of the panel in `v`, and the greatest exponents in it.
const SHORT_PANEL: f64 = 0.1;
const SHORT_PANEL_EXPONENT: f64 = 12.0;
/// End of the panel in `ln(1 + v)`, and the greatest exponents in it.
const PANEL: f64 = 12.0;
const PANEL_EXPONENT: f64 = 14.0;
/// From here, in `m + 3z`, the continued fraction takes at most 64 steps.
const FRACTION_FROM: f64 = 18.0;

/// The integral over tau from 0 to t of `e^(-delta tau) (1 + tau / c)^-m`.
///
/// `m` and the continuous discount rate `delta` are at least 0, the scale `c` is positive, and the horizon `t` lies in
/// \[0, infinity\], in the units of `c` and of `1 / delta`; otherwise the result is NaN. It is infinite where the integral
/// diverges: `t` infinite, `delta` 0 and `m <= 1`. The relative error is below 1e-12.
///
/// ```
/// use crm_core::math::discounted_decay;
/// // Without decay an annuity, without discount a power.
/// assert!((discounted_decay(0.0, 3.0, 0.5, 2.0) / ((1.0 - f64::exp(-1.0)) / 0.5) - 1.0).abs() < 1e-14);
/// assert!((discounted_decay(3.0, 4.0, 0.0, f64::INFINITY) / 2.0 - 1.0).abs() < 1e-14);
/// ```
///
/// DLMF 8.19.3, 8.19.17.
pub fn discounted_decay(m: f64, c: f64, delta: f64, t: f64) -> f64 {
    if !(m >= 0.0 && c > 0.0 && delta >= 0.0 && t >= 0.0) || m.is_infinite() || c.is_infinite() {
        return f64::NAN;
    }
    let (mut c, mut t) = (c, t);
    // The sum of the panels walked, and the integrand where the last of them ends.
    let (mut walked, mut level) = (0.0, 1.0);
    loop {
        let (z, discount) = (delta * c, delta * t);
        if discount <= NO_DISCOUNT || delta == 0.0 {
            return walked + level * undiscounted(m, c, t);
        }
        let reach = t / c;
        let exponent = m * reach.ln_1p();
        if reach <= SHORT_PANEL && discount <= SHORT_PANEL_EXPONENT && exponent <= SHORT_PANEL_EXPONENT {
            return walked + level * short_panel(m, discount, t, reach);
        }
        if reach <= PANEL && discount <= PANEL_EXPONENT && exponent <= PANEL_EXPONENT {
            return walked + level * panel(m, z, c, reach);
        }
        if m + 3.0 * z >= FRACTION_FROM {
            let beyond = (-discount - exponent).exp();
            let mut rest = fraction(m, c, delta);
            if beyond > 0.0 {
                rest -= beyond * fraction(m, c + t, delta);
            }
            return walked + level * rest;
        }
        // The integrand from here on is below both e^(-delta tau) and (1 + tau / c)^-m.
        if level * delta.recip().min(c / (m - 1.0).max(0.0)) <= NO_DISCOUNT * walked {
            return walked;
        }
        let step = if z <= NO_DISCOUNT {
            let step = NO_DISCOUNT / delta;
            walked += level * undiscounted(m, c, step);
            step
        } else {
            let end = PANEL.min(PANEL_EXPONENT / z).min((PANEL_EXPONENT / m).exp_m1()).min(reach);
            walked += level * panel(m, z, c, end);
            c * end
        };
        level *= (-delta * step - m * (step / c).ln_1p()).exp();
        (c, t) = (c + step, t - step);
        // A step that rounding keeps from arriving must still end.
        if t <= 0.0 {
            return walked;
        }
    }
}

/// The generalised exponential integral, scaled: `e^z E_m(z)`, the integral of `e^(-z v) (1 + v)^-m` over v from 0 to
/// infinity.
///
/// `m` is at least 0 and `z` positive; at `z = 0` the result is the limit `1 / (m - 1)`, infinite for `m <= 1`, and below 0 it
/// is NaN. The relative error is below 1e-12.
///
/// ```
/// use crm_core::math::scaled_expint;
/// assert!((scaled_expint(0.0, 4.0) - 0.25).abs() < 1e-16);
/// assert!((scaled_expint(1.0, 1.0) - 0.596_347_362_323_194_1).abs() < 1e-15);
/// ```
///
/// DLMF 8.19.3, 8.19.17.
pub fn scaled_expint(m: f64, z: f64) -> f64 {
    discounted_decay(m, 1.0, z, f64::INFINITY)
}

/// `(1 - e^-y) / y`.
fn phi(y: f64) -> f64 {
    if y.abs() < 1e-16 { 1.0 } else { -(-y).exp_m1() / y }
}

/// The integral of `(1 + tau / c)^-m`.
fn undiscounted(m: f64, c: f64, t: f64) -> f64 {
    if t.is_infinite() {
        return if m > 1.0 { c / (m - 1.0) } else { f64::INFINITY };
    }
    let reach = t / c;
    let ln = if reach.is_infinite() { t.ln() - c.ln() } else { reach.ln_1p() };
    if reach == 0.0 {
        t
    } else if m >= 1.0 {
        // c L first: where c is large, L is small, and the product is at most t.
        (c * ln) * phi((m - 1.0) * ln)
    } else {
        // Written from the far end, so that (1 + T)^(1 - m) cannot overflow.
        (c + t) * (-m * ln).exp() * ln * phi((1.0 - m) * ln)
    }
}

/// The panel from 0 to `t` where `reach = t / c` is at most [`SHORT_PANEL`], by quadrature in `v`.
fn short_panel(m: f64, discount: f64, t: f64, reach: f64) -> f64 {
    // ln(1 + v) = 2 artanh(r), r = v / (2 + v) below 0.05: the omitted term is below 2e-19 of the first. Arithmetic
    // alone, and so quicker than a call of ln_1p for each point.
    let ln_1p = |v: f64| {
        let r = v / (2.0 + v);
        let y = r * r;
        let series = 1.0 / 11.0 + y * (1.0 / 13.0);
        2.0 * r * (1.0 + y * (1.0 / 3.0 + y * (0.2 + y * (1.0 / 7.0 + y * (1.0 / 9.0 + y * series)))))
    };
    let mut exponents = [0.0; 16];
    for (exponent, (node, _)) in exponents.iter_mut().zip(GAUSS_LEGENDRE_16) {
        *exponent = -(discount * node + m * ln_1p(reach * node));
    }
    t * weighted_exponentials(&exponents)
}

/// The panel from 0 to `c reach`, by quadrature in `w = ln(1 + v)`.
fn panel(m: f64, z: f64, c: f64, reach: f64) -> f64 {
    let ln = reach.ln_1p();
    if reach <= SHORT_PANEL {
        // v = e^w - 1 would cancel, and z may be as large as v is small.
        let exponents = GAUSS_LEGENDRE_16.map(|(node, _)| {
            let w = node * ln;
            -(z * w.exp_m1() + (m - 1.0) * w)
        });
        return c * ln * weighted_exponentials(&exponents);
    }
    let middle = (0.5 * ln).exp();
    // Nodes i and 15 - i lie on either side of the middle: one exponential serves both.
    let mut exponents = [0.0; 16];
    for i in 0..8 {
        let (low, high) = (GAUSS_LEGENDRE_16[i].0 * ln, GAUSS_LEGENDRE_16[15 - i].0 * ln);
        let ratio = (0.5 * (high - low)).exp();
        exponents[i] = -(z * (middle / ratio - 1.0) + (m - 1.0) * low);
        exponents[15 - i] = -(z * (middle * ratio - 1.0) + (m - 1.0) * high);
    }
    c * ln * weighted_exponentials(&exponents)
}

fn weighted_exponentials(exponents: &[f64; 16]) -> f64 {
    exponents.iter().zip(GAUSS_LEGENDRE_16).map(|(exponent, (_, weight))| weight * exponent.exp()).sum()
}

/// `c e^z E_m(z)` with `z = delta c`, by the even part of DLMF 8.19.17:
/// `1 / (z + m - m / (z + m + 2 - 2 (m + 1) / (z + m + 4 - ...)))`.
fn fraction(m: f64, c: f64, delta: f64) -> f64 {
    let z = delta * c;
    if z + m > 1e17 {
        // The first convergent, 1 / (z + m), divided by c.
        return (delta + m / c).recip();
    }
    // Convergents with their numerators and denominators divided by the product of the partial denominators: the new
    // partial numerators lie in 0 to about 1/4 and the recurrence neither grows nor shrinks fast. Their divisions do not
    // wait for one another, as those of Lentz's method do.
    let mut denominator = z + m;
    let (mut p, mut p_before, mut q, mut q_before) = (1.0, 0.0, 1.0, 1.0);
    let mut value = p / q;
    let scale = c / denominator;
    for n in 1..=800_u32 {
        let order = f64::from(n);
        let next = z + m + 2.0 * order;
        let part = order * (m + order - 1.0) / (denominator * next);
        denominator = next;
        (p, p_before) = (p - part * p_before, p);
        (q, q_before) = (q - part * q_before, q);
        if n.is_multiple_of(8) {
            let last = value;
            value = p / q;
            if (value - last).abs() <= 2e-16 * value {
                break;
            }
        }
    }
    scale * value
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: [f64; 12] = [0.0, 1e-9, 0.3, 1.0, 1.000_001, 2.0, 3.7, 10.0, 17.9, 50.0, 1e4, 1e7];
    const C: [f64; 6] = [1e-8, 1e-3, 0.7, 12.0, 1e5, 1e300];
    const DELTA: [f64; 7] = [0.0, 1e-300, 1e-12, 1e-3, 0.4, 30.0, 1e6];
    const T: [f64; 9] = [0.0, 1e-300, 1e-9, 1e-3, 0.8, 25.0, 1e6, 1e300, f64::INFINITY];

    fn arguments() -> impl Iterator<Item = (f64, f64, f64, f64)> {
        let pairs = || M.into_iter().flat_map(|m| C.into_iter().map(move |c| (m, c)));
        pairs().flat_map(|(m, c)| {
            DELTA.into_iter().flat_map(move |delta| T.into_iter().map(move |t| (m, c, delta, t)))
        })
    }

    #[test]
    fn bounds_and_monotony() {
        for (m, c, delta, t) in arguments() {
            let value = discounted_decay(m, c, delta, t);
            let at = format!("{m} {c} {delta} {t}: {value}");
            let bound = t.min(delta.recip()).min(if m > 1.0 { c / (m - 1.0) } else { f64::INFINITY });
            assert!(value >= 0.0 && value <= bound * (1.0 + 1e-13), "{at}");
            assert!(value.is_finite() || (t.is_infinite() && delta == 0.0 && m <= 1.0), "{at}");
            for other in [
                discounted_decay(m * 1.001, c, delta, t),
                discounted_decay(m, c, delta * 1.001, t),
                discounted_decay(m, c, delta, t / 1.001),
                discounted_decay(m, c / 1.001, delta, t),
            ] {
                assert!(other <= value * (1.0 + 1e-13), "{at} {other}");
            }
        }
    }

    #[test]
    fn horizons_add_up() {
        for (m, c, delta, t) in arguments() {
            if t.is_infinite() {
                continue;
            }
            for share in [0.01, 0.5, 0.97] {
                let (first, rest) = (share * t, t - share * t);
                let whole = discounted_decay(m, c, delta, t);
                let level = (-delta * first - m * (first / c).ln_1p()).exp();
                if (first / c).is_infinite() || c + first == c {
                    continue;
                }
                let parts = discounted_decay(m, c, delta, first)
                    + level * discounted_decay(m, c + first, delta, rest);
                // c + first is rounded, which shifts the exponent of the decay by up to 1e-16 m.
                let tolerance = 3e-13 + 3e-16 * m;
                assert!(
                    (parts - whole).abs() <= tolerance * whole,
                    "{m} {c} {delta} {t} {share}: {parts} {whole}"
                );
            }
        }
    }

    #[test]
    fn expint_obeys_its_recurrence() {
        for m in M {
            for z in [1e-300, 1e-17, 1e-9, 1e-3, 0.2, 1.0, 5.9, 6.1, 40.0, 1e6] {
                // DLMF 8.19.12: m E[m+1] + z E[m] = e^-z.
                let sum = m * scaled_expint(m + 1.0, z) + z * scaled_expint(m, z);
                assert!((sum - 1.0).abs() < 1e-13, "{m} {z}: {sum}");
            }
        }
    }

    #[test]
    fn ends_of_the_domain() {
        for m in [0.0, 0.5, 1.0] {
            assert_eq!(discounted_decay(m, 2.0, 0.0, f64::INFINITY), f64::INFINITY);
            assert_eq!(scaled_expint(m, 0.0), f64::INFINITY);
        }
        assert_eq!(discounted_decay(1.5, 2.0, 0.0, f64::INFINITY), 4.0);
        assert_eq!(discounted_decay(1.5, 2.0, 0.1, 0.0), 0.0);
        for (m, c, delta, t) in
            [(-1.0, 1.0, 1.0, 1.0), (1.0, 0.0, 1.0, 1.0), (1.0, 1.0, -1.0, 1.0), (1.0, 1.0, 1.0, -1.0)]
        {
            assert!(discounted_decay(m, c, delta, t).is_nan());
        }
        assert!(discounted_decay(f64::NAN, 1.0, 1.0, 1.0).is_nan() && scaled_expint(1.0, f64::NAN).is_nan());
    }
}
